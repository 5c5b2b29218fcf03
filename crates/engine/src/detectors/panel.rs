//! What several detectors say together: the anomalies of a signal, and who agreed on one.
//!
//! Each detector of a panel turns its raw score into a chance: how often a reading scores so high when
//! nothing is wrong ([`Limit::chance`]). The chances are put together without assuming that detectors
//! err independently: with M of them, M/k times the k-th smallest is a valid chance whatever their
//! dependence (Rüger 1978). Used are the smallest (one that is very sure) and the second smallest (two
//! that agree), each at half of the risk.

mod describe;
mod stretches;

use fleetscope_model::{Anomaly, Direction, Sample, Sensitivity, TimeRange};

pub(crate) use self::stretches::Stretch;
use self::stretches::join;
use super::sensitivity::{self, Limit, READINGS};
use super::{Kind, Offline, Score, rate};
use crate::input::Signal;
use crate::judge::KNOWN;

/// One detector of each family, of those that cost at most a few microseconds a reading: level,
/// shift, new regime, day and week, forecast, saliency, silence.
const GAUGE: [Kind; 7] = [
    Kind::Mad,
    Kind::Ewma,
    Kind::OnlineChange,
    Kind::Seasonal,
    Kind::ForecastBand,
    Kind::SpectralResidual,
    Kind::FlatLine,
];
/// What a counter is watched by: its rate, and its silence. All else would see it grow.
const COUNTER: [Kind; 2] = [Kind::CounterRate, Kind::FlatLine];
/// A detector agrees when it passed its threshold within so many readings of the anomaly: shifts are
/// found a few readings after the first one that is off.
const NEAR: usize = 5;

/// The anomalies of a signal that touch `judged`, oldest first; earlier samples are learnt from, later
/// ones are not looked at.
pub fn find(signal: &Signal, judged: TimeRange) -> Vec<Anomaly> {
    let to = judged.end.as_millisecond();
    let samples: Vec<Sample> = signal
        .series
        .samples
        .iter()
        .copied()
        .filter(|s| s.at_ms <= to)
        .collect();
    let from = judged.start.as_millisecond();
    let panel = Panel::of(&samples, signal.sensitivity);
    let stretches = join(panel.unusual(signal), &samples);
    stretches
        .iter()
        .filter(|stretch| samples[stretch.to].at_ms >= from)
        .filter_map(|stretch| describe::anomaly(signal, &panel, stretch))
        .collect()
}

/// Which detectors find an anomaly unusual that was found otherwise, and the probability that it is
/// no chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Names of the detectors that passed their thresholds, in the order of the table.
    pub detectors: Vec<&'static str>,
    /// Probability that a day of this series without a fault holds nothing that stands out so much.
    pub probability: f64,
}

/// What the panel says of an anomaly of the signal.
pub fn agreement(signal: &Signal, anomaly: &Anomaly) -> Agreement {
    let end = anomaly.end.as_millisecond();
    let samples: Vec<Sample> = signal
        .series
        .samples
        .iter()
        .copied()
        .filter(|s| s.at_ms <= end)
        .collect();
    let panel = Panel::of(&samples, signal.sensitivity);
    let from = samples.partition_point(|s| s.at_ms < anomaly.start.as_millisecond());
    let to = samples.len().saturating_sub(1);
    panel.agreement(from.min(to), to)
}

/// The anomaly with what the panel says of it: who else agreed, and the probability where none was said.
/// What was found, when and how bad it is stays as it was.
pub fn confirmed(signal: &Signal, mut anomaly: Anomaly) -> Anomaly {
    let agreed = agreement(signal, &anomaly);
    for name in agreed.detectors {
        if anomaly.detectors.iter().all(|known| known != name) {
            anomaly.detectors.push(name.to_owned());
        }
    }
    anomaly.probability = anomaly.probability.or(Some(agreed.probability));
    anomaly
}

/// The stretches that one detector finds unusual by its own threshold on these samples, each with the
/// chance of its least likely reading.
pub(crate) fn stretches_of(
    kind: Kind,
    samples: &[Sample],
    sensitivity: Sensitivity,
) -> Vec<(Stretch, f64)> {
    let voice = Voice::of(kind, samples, sensitivity);
    let unusual = (0..samples.len()).filter(|i| voice.unusual[*i]);
    let alone = |i| Stretch {
        from: i,
        to: i,
        up: true,
    };
    let chance = |stretch: Stretch| {
        let chances = voice.chances[stretch.from..=stretch.to].iter();
        (stretch, chances.copied().fold(1.0, f64::min))
    };
    let joined = join(unusual.map(alone).collect(), samples);
    joined.into_iter().map(chance).collect()
}

/// One detector, what it said of each sample, and by what chance.
#[derive(Debug)]
struct Voice {
    kind: Kind,
    scores: Vec<Option<Score>>,
    chances: Vec<f64>,
    unusual: Vec<bool>,
    threshold: f64,
}

impl Voice {
    fn of(kind: Kind, samples: &[Sample], sensitivity: Sensitivity) -> Self {
        let scores = kind.scores(samples);
        let mut limit = Limit::new(kind, sensitivity);
        let (mut chances, mut unusual) = (Vec::new(), Vec::new());
        for score in &scores {
            let raw = score.map(|s| s.raw);
            chances.push(raw.map_or(1.0, |raw| limit.chance(raw)));
            unusual.push(raw.is_some_and(|raw| limit.push(raw)));
        }
        Self {
            kind,
            scores,
            chances,
            unusual,
            threshold: limit.threshold(),
        }
    }
}

/// All voices on one series.
#[derive(Debug)]
struct Panel<'a> {
    samples: &'a [Sample],
    sensitivity: Sensitivity,
    voices: Vec<Voice>,
}

impl<'a> Panel<'a> {
    fn of(samples: &'a [Sample], sensitivity: Sensitivity) -> Self {
        let kinds: &[Kind] = if rate::is_counter(samples) {
            &COUNTER
        } else {
            &GAUGE
        };
        // As in the judgement of a window: only where its threshold on this series is known.
        let ensemble = kinds.len() > COUNTER.len() && samples.len() >= KNOWN;
        let voices = kinds
            .iter()
            .chain(ensemble.then_some(&Kind::Ensemble))
            .map(|kind| Voice::of(*kind, samples, sensitivity))
            .collect();
        Self {
            samples,
            sensitivity,
            voices,
        }
    }

    /// The chance of the sample by all voices together.
    fn chance(&self, i: usize) -> f64 {
        let (mut least, mut second) = (1.0_f64, 1.0_f64);
        for voice in &self.voices {
            let chance = voice.chances[i];
            if chance < least {
                (least, second) = (chance, least);
            } else if chance < second {
                second = chance;
            }
        }
        let count = self.voices.len() as f64;
        (2.0 * count * least).min(count * second).min(1.0)
    }

    /// What was expected of a sample, by the voice that finds it most unusual of those that say.
    fn expected(&self, i: usize) -> Option<(f64, f64)> {
        self.voices
            .iter()
            .filter_map(|voice| {
                let expected = voice.scores[i]?.expected?;
                Some((
                    voice.chances[i],
                    (expected.center, expected.scale * voice.threshold),
                ))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, expected)| expected)
    }

    /// The samples that are unusual, in the direction and by the amount that matter.
    fn unusual(&self, signal: &Signal) -> Vec<Stretch> {
        let most = sensitivity::row(self.sensitivity).probability();
        let mut found = Vec::new();
        for i in 0..self.samples.len() {
            if self.chance(i) > most {
                continue;
            }
            // Without an expected value there is no side to be on: silence matters either way.
            let off = self
                .expected(i)
                .map(|(center, _)| self.samples[i].value - center);
            let up = off.is_none_or(|off| off >= 0.0);
            let wanted = match signal.direction {
                Direction::Both => true,
                Direction::Up => up,
                Direction::Down => !up || off.is_none(),
            };
            let silent = self.is_silence(i);
            let large = off.is_none_or(|off| off.abs() >= signal.least_deviation.abs());
            if silent || (wanted && large) {
                found.push(Stretch { from: i, to: i, up });
            }
        }
        found
    }

    /// Whether a flat line or a gap ends here that stands out.
    fn is_silence(&self, i: usize) -> bool {
        self.voices
            .iter()
            .any(|voice| voice.kind == Kind::FlatLine && voice.unusual[i])
    }

    fn agreement(&self, from: usize, to: usize) -> Agreement {
        let near = from.saturating_sub(NEAR)..(to + NEAR + 1).min(self.samples.len());
        let detectors = self
            .voices
            .iter()
            .filter(|voice| near.clone().any(|i| voice.unusual[i]))
            .map(|voice| voice.kind.name())
            .collect();
        let chance = near.map(|i| self.chance(i)).fold(1.0, f64::min);
        Agreement {
            detectors,
            probability: (-chance * READINGS).exp(),
        }
    }
}
