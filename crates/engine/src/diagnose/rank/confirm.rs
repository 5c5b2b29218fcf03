//! Whether an alarm is right where samples are so coarse that two of them last as long as a blip: how
//! long something lasts cannot tell trouble from a blip there, and the rules for incidents say nothing.
//!
//! Two conformal ranks (Vovk and others 2005): how often did the alarming signal move as far within
//! as many samples during its own history, and how often did the farthest-moved thing that it
//! depends on. Both ranks together are Fisher's (1932) combination.

use fleetscope_model::{Anomaly, Sample};

use super::Calls;
use super::shift::{MOMENTS, Shift, Shifts, quantile, reached, sorted};
use crate::diagnose::incident::BLIP;
use crate::diagnose::things::{Thing, Things};
use crate::input::{Input, Signal};
use crate::onset::usual_step;

/// An alarm that is wrong is believed in one case of so many.
const ALPHA: f64 = 0.01;
/// Fewer stretches of history give no ranks as small as that: two ranks of 1/40 combine to it.
const LEAST_STRETCHES: usize = 40;
/// History is compared at so many places at most.
const MOST_STRETCHES: usize = 1000;
/// How far a thing moves in its own history, nineteen times of twenty: its unit.
const UNIT: f64 = 0.95;

/// The alarm that is most certainly right, and its p-value, where one is.
pub(crate) fn confirmed<'a>(
    input: &'a Input,
    things: &Things,
    calls: &Calls,
    shifts: &Shifts<'_>,
) -> Option<(&'a Anomaly, f64)> {
    let judged = input.alarms.iter().filter_map(|alarm| {
        let p = p_value(alarm, things, calls, shifts)?;
        Some((alarm, p))
    });
    judged.filter(|(_, p)| *p < ALPHA).min_by(|a, b| {
        a.1.total_cmp(&b.1)
            .then_with(|| a.0.entity.cmp(&b.0.entity))
    })
}

fn p_value(alarm: &Anomaly, things: &Things, calls: &Calls, shifts: &Shifts<'_>) -> Option<f64> {
    let thing = things.find(&alarm.entity)?;
    let of_alarm = |shift: &&Shift<'_>| shift.signal.name == alarm.signal;
    let alarming = shifts.about(thing).find(of_alarm)?;
    let samples = &alarming.signal.series.samples;
    if 2 * usual_step(samples) < BLIP.as_secs() * 1000 {
        return None;
    }
    let stretches = Stretches::of(alarming.signal, shifts)?;
    let itself = Moves::of(alarming, &stretches);
    let mut farthest: Option<Moves> = None;
    for below in below(thing, calls) {
        for shift in shifts.about(below).filter(of_alarm) {
            let moves = Moves::of(shift, &stretches).in_units(shift.signal.least_deviation);
            farthest = Some(match farthest {
                Some(so_far) => so_far.farther(&moves),
                None => moves,
            });
        }
    }
    let (p, q) = (itself.rank(), farthest.map_or(1.0, |moves| moves.rank()));
    // Fisher: −2 ln(pq) is chi-squared with four degrees of freedom, whose tail is pq (1 − ln pq).
    let product = p * q;
    Some(product * (1.0 - product.ln()))
}

/// What a thing depends on by calls, itself included.
fn below(thing: Thing, calls: &Calls) -> Vec<Thing> {
    let mut found = vec![thing];
    let mut next = 0;
    while next < found.len() {
        for callee in &calls.callees[found[next]] {
            if !found.contains(callee) {
                found.push(*callee);
            }
        }
        next += 1;
    }
    found
}

/// Stretches of history as long as what is judged: where each begins and ends, in milliseconds.
struct Stretches(Vec<(i64, i64)>);

impl Stretches {
    /// None where the history is too short.
    fn of(signal: &Signal, shifts: &Shifts<'_>) -> Option<Self> {
        let samples = &signal.series.samples;
        let first = samples.partition_point(|s| s.at_ms < shifts.from_ms);
        let judged = samples.partition_point(|s| s.at_ms <= shifts.to_ms) - first;
        let last = first.checked_sub(judged)?;
        if judged == 0 || last < LEAST_STRETCHES + MOMENTS {
            return None;
        }
        let stride = (last - MOMENTS).div_ceil(MOST_STRETCHES).max(1);
        let begin = (MOMENTS..=last).step_by(stride);
        let stretch = |at: usize| (samples[at].at_ms, samples[at + judged - 1].at_ms);
        Some(Self(begin.map(stretch).collect()))
    }
}

/// How far a signal moved in each stretch of its history, and now.
struct Moves {
    past: Vec<f64>,
    now: f64,
}

impl Moves {
    fn of(shift: &Shift<'_>, stretches: &Stretches) -> Self {
        let samples = &shift.signal.series.samples;
        let past = stretches.0.iter().map(|(from, to)| {
            let first = samples.partition_point(|s| s.at_ms < *from);
            let last = samples.partition_point(|s| s.at_ms <= *to);
            let before = first.saturating_sub(MOMENTS);
            moved(
                &samples[before..first],
                &samples[first..last],
                shift.usual,
                shift.side,
            )
        });
        Self {
            past: past.collect(),
            now: (shift.now - shift.usual.max_on(shift.lately, shift.side)) * shift.side,
        }
    }

    fn in_units(mut self, least: f64) -> Self {
        let mut past = self.past.clone();
        past.sort_by(f64::total_cmp);
        let unit = quantile(&past, UNIT).max(least).max(f64::MIN_POSITIVE);
        for value in self.past.iter_mut().chain([&mut self.now]) {
            *value /= unit;
        }
        self
    }

    /// The farther of two in each stretch.
    fn farther(mut self, other: &Self) -> Self {
        for (a, b) in self.past.iter_mut().zip(&other.past) {
            *a = a.max(*b);
        }
        self.now = self.now.max(other.now);
        self
    }

    /// How often it moved as far as now.
    fn rank(&self) -> f64 {
        let as_far = self.past.iter().filter(|past| **past >= self.now).count();
        (as_far + 1) as f64 / (self.past.len() + 1) as f64
    }
}

fn moved(before: &[Sample], since: &[Sample], usual: f64, side: f64) -> f64 {
    let (before, since) = (sorted(before), sorted(since));
    if before.is_empty() || since.is_empty() {
        return 0.0;
    }
    let lately = quantile(&before, 0.5);
    let now = reached(&since, side);
    ((now - usual.max_on(lately, side)) * side).max(0.0)
}

/// The one of two values that lies further on a side.
trait OnSide {
    fn max_on(self, other: Self, side: f64) -> Self;
}

impl OnSide for f64 {
    fn max_on(self, other: Self, side: Self) -> Self {
        if side > 0.0 {
            self.max(other)
        } else {
            self.min(other)
        }
    }
}
