//! Steady growth that was under way long before anybody was alarmed.
//!
//! The detector of slow movement wants to have seen three times as much history as growth, so that
//! it leaves a morning's load in peace. Here an alarm has been raised already, and the question is
//! only since when what it is about has been on its way: a level and then a straight line
//! (two-phase regression, Hinkley 1971).

use fleetscope_model::{Sample, SignalRole};
use jiff::Timestamp;

use crate::input::Signal;

/// At most so many samples are fitted; longer series are thinned.
const MOST: usize = 200;
/// Growth is seen in so many samples at least.
const LEAST: usize = 12;
/// The line leaves at most this share of the movement unexplained.
const UNEXPLAINED: f64 = 0.05;
/// It rises by this share of where it began at least.
const RISE: f64 = 0.25;
/// And by so many times what single samples stray from it.
const NOISE: f64 = 8.0;

/// When the growth began that leads to the highest value of the signal, where there is such growth.
pub(crate) fn growth(signal: &Signal) -> Option<Timestamp> {
    let fills = matches!(
        signal.role,
        SignalRole::Resource | SignalRole::Saturation | SignalRole::Latency
    );
    let samples = to_peak(&signal.series.samples);
    if !fills || samples.len() < LEAST * 2 {
        return None;
    }
    let points: Vec<(f64, f64)> = samples
        .iter()
        .map(|s| ((s.at_ms - samples[0].at_ms) as f64 / 60_000.0, s.value))
        .collect();
    let (split, cost, slope, level) = (LEAST / 2..points.len() - LEAST)
        .map(|split| fit(&points, split))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let count = points.len() as f64;
    let mean = points.iter().map(|p| p.1).sum::<f64>() / count;
    let total: f64 = points.iter().map(|p| (p.1 - mean).powi(2)).sum();
    let rise = slope * (points[points.len() - 1].0 - points[split].0);
    let stray = (cost / count).sqrt();
    let is_growth =
        cost <= UNEXPLAINED * total && rise >= RISE * level.abs() && rise >= NOISE * stray;
    is_growth
        .then(|| Timestamp::from_millisecond(samples[split].at_ms).ok())
        .flatten()
}

/// The finite samples up to the highest, thinned.
fn to_peak(samples: &[Sample]) -> Vec<Sample> {
    let finite: Vec<Sample> = samples
        .iter()
        .filter(|s| s.value.is_finite())
        .copied()
        .collect();
    let peak = finite
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.value.total_cmp(&b.1.value))
        .map_or(0, |(at, _)| at);
    let step = (peak + 1).div_ceil(MOST).max(1);
    finite[..(peak + 1).min(finite.len())]
        .iter()
        .step_by(step)
        .copied()
        .collect()
}

/// A level up to the split and a line from there: where, what it leaves, its slope and the level.
fn fit(points: &[(f64, f64)], split: usize) -> (usize, f64, f64, f64) {
    let (before, after) = points.split_at(split);
    let level = before.iter().map(|p| p.1).sum::<f64>() / before.len().max(1) as f64;
    let from = before.last().map_or(0.0, |p| p.0);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in after {
        let x = x - from;
        xx += x * x;
        xy += x * (y - level);
    }
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    let flat: f64 = before.iter().map(|p| (p.1 - level).powi(2)).sum();
    let line: f64 = after
        .iter()
        .map(|(x, y)| (y - level - slope * (x - from)).powi(2))
        .sum();
    (split, flat + line, slope, level)
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{
        ClusterId, Direction, Entity, EntityKind, EvidenceId, Labels, Sensitivity, Series,
    };

    use super::*;

    fn signal(values: impl Iterator<Item = f64>) -> Signal {
        let samples = values.enumerate().map(|(i, value)| Sample {
            at_ms: i as i64 * 60_000,
            value,
        });
        let cluster = "00000000-0000-7000-8000-000000000001".parse::<ClusterId>();
        Signal {
            entity: Entity::new(cluster.unwrap(), EntityKind::Service, "a"),
            name: "memory".to_owned(),
            role: SignalRole::Resource,
            resource: None,
            unit: "bytes".to_owned(),
            direction: Direction::Up,
            least_deviation: 0.0,
            symptom: false,
            sensitivity: Sensitivity::Medium,
            series: Series {
                labels: Labels::new(),
                samples: samples.collect(),
            },
            evidence: EvidenceId("ev-1".to_owned()),
        }
    }

    fn wobble(i: usize) -> f64 {
        ((i * 7919) % 13) as f64 - 6.0
    }

    #[test]
    fn growth_is_dated_to_its_beginning_though_it_ends_in_a_fall() {
        let values = (0..150).map(|i| match i {
            0..30 => 200.0 + wobble(i),
            30..140 => 200.0 + 3.0 * (i - 30) as f64 + wobble(i),
            _ => 20.0,
        });
        let at = growth(&signal(values)).unwrap();
        assert!((at.as_second() / 60 - 30).abs() <= 3, "{at}");
    }

    #[test]
    fn noise_and_steps_are_no_growth() {
        assert_eq!(growth(&signal((0..150).map(|i| 200.0 + wobble(i)))), None);
        let step = (0..150).map(|i| if i < 70 { 200.0 } else { 900.0 } + wobble(i));
        assert_eq!(growth(&signal(step)), None);
        assert_eq!(growth(&signal((0..5).map(|i| i as f64))), None);
        assert_eq!(growth(&signal((0..150).map(|_| f64::NAN))), None);
    }
}
