//! Whether one deviation can have brought another about, by times and means.

use crate::diagnose::observe::{Observation, minutes_between};

/// How fast belief falls, in minutes, where the effect seems to come before the cause: by more
/// than the uncertainty of both onsets, which is mostly a few minutes of smoothing.
const BACKWARDS_MINUTES: f64 = 4.0;
/// Rates and quantiles over five minutes blur every onset by about this many minutes beyond what
/// the samples show.
pub(crate) const BLUR_MINUTES: f64 = 1.5;
/// How far the use of one resource is believed to bring about the use of another.
const OTHER_MEANS: f64 = 0.2;
/// Use as such, unlike what fills up, is felt at once or not at all: an effect that steps follows
/// the beginning of a higher use within so many minutes, or has little to do with it.
const AT_ONCE_MINUTES: f64 = 15.0;
/// How fast belief falls with what is beyond.
const TOO_LATE_MINUTES: f64 = 15.0;
/// An effect begins at most this many minutes after its cause has ended.
const AFTERMATH_MINUTES: f64 = 10.0;

/// More use of one resource is no more use of another, 0 to 1.
pub(super) fn means(cause: &Observation, effect: &Observation) -> f64 {
    if effect.is_more() && cause.uses_other_than(effect) {
        OTHER_MEANS
    } else {
        1.0
    }
}

/// Whether the times fit, 0 to 1: a cause begins no later than its effect, as far as both onsets
/// are known, and is not long over when the effect begins.
pub(super) fn timing(cause: &Observation, effect: &Observation) -> f64 {
    let late = minutes_between(effect.latest(), cause.earliest()) - BLUR_MINUTES;
    let over = minutes_between(cause.anomaly.end, effect.onset.at) - AFTERMATH_MINUTES;
    (-(late.max(0.0) + over.max(0.0)) / BACKWARDS_MINUTES).exp()
        * covered(cause, effect)
        * prompt(cause, effect)
}

/// Whether an effect that steps follows a use of which it would be felt at once soon enough, 0 to 1.
fn prompt(cause: &Observation, effect: &Observation) -> f64 {
    if !cause.is_utilisation() || effect.grows() {
        return 1.0;
    }
    let lag = minutes_between(cause.latest(), effect.onset.at) - AT_ONCE_MINUTES;
    (-lag.max(0.0) / TOO_LATE_MINUTES).exp()
}

/// The share of the effect's time, from its onset on, in which the cause was there or had just been,
/// and less than that where the effect goes on: what is over does not explain it.
pub(super) fn covered(cause: &Observation, effect: &Observation) -> f64 {
    if cause.anomaly.ongoing {
        return 1.0;
    }
    let lasts = minutes_between(effect.onset.at, effect.anomaly.end).max(1.0);
    let there = minutes_between(effect.onset.at, cause.anomaly.end) + AFTERMATH_MINUTES / 2.0;
    let share = (there / lasts).clamp(0.0, 1.0);
    if effect.anomaly.ongoing {
        share.powi(2)
    } else {
        share
    }
}
