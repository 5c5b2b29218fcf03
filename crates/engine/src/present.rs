//! From a stretch of readings to an anomaly that explains itself: one way for whoever found it.

use fleetscope_model::{Anomaly, Band, Severity};
use jiff::Timestamp;

use crate::input::Signal;
use crate::phrase;

/// Beyond this nobody compares.
const HIGHEST_SCORE: f64 = 1000.0;
/// What passes its threshold by this factor is clearly unusual; by twice that, far outside.
const CLEAR: f64 = 1.5;
const FAR: f64 = 3.0;
/// What lasts this long is no slight thing, however near to its band.
const LASTING_MS: i64 = 20 * 60_000;

/// What was found, and what was expected instead.
#[derive(Debug)]
pub(crate) struct Seen {
    /// First and last unusual reading, in milliseconds since the Unix epoch.
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    /// Whether the last reading of the series is part of it.
    pub(crate) ongoing: bool,
    /// The reading farthest out.
    pub(crate) peak_ms: i64,
    pub(crate) peak: f64,
    /// What was expected there.
    pub(crate) expected: Band,
    /// Robust deviations between the two.
    pub(crate) score: f64,
    /// By how many times it passes its threshold.
    pub(crate) passes: f64,
    /// Whether the history never held the like.
    pub(crate) unheard_of: bool,
    /// What the readings did.
    pub(crate) way: Way,
    /// Who found it.
    pub(crate) detectors: Vec<String>,
    /// How sure that is, where it was worked out.
    pub(crate) probability: Option<f64>,
    /// Whether the sentence says who agrees.
    pub(crate) agreed: bool,
}

/// What unusual readings did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// They left the band, upwards or downwards.
    Left { up: bool },
    /// They moved slowly and steadily, upwards or downwards.
    Drifted { up: bool },
    /// They took a course within the band that none before resembles.
    Wandered,
    /// They stood still, or were missing.
    Stopped,
}

impl Seen {
    /// The anomaly of the signal; none where its times cannot be said.
    pub(crate) fn of(self, signal: &Signal) -> Option<Anomaly> {
        let time = |ms: i64| Timestamp::from_millisecond(ms).ok();
        let severity = self.severity(signal.symptom);
        let anomaly = Anomaly {
            entity: signal.entity.clone(),
            signal: signal.name.clone(),
            role: signal.role,
            unit: signal.unit.clone(),
            labels: signal.series.labels.clone(),
            start: time(self.from_ms)?,
            end: time(self.to_ms)?,
            ongoing: self.ongoing,
            peak_at: time(self.peak_ms)?,
            peak: self.peak,
            expected: self.expected,
            score: self.score.min(HIGHEST_SCORE),
            severity,
            detectors: self.detectors,
            probability: self.probability,
            why: String::new(),
            evidence: signal.evidence.clone(),
        };
        Some(Anomaly {
            why: why(&anomaly, self.way) + &agreeing(&anomaly, self.agreed),
            ..anomaly
        })
    }

    /// By how many times the deviation passes its threshold, whether the history ever held the like,
    /// and how long it lasts.
    fn severity(&self, symptom: bool) -> Severity {
        if self.passes >= FAR && self.unheard_of {
            if symptom {
                Severity::Critical
            } else {
                Severity::High
            }
        } else if self.passes >= CLEAR || self.to_ms.saturating_sub(self.from_ms) >= LASTING_MS {
            Severity::Medium
        } else {
            Severity::Low
        }
    }
}

/// The band of so much to either side; what was never below zero is not expected to be.
pub(crate) fn band(values: impl IntoIterator<Item = f64>, center: f64, half: f64) -> Band {
    let least = values.into_iter().fold(f64::INFINITY, f64::min);
    let low = center - half;
    let low = if least >= 0.0 {
        low.max(0.0).min(center)
    } else {
        low
    };
    Band {
        low,
        center,
        high: center + half,
    }
}

fn why(anomaly: &Anomaly, way: Way) -> String {
    let quantity = |value: f64| phrase::quantity(value, &anomaly.unit);
    let lasting = phrase::span(anomaly.end.duration_since(anomaly.start));
    let (name, expected) = (&anomaly.signal, &anomaly.expected);
    let peak = quantity(anomaly.peak);
    let what = match way {
        Way::Stopped => {
            format!("{name} stood still at {peak} or was missing longer than it ever did")
        }
        Way::Wandered => format!(
            "{name} took a course for {lasting} that nothing before it resembles, as far as {peak}; {} to {} \
             was expected",
            quantity(expected.low),
            quantity(expected.high),
        ),
        Way::Drifted { up } => format!(
            "{name} {} from {} to {peak} over {lasting}, steadily and further than at any time before",
            if up { "grew" } else { "fell" },
            quantity(expected.center),
        ),
        Way::Left { up } => format!(
            "{name} {} to {peak} where {} to {} was expected, for {lasting}",
            if up { "rose" } else { "fell" },
            quantity(expected.low),
            quantity(expected.high),
        ),
    };
    let still = if anomaly.ongoing {
        ", and it goes on"
    } else {
        ""
    };
    format!("{what}{still}")
}

fn agreeing(anomaly: &Anomaly, agreed: bool) -> String {
    match anomaly.detectors.as_slice() {
        [one] if agreed => format!(" ({one})"),
        [_, _, ..] if agreed => format!(" ({} agree)", anomaly.detectors.join(", ")),
        _ => String::new(),
    }
}
