//! How far every signal has left its habit since the alarm, in robust deviations.

use fleetscope_model::{Direction, Sample, SignalRole};

use crate::diagnose::things::{Thing, Things};
use crate::input::{Input, Signal};
use crate::stats::MAD_TO_DEVIATION;

/// Fewer samples tell no habit: a median and a spread need three.
const LEAST_HISTORY: usize = 3;
/// The moments before the alarm: their median forgives one that is odd.
pub(crate) const MOMENTS: usize = 3;
/// An alarm comes late by up to a minute, the usual interval of its evaluation: what was just before
/// it may be trouble already, and is no habit.
const LATE_MS: i64 = 60_000;
/// The tail that belongs to habit: one sample of a hundred may lie beyond.
const TAIL: f64 = 0.99;
/// A normal distribution's tail lies so many deviations from its median.
const TAIL_DEVIATIONS: f64 = 2.33;
/// Of few samples the spread is uncertain: Student's t with n − 1 degrees of freedom has its tail
/// at about 1 + 2.6 / n times that of the normal distribution.
const FEW: f64 = 2.6;
/// Movements of less than a twentieth are nobody's trouble.
const LEAST_SHARE: f64 = 0.05;
/// Deviations within this are noise (three-sigma rule).
const NOISE: f64 = 3.0;

/// What is within noise is no reason, and still more of one than nothing.
const WITHIN_NOISE: f64 = 0.1;

/// How one signal moved.
#[derive(Debug, Clone)]
pub(crate) struct Shift<'a> {
    /// The signal.
    pub(crate) signal: &'a Signal,
    /// What it is about.
    pub(crate) thing: Thing,
    /// Its median before.
    pub(crate) usual: f64,
    /// The value that at least two of its samples since the alarm reach.
    pub(crate) now: f64,
    /// Its median in the moments before.
    pub(crate) lately: f64,
    /// 1 where more is bad, −1 where less is; of both the one to which it moved further.
    pub(crate) side: f64,
    /// Robust deviations between them in the direction that is bad; 0 where it moved the other
    /// way.
    pub(crate) deviations: f64,
}

/// Every signal's movement.
#[derive(Debug)]
pub(crate) struct Shifts<'a> {
    /// Since when, in milliseconds.
    pub(crate) from_ms: i64,
    /// Until when.
    pub(crate) to_ms: i64,
    all: Vec<Shift<'a>>,
    of: Vec<Vec<usize>>,
}

impl<'a> Shifts<'a> {
    /// Measures them all, sorted, whatever the order of the signals.
    pub(crate) fn of(input: &'a Input, things: &Things) -> Self {
        let window = input.window;
        let alarms = input.alarms.iter().map(|alarm| alarm.start);
        let from = alarms.filter(|at| window.contains(*at)).min();
        let from_ms = from.unwrap_or(window.start).as_millisecond();
        let to_ms = window.end.min(input.reference_time).as_millisecond();
        let mut all: Vec<Shift<'a>> = input
            .signals
            .iter()
            .filter_map(|signal| shift(signal, things.find(&signal.entity)?, from_ms, to_ms))
            .collect();
        all.sort_by(|a, b| {
            let key = |s: &Shift<'_>| {
                (
                    s.thing,
                    s.signal.name.clone(),
                    s.signal.series.labels.clone(),
                )
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| a.signal.evidence.cmp(&b.signal.evidence))
        });
        let mut of = vec![Vec::new(); things.len()];
        for (index, shift) in all.iter().enumerate() {
            of[shift.thing].push(index);
        }
        Self {
            from_ms,
            to_ms,
            all,
            of,
        }
    }

    /// Those of a thing.
    pub(crate) fn about(&self, thing: Thing) -> impl Iterator<Item = &Shift<'a>> {
        self.of[thing].iter().map(|index| &self.all[*index])
    }

    /// How many things there are.
    pub(crate) fn things(&self) -> usize {
        self.of.len()
    }

    /// How strongly a thing's worst signal of some roles moved.
    pub(crate) fn strongest(&self, thing: Thing, roles: impl Fn(SignalRole) -> bool) -> f64 {
        let names = self.about(thing).filter(|s| roles(s.signal.role));
        let mut names: Vec<&str> = names.map(|s| s.signal.name.as_str()).collect();
        names.dedup();
        let of = |name: &str| {
            let mut found: Vec<f64> = self
                .about(thing)
                .filter(|s| s.signal.name == name)
                .map(Shift::strength)
                .collect();
            found.sort_by(f64::total_cmp);
            // Several series of one signal, seen by several callers for instance: the middle one.
            found.get(found.len().saturating_sub(1) / 2).copied()
        };
        names.into_iter().filter_map(of).fold(0.0, f64::max)
    }

    /// How strongly a thing stands out.
    pub(crate) fn strength(&self, thing: Thing) -> f64 {
        self.strongest(thing, |role| role != SignalRole::Traffic)
    }
}

impl Shift<'_> {
    /// Orders of magnitude beyond noise: a deviation ten times as large is no ten times as good a
    /// reason.
    pub(crate) fn strength(&self) -> f64 {
        let beyond = self.deviations / NOISE;
        beyond.max(1.0).ln() + WITHIN_NOISE * beyond.min(1.0)
    }
}

fn shift(signal: &Signal, thing: Thing, from_ms: i64, to_ms: i64) -> Option<Shift<'_>> {
    let samples: Vec<Sample> = signal
        .series
        .samples
        .iter()
        .filter(|s| s.value.is_finite())
        .copied()
        .collect();
    let habit = samples.partition_point(|s| s.at_ms < from_ms - LATE_MS);
    let first = samples.partition_point(|s| s.at_ms < from_ms);
    let last = samples.partition_point(|s| s.at_ms <= to_ms);
    let (before, since) = (&samples[..habit], &samples[first..last.max(first)]);
    if before.len() < LEAST_HISTORY || since.is_empty() {
        return None;
    }
    let habit = sorted(before);
    let moments = sorted(&before[before.len() - MOMENTS..]);
    let (usual, lately) = (quantile(&habit, 0.5), quantile(&moments, 0.5));
    let since = sorted(since);
    let sides: &[f64] = match signal.direction {
        Direction::Up => &[1.0],
        Direction::Down => &[-1.0],
        Direction::Both => &[1.0, -1.0],
    };
    let measured = sides.iter().map(|side| {
        let now = reached(&since, *side);
        let moved = ((now - usual) * side).min((now - lately) * side).max(0.0);
        (now, moved / spread(signal, &habit, *side), *side)
    });
    let (now, deviations, side) = measured.reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    Some(Shift {
        signal,
        thing,
        usual,
        now,
        lately,
        side,
        deviations,
    })
}

/// The value that at least two samples reach, where there are two: one alone is a blip.
pub(crate) fn reached(sorted: &[f64], side: f64) -> f64 {
    let second = 1.min(sorted.len() - 1);
    if side > 0.0 {
        sorted[sorted.len() - 1 - second]
    } else {
        sorted[second]
    }
}

/// One deviation, as habit has it: the scaled MAD or what the tail shows, whichever is wider.
fn spread(signal: &Signal, habit: &[f64], side: f64) -> f64 {
    let usual = quantile(habit, 0.5);
    let mut distances: Vec<f64> = habit.iter().map(|v| (v - usual).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let tail = quantile(habit, if side > 0.0 { TAIL } else { 1.0 - TAIL });
    let tail = ((tail - usual) * side) / TAIL_DEVIATIONS;
    let few = 1.0 + FEW / habit.len() as f64;
    (MAD_TO_DEVIATION * quantile(&distances, 0.5) * few)
        .max(tail * few)
        .max(LEAST_SHARE * usual.abs())
        .max(signal.least_deviation / NOISE)
        .max(f64::MIN_POSITIVE)
}

/// The finite values, least first.
pub(crate) fn sorted(samples: &[Sample]) -> Vec<f64> {
    let finite = samples.iter().map(|s| s.value).filter(|v| v.is_finite());
    let mut values: Vec<f64> = finite.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Linear between the two values nearest to it.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] * (1.0 - part) + sorted[high] * part
}
