//! What of a thing's trouble is its own: not what the things that it calls bring about.

use fleetscope_model::SignalRole;

use super::Calls;
use super::shift::Shifts;
use crate::diagnose::things::Thing;

/// How far a thing's trouble is its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    /// Strength that nothing below accounts for.
    pub(crate) value: f64,
    /// The callee that accounts for most of what is felt of it, and for how much, 0 to 1.
    pub(crate) below: Option<(Thing, f64)>,
}

/// The trouble of every thing, less what stands out as strongly right below it (anomaly traversal);
/// what is used up or broken in a thing itself comes from no callee.
pub(crate) fn own(shifts: &Shifts<'_>, calls: &Calls) -> Vec<Own> {
    let all = 0..shifts.things();
    let felt: Vec<f64> = all
        .clone()
        .map(|thing| shifts.strongest(thing, is_felt))
        .collect();
    all.map(|thing| {
        let root = shifts.strongest(thing, |role| !is_felt(role) && role != SignalRole::Traffic);
        let below = calls.callees[thing]
            .iter()
            .filter(|_| felt[thing] > 0.0)
            .map(|callee| (*callee, (felt[*callee] / felt[thing]).min(1.0)))
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        let explained = below.map_or(0.0, |(_, share)| share);
        Own {
            value: felt[thing] * (1.0 - explained) + root,
            below,
        }
    })
    .collect()
}

/// Whether callers feel it.
pub(crate) const fn is_felt(role: SignalRole) -> bool {
    matches!(role, SignalRole::Latency | SignalRole::Errors)
}
