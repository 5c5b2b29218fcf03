//! Stretches of samples that are unusual together.

use fleetscope_model::Sample;

use super::super::sensitivity::REFRACTORY;

/// Samples `from..=to`, unusual but for interruptions shorter than the refractory period. What comes
/// back from an excursion is often unusual the other way, for whoever had begun to follow: that is the
/// end of one anomaly, not another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Whether it begins too high; else too low.
    pub(crate) up: bool,
}

/// Joins what lies within a refractory period, in order of time; a hole in the samples of more than
/// that many usual steps ends a stretch.
pub(super) fn join(found: Vec<Stretch>, samples: &[Sample]) -> Vec<Stretch> {
    let step = usual_step(samples);
    let mut joined: Vec<Stretch> = Vec::new();
    for next in found {
        let close = |last: &Stretch| {
            let distance = samples[next.from]
                .at_ms
                .saturating_sub(samples[last.to].at_ms);
            next.from - last.to <= REFRACTORY
                && distance <= step.saturating_mul(2 * REFRACTORY as i64)
        };
        match joined.last_mut() {
            Some(last) if close(last) => last.to = next.to,
            _ => joined.push(next),
        }
    }
    joined
}

fn usual_step(samples: &[Sample]) -> i64 {
    let mut distances: Vec<i64> = samples
        .windows(2)
        .map(|pair| pair[1].at_ms.saturating_sub(pair[0].at_ms))
        .filter(|distance| *distance > 0)
        .collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(1)
}
