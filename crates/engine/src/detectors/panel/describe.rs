//! From a stretch to an anomaly that explains itself.

use fleetscope_model::{Anomaly, Band, Severity};
use jiff::Timestamp;

use super::{Panel, Stretch};
use crate::input::Signal;
use crate::phrase;

/// Beyond this nobody compares.
const HIGHEST_SCORE: f64 = 1000.0;
/// What passes its band by this factor is clearly unusual; by twice that, far outside. The same as the
/// watches use.
const CLEAR: f64 = 1.5;
const FAR: f64 = 3.0;
/// What lasts this long is no slight thing, however near to its band.
const LASTING_MS: i64 = 20 * 60_000;

/// The anomaly; none where its times cannot be said.
pub(super) fn anomaly(signal: &Signal, panel: &Panel<'_>, stretch: &Stretch) -> Option<Anomaly> {
    let time = |i: usize| Timestamp::from_millisecond(panel.samples[i].at_ms).ok();
    let peak = peak(panel, stretch);
    let value = panel.samples[peak].value;
    // Where no voice expects a value (a flat line, a gap) the value itself was to be expected.
    let (center, half) = panel.expected(peak).unwrap_or((value, 0.0));
    let off = (value - center).abs();
    let agreed = panel.agreement(stretch.from, stretch.to);
    let passes = off / half.max(f64::MIN_POSITIVE);
    let threshold = panel.voices.first().map_or(1.0, |voice| voice.threshold);
    let anomaly = Anomaly {
        entity: signal.entity.clone(),
        signal: signal.name.clone(),
        role: signal.role,
        unit: signal.unit.clone(),
        labels: signal.series.labels.clone(),
        start: time(stretch.from)?,
        end: time(stretch.to)?,
        ongoing: stretch.to + 1 == panel.samples.len(),
        peak_at: time(peak)?,
        peak: value,
        expected: Band {
            low: center - half,
            center,
            high: center + half,
        },
        score: (passes * threshold).min(HIGHEST_SCORE),
        severity: severity(
            passes,
            panel.samples[stretch.to]
                .at_ms
                .saturating_sub(panel.samples[stretch.from].at_ms),
            signal.symptom,
        ),
        detectors: agreed.detectors.iter().map(|d| (*d).to_owned()).collect(),
        probability: Some(agreed.probability),
        why: String::new(),
        evidence: signal.evidence.clone(),
    };
    // A line that stands still within its band is unusual for nothing but that.
    let silent = off <= half && (stretch.from..=stretch.to).any(|i| panel.is_silence(i));
    Some(Anomaly {
        why: why(&anomaly, stretch.up, silent),
        ..anomaly
    })
}

/// The sample farthest from what was expected of it; where nothing was, the least likely one.
fn peak(panel: &Panel<'_>, stretch: &Stretch) -> usize {
    let off = |i: usize| {
        let value = panel.samples[i].value;
        panel.expected(i).map_or(0.0, |(center, _)| {
            if stretch.up {
                value - center
            } else {
                center - value
            }
        })
    };
    (stretch.from..=stretch.to)
        .filter(|i| panel.samples[*i].value.is_finite())
        .fold(
            stretch.from,
            |best, i| {
                if off(i) > off(best) { i } else { best }
            },
        )
}

fn severity(passes: f64, lasts_ms: i64, symptom: bool) -> Severity {
    if passes >= FAR && symptom {
        Severity::Critical
    } else if passes >= FAR {
        Severity::High
    } else if passes >= CLEAR || lasts_ms >= LASTING_MS {
        Severity::Medium
    } else {
        Severity::Low
    }
}

fn why(anomaly: &Anomaly, up: bool, silent: bool) -> String {
    let quantity = |value: f64| phrase::quantity(value, &anomaly.unit);
    let lasting = phrase::span(anomaly.end.duration_since(anomaly.start));
    let still = if anomaly.ongoing {
        ", and it goes on"
    } else {
        ""
    };
    let by = match anomaly.detectors.as_slice() {
        [] => String::new(),
        [one] => format!(" ({one})"),
        several => format!(" ({} agree)", several.join(", ")),
    };
    if silent {
        return format!(
            "{} stood still at {} or was missing longer than it ever did{still}{by}",
            anomaly.signal,
            quantity(anomaly.peak),
        );
    }
    let moved = if up { "rose" } else { "fell" };
    format!(
        "{} {moved} to {} where {} to {} was expected, for {lasting}{still}{by}",
        anomaly.signal,
        quantity(anomaly.peak),
        quantity(anomaly.expected.low),
        quantity(anomaly.expected.high),
    )
}
