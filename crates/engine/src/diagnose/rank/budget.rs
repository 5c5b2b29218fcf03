//! Where the time goes and where the failures come from: time and failures that pass through a call
//! graph are conserved, so that what a thing has in excess, less what the things it calls
//! have in excess, is its own.
//!
//! Excess time is (latency − usual latency) × requests, excess failures are (share of failures − usual
//! share) × requests. It takes a thing's own count of requests, its traffic.

use std::collections::BTreeMap;

use fleetscope_model::SignalRole;

use super::Calls;
use super::shift::{Shift, Shifts};
use crate::diagnose::things::{Thing, Things};
use crate::input::{Input, Signal};

/// Excess of a signal that moved less than this is noise that many requests blow up (two-sigma
/// rule: more is lost by leaving out half of a cause than by counting noise).
const MOVED: f64 = 2.0;

/// One kind of excess, by thing.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Time or failures.
    pub(crate) role: SignalRole,
    /// All of it that a thing shows.
    pub(crate) excess: Vec<f64>,
    /// What of it is its own.
    pub(crate) own: Vec<f64>,
}

/// The budgets of time and failures, of what the alarming things depend on where there is an alarm:
/// that of what the alarm is about, where it is about one of them.
pub(crate) fn budgets(
    input: &Input,
    things: &Things,
    calls: &Calls,
    shifts: &Shifts<'_>,
) -> Vec<Budget> {
    let felt = [SignalRole::Latency, SignalRole::Errors];
    let alarmed = |role: SignalRole| input.alarms.iter().any(|alarm| alarm.role == role);
    let specific = felt.into_iter().any(alarmed);
    let reached = reached(input, things, calls);
    felt.into_iter()
        .filter(|role| !specific || alarmed(*role))
        .map(|role| budget(input, calls, shifts, &reached, role))
        .collect()
}

fn budget(
    input: &Input,
    calls: &Calls,
    shifts: &Shifts<'_>,
    reached: &[bool],
    role: SignalRole,
) -> Budget {
    let asked = requests(shifts);
    let excess: Vec<f64> = (0..shifts.things())
        .map(|thing| {
            measure(input, shifts, thing, role)
                .filter(|shift| shift.deviations >= MOVED)
                .map_or(0.0, |shift| excess(shifts, shift, traffic(shifts, thing)))
        })
        .collect();
    let own = (0..shifts.things())
        .map(|thing| {
            let below: f64 = calls.callees[thing]
                .iter()
                .map(|callee| excess[*callee] * part(calls, &asked, thing, *callee))
                .sum();
            if reached[thing] {
                (excess[thing] - below).max(0.0)
            } else {
                0.0
            }
        })
        .collect();
    Budget { role, excess, own }
}

/// What of the callee's requests this caller can have sent.
fn part(calls: &Calls, asked: &[f64], caller: Thing, callee: Thing) -> f64 {
    let all: f64 = calls.callers[callee].iter().map(|c| asked[*c]).sum();
    if all > 0.0 { asked[caller] / all } else { 1.0 }
}

/// Mean requests of every thing since the alarm.
fn requests(shifts: &Shifts<'_>) -> Vec<f64> {
    let mean = |thing: Thing| {
        let samples = traffic(shifts, thing)?.series.samples.iter();
        let values: Vec<f64> = samples
            .filter(|s| (shifts.from_ms..=shifts.to_ms).contains(&s.at_ms))
            .map(|s| s.value)
            .filter(|value| value.is_finite())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    (0..shifts.things())
        .map(|t| mean(t).unwrap_or(0.0))
        .collect()
}

/// The signal of that role that speaks for a thing: the one the alarm is about, else the first.
fn measure<'a, 'b>(
    input: &Input,
    shifts: &'b Shifts<'a>,
    thing: Thing,
    role: SignalRole,
) -> Option<&'b Shift<'a>> {
    let of_role = || shifts.about(thing).filter(|s| s.signal.role == role);
    let named = |s: &&Shift<'_>| input.alarms.iter().any(|a| a.signal == s.signal.name);
    of_role().find(named).or_else(|| of_role().next())
}

fn traffic<'a>(shifts: &Shifts<'a>, thing: Thing) -> Option<&'a Signal> {
    shifts
        .about(thing)
        .find(|s| s.signal.role == SignalRole::Traffic)
        .map(|s| s.signal)
}

fn excess(shifts: &Shifts<'_>, shift: &Shift<'_>, traffic: Option<&Signal>) -> f64 {
    let Some(traffic) = traffic else {
        return 0.0;
    };
    let requests: BTreeMap<i64, f64> = traffic
        .series
        .samples
        .iter()
        .map(|s| (s.at_ms, s.value))
        .collect();
    let parts = shift
        .signal
        .series
        .samples
        .iter()
        .filter(|s| (shifts.from_ms..=shifts.to_ms).contains(&s.at_ms))
        .filter_map(|s| Some((s.value - shift.usual) * requests.get(&s.at_ms)?))
        .filter(|part| part.is_finite());
    parts.sum::<f64>().max(0.0)
}

/// Which things the alarming ones depend on by calls, themselves included; all where there is no
/// alarm about something that calls.
fn reached(input: &Input, things: &Things, calls: &Calls) -> Vec<bool> {
    let mut reached = vec![false; things.len()];
    let mut fresh: Vec<Thing> = input
        .alarms
        .iter()
        .filter_map(|alarm| things.find(&alarm.entity))
        .filter(|thing| !calls.callees[*thing].is_empty())
        .collect();
    if fresh.is_empty() {
        return vec![true; things.len()];
    }
    while let Some(thing) = fresh.pop() {
        if !reached[thing] {
            reached[thing] = true;
            fresh.extend(calls.callees[thing].iter().copied());
        }
    }
    reached
}
