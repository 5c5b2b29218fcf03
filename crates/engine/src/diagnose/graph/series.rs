//! Series on a common grid, and what is new in them at each step.

use fleetscope_model::{Sample, SignalRole};

use crate::diagnose::case::Case;
use crate::diagnose::things::Thing;
use crate::input::Signal;
use crate::onset::usual_step;
use crate::stats::Innovations;

/// Steps that are compared at most, the last ones: six hours at a sample a minute, and more than that
/// makes no dependence clearer that matters.
const MOST_STEPS: usize = 512;
/// Signals of one thing that are compared at most. Each one more costs all others certainty.
const MOST_SIGNALS: usize = 3;

/// The signals of a thing that are compared: those that stand out first, then by what they tell.
pub(crate) fn chosen(case: &Case<'_>, thing: Thing, of: &[usize]) -> Vec<usize> {
    let stands_out = |signal: &Signal| {
        case.graph.observations(thing).iter().any(|index| {
            let anomaly = &case.seen[*index].anomaly;
            anomaly.signal == signal.name && anomaly.labels == signal.series.labels
        })
    };
    let mut chosen: Vec<usize> = of.to_vec();
    chosen.sort_by_cached_key(|index| {
        let signal = &case.input.signals[*index];
        (
            !stands_out(signal),
            tells(signal.role),
            signal.name.clone(),
            signal.series.labels.clone(),
            signal.evidence.clone(),
        )
    });
    chosen.truncate(MOST_SIGNALS);
    chosen
}

/// Which signals are compared first: what others feel, then what is asked for, then the rest.
const fn tells(role: SignalRole) -> u8 {
    match role {
        SignalRole::Latency => 0,
        SignalRole::Traffic => 1,
        SignalRole::Errors => 2,
        SignalRole::Saturation => 3,
        SignalRole::Resource => 4,
        _ => 5,
    }
}

/// The distance of a signal's samples in milliseconds.
pub(crate) fn step_of(signal: &Signal) -> i64 {
    usual_step(&signal.series.samples)
}

/// What is new in a signal at each step of a grid that ends with the window.
pub(crate) fn news(case: &Case<'_>, signal: &Signal, step_ms: i64) -> Option<Innovations> {
    let end = case.input.window.end.min(case.input.reference_time);
    let last = end.as_millisecond().div_euclid(step_ms);
    Innovations::of(&grid(&signal.series.samples, step_ms, last))
}

/// The last sample of each step; NaN where there is none.
fn grid(samples: &[Sample], step_ms: i64, last: i64) -> Vec<f64> {
    let mut values = vec![f64::NAN; MOST_STEPS];
    for sample in samples {
        let back = last.saturating_sub(sample.at_ms.div_euclid(step_ms));
        let place = usize::try_from(back).ok().filter(|back| *back < MOST_STEPS);
        if let Some(back) = place {
            values[MOST_STEPS - 1 - back] = sample.value;
        }
    }
    values
}
