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
    /// What the largest consumer takes usually in as much time.
    pub(crate) usual: f64,
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
    let (usual, excess): (Vec<f64>, Vec<f64>) = (0..shifts.things())
        .map(|thing| most_excess(input, shifts, thing, role))
        .unzip();
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
    Budget {
        role,
        usual: usual.into_iter().fold(0.0, f64::max),
        own,
    }
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

/// What is usual, and the excess of a thing by the signal of that role that speaks for it: the one the alarm is about,
/// else the one that was measured most often together with requests.
fn most_excess(input: &Input, shifts: &Shifts<'_>, thing: Thing, role: SignalRole) -> (f64, f64) {
    let named = |s: &Shift<'_>| input.alarms.iter().any(|a| a.signal == s.signal.name);
    let asked: Vec<&Signal> = shifts
        .about(thing)
        .filter(|s| s.signal.role == SignalRole::Traffic)
        .map(|s| s.signal)
        .collect();
    let mut best: Option<((bool, usize), (f64, f64))> = None;
    for shift in shifts.about(thing).filter(|s| s.signal.role == role) {
        for traffic in &asked {
            let (times, usual, excess) = excess(shifts, shift, traffic);
            let key = (named(shift), times);
            let moved = shift.deviations >= MOVED;
            if best.is_none_or(|(known, _)| key > known) {
                best = Some((key, (usual, if moved { excess } else { 0.0 })));
            }
        }
    }
    best.map_or((0.0, 0.0), |(_, found)| found)
}

fn traffic<'a>(shifts: &Shifts<'a>, thing: Thing) -> Option<&'a Signal> {
    shifts
        .about(thing)
        .find(|s| s.signal.role == SignalRole::Traffic)
        .map(|s| s.signal)
}

/// How often both were measured, what is usual, and the excess.
fn excess(shifts: &Shifts<'_>, shift: &Shift<'_>, traffic: &Signal) -> (usize, f64, f64) {
    let requests: BTreeMap<i64, f64> = traffic
        .series
        .samples
        .iter()
        .map(|s| (s.at_ms, s.value))
        .collect();
    let parts: Vec<(f64, f64)> = shift
        .signal
        .series
        .samples
        .iter()
        .filter(|s| (shifts.from_ms..=shifts.to_ms).contains(&s.at_ms))
        .filter_map(|s| Some((requests.get(&s.at_ms)?, s.value - shift.usual)))
        .map(|(requests, more)| (shift.usual.max(0.0) * requests, more * requests))
        .filter(|(usual, more)| usual.is_finite() && more.is_finite())
        .collect();
    let usual = parts.iter().map(|part| part.0).sum();
    let more: f64 = parts.iter().map(|part| part.1).sum();
    (parts.len(), usual, more.max(0.0))
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
