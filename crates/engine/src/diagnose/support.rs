//! What else is known of a thing: changes, events, log lines, traces, and how its peers are.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::ChangeKind;
use jiff::{SignedDuration, Timestamp};

use super::observe::{Observation, minutes_between};
use super::things::{Thing, Things};
use crate::input::{CitedAlert, CitedChange, CitedEvent, Input, LogPattern, TraceSample};

/// A change more than this before the onset did not bring it about at once; slow growth has its
/// onset at the change itself.
const BEFORE_MINUTES: f64 = 45.0;
/// Onsets are blurred: a change this much after one may still have come before. Not so scaling and
/// restarts: autoscalers, kubelets and people answer trouble with them.
const AFTER_MINUTES: f64 = 2.0;
/// How fast belief in a change falls with its distance, in minutes.
const CHANGE_FADES: f64 = 15.0;
/// Events and log lines this much before the onset still belong to it.
const LEAD_MINUTES: f64 = 5.0;
/// Log patterns that were there at the beginning of the window were always there.
const CHRONIC: f64 = 0.1;

/// A change that could have brought an onset about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NearChange<'a> {
    /// The change.
    pub(crate) cited: &'a CitedChange,
    /// Minutes before the onset; negative for after.
    pub(crate) minutes_before: f64,
    /// How near, 0 to 1.
    pub(crate) nearness: f64,
}

/// Changes of the thing itself near the onset, most telling first. What was changed elsewhere is no
/// evidence, however near.
pub(crate) fn changes<'a>(
    input: &'a Input,
    things: &Things,
    thing: Thing,
    onset: Timestamp,
    within: SignedDuration,
) -> Vec<NearChange<'a>> {
    let blur = within.as_secs_f64() / 60.0;
    let mut near: Vec<NearChange<'a>> = input
        .changes
        .iter()
        .filter(|cited| things.find(&cited.change.entity) == Some(thing))
        .map(|cited| {
            let minutes_before = minutes_between(cited.change.at, onset);
            let nearness = (-(minutes_before - blur).max(0.0) / CHANGE_FADES).exp();
            NearChange {
                cited,
                minutes_before,
                nearness,
            }
        })
        .filter(|near| {
            let answers = matches!(
                near.cited.change.kind,
                ChangeKind::Scale | ChangeKind::Restart
            );
            let after = if answers { 0.0 } else { AFTER_MINUTES + blur };
            let before = near.minutes_before;
            before <= BEFORE_MINUTES + blur && before >= -after
        })
        .collect();
    near.sort_by(|a, b| {
        let told = |n: &NearChange<'_>| n.nearness * tells(n.cited.change.kind);
        told(b)
            .total_cmp(&told(a))
            .then(a.cited.change.at.cmp(&b.cited.change.at))
            .then(a.cited.change.summary.cmp(&b.cited.change.summary))
    });
    near
}

/// How much a change of this kind tells of a cause, 0 to 1: new code and new settings most; a
/// restart is mostly a consequence.
pub(crate) const fn tells(kind: ChangeKind) -> f64 {
    match kind {
        ChangeKind::Rollout => 1.0,
        // An upgrade is new code that somebody else has tried before.
        ChangeKind::Config | ChangeKind::Flag | ChangeKind::Upgrade => 0.8,
        ChangeKind::Node => 0.5,
        ChangeKind::Scale => 0.3,
        ChangeKind::Restart => 0.1,
        // What was only written does not run yet.
        ChangeKind::Commit => 0.0,
    }
}

/// Warnings about the thing from shortly before the onset on, oldest first.
pub(crate) fn warnings<'a>(
    input: &'a Input,
    things: &Things,
    thing: Thing,
    onset: Timestamp,
) -> Vec<&'a CitedEvent> {
    let mut found: Vec<&CitedEvent> = input
        .events
        .iter()
        .filter(|cited| cited.event.severity == "Warning")
        .filter(|cited| things.find(&cited.event.entity) == Some(thing))
        .filter(|cited| minutes_between(cited.event.last_at, onset) <= LEAD_MINUTES)
        .collect();
    found.sort_by_key(|cited| {
        (
            cited.event.first_at,
            &cited.event.reason,
            &cited.event.message,
        )
    });
    found
}

/// Alerts about the thing that began to fire from shortly before the onset on, oldest first. Rules
/// wait before they fire, so one may be much younger than what it is about.
pub(crate) fn alerts<'a>(
    input: &'a Input,
    things: &Things,
    thing: Thing,
    onset: Timestamp,
) -> Vec<&'a CitedAlert> {
    let mut found: Vec<&CitedAlert> = input
        .alerts
        .iter()
        .filter(|alert| things.find(&alert.entity) == Some(thing))
        .filter(|alert| alert.since <= input.window.end)
        .filter(|alert| minutes_between(alert.since, onset) <= LEAD_MINUTES)
        .collect();
    found.sort_by_key(|alert| (alert.since, &alert.name, &alert.summary));
    found
}

/// Log patterns of the thing that first appeared around the onset or later, oldest first.
pub(crate) fn new_patterns<'a>(
    input: &'a Input,
    things: &Things,
    thing: Thing,
    onset: Timestamp,
) -> Vec<&'a LogPattern> {
    let chronic = input.window.length().as_secs_f64() / 60.0 * CHRONIC;
    let mut found: Vec<&LogPattern> = input
        .logs
        .iter()
        .filter(|pattern| things.find(&pattern.entity) == Some(thing))
        .filter(|pattern| minutes_between(pattern.first_at, onset) <= LEAD_MINUTES)
        .filter(|pattern| minutes_between(input.window.start, pattern.first_at) > chronic)
        .collect();
    found.sort_by_key(|pattern| (pattern.first_at, &pattern.template));
    found
}

/// Failing traces of the thing, earliest first.
pub(crate) fn failing_traces<'a>(
    input: &'a Input,
    things: &Things,
    thing: Thing,
) -> Vec<&'a TraceSample> {
    let mut found: Vec<&TraceSample> = input
        .traces
        .iter()
        .filter(|sample| sample.failing > 0 && things.find(&sample.entity) == Some(thing))
        .collect();
    found.sort_by_key(|sample| (sample.first_at, &sample.example));
    found
}

/// How many others of its kind are measured by the same signal, and how many of them stand out the
/// same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peers {
    /// Others that are measured.
    pub(crate) others: usize,
    /// Others that stand out.
    pub(crate) alike: usize,
}

/// Who is measured by which signal, so that peers can be compared.
pub(crate) struct Crowd {
    measured: BTreeMap<String, BTreeSet<Thing>>,
}

impl Crowd {
    /// Reads it off the signals.
    pub(crate) fn of(input: &Input, things: &Things) -> Self {
        let mut measured: BTreeMap<String, BTreeSet<Thing>> = BTreeMap::new();
        for signal in &input.signals {
            if let Some(thing) = things.find(&signal.entity) {
                measured
                    .entry(signal.name.clone())
                    .or_default()
                    .insert(thing);
            }
        }
        Self { measured }
    }

    /// The peers of an observation, in the same cluster and of the same kind.
    pub(crate) fn peers(&self, things: &Things, seen: &[Observation], o: &Observation) -> Peers {
        let entity = things.entity(o.thing);
        let is_peer = |thing: &Thing| {
            let other = things.entity(*thing);
            *thing != o.thing && other.cluster == entity.cluster && other.kind == entity.kind
        };
        let Some(measured) = self.measured.get(&o.anomaly.signal) else {
            return Peers {
                others: 0,
                alike: 0,
            };
        };
        let peers: BTreeSet<Thing> = measured.iter().copied().filter(is_peer).collect();
        let alike: BTreeSet<Thing> = seen
            .iter()
            .filter(|p| p.anomaly.signal == o.anomaly.signal && p.up == o.up)
            .map(|p| p.thing)
            .filter(|thing| peers.contains(thing))
            .collect();
        Peers {
            others: peers.len(),
            alike: alike.len(),
        }
    }
}
