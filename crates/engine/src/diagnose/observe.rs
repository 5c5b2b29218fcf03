//! What is unusual in the window, and since when.

use fleetscope_model::{Anomaly, Direction, EvidenceId, Resource, Severity, SignalRole};
use jiff::{SignedDuration, Timestamp};

use super::support;
use super::things::{Thing, Things};
use crate::detect::detect;
use crate::input::{Input, Signal};
use crate::onset::{self, Onset};

/// What takes longer than this to come most of the way grows; what is quicker steps. Rates over five
/// minutes make a step take three to five.
const GROWTH: SignedDuration = SignedDuration::from_mins(8);

/// What is used by half makes its users wait as long again as they work, at most (M/M/1: the time
/// of an answer is that of the work over one less the utilisation), which they hardly notice; from
/// seven tenths on waiting outweighs working by far. A mean over many CPUs hides a busy one among
/// them, so that something is left below.
const HALF_USED: f64 = 0.5;
const SCARCE: f64 = 0.7;
const LEAST_STRAIN: f64 = 0.2;

/// What was told longer before is another story.
const MOST_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// One anomaly with its place in the story.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    /// What it is about.
    pub(crate) thing: Thing,
    /// What stood out.
    pub(crate) anomaly: Anomaly,
    /// Since when.
    pub(crate) onset: Onset,
    /// Whether users feel it.
    pub(crate) symptom: bool,
    /// Whether the values are too high; else they are too low.
    pub(crate) up: bool,
    /// Which deviations of the signal are bad news.
    direction: Direction,
    /// Which resource it is about, if one.
    resource: Option<Resource>,
    /// How long it took to come most of the way, where that is known.
    rise: Option<SignedDuration>,
}

impl Observation {
    /// Whether that direction is bad news.
    pub(crate) const fn is_bad(&self) -> bool {
        match self.direction {
            Direction::Up => self.up,
            Direction::Down => !self.up,
            Direction::Both => true,
        }
    }

    /// Whether there is more strain rather than less: what is too low is, where only that counts
    /// (free memory, a clock rate).
    pub(crate) const fn is_more(&self) -> bool {
        match (self.anomaly.role, self.direction) {
            (SignalRole::Traffic, _) | (_, Direction::Up | Direction::Both) => self.up,
            (_, Direction::Down) => !self.up,
        }
    }

    /// Whether it is the use of something as a share of what there is.
    pub(crate) fn is_utilisation(&self) -> bool {
        matches!(self.anomaly.role, SignalRole::Resource) && self.anomaly.unit == "ratio"
    }

    /// How far the use of something strains whoever else needs it, 0 to 1. Only utilisation says
    /// so by its height; whatever else stands out strains.
    pub(crate) fn strain(&self) -> f64 {
        if self.is_utilisation() && self.is_more() {
            ((self.anomaly.peak - HALF_USED) / (SCARCE - HALF_USED)).clamp(LEAST_STRAIN, 1.0)
        } else {
            1.0
        }
    }

    /// Whether more of the one can be had without more of the other: they are about different
    /// resources. Memory that is short is made up for by reading from disks.
    pub(crate) fn uses_other_than(&self, effect: &Self) -> bool {
        match (self.resource, effect.resource) {
            (Some(Resource::Memory), Some(Resource::Disk)) => false,
            (Some(one), Some(other)) => one != other,
            _ => false,
        }
    }

    /// Whether it took its time to get there, or only the detector of slow movement saw it; else it
    /// was there at once.
    pub(crate) fn grows(&self) -> bool {
        let drifts = self.anomaly.detectors.iter().any(|d| d == "drift");
        drifts || self.rise.is_some_and(|rise| rise >= GROWTH)
    }

    /// Which resource it is about, if one.
    pub(crate) const fn resource(&self) -> Option<Resource> {
        self.resource
    }

    /// What kind of signal it is.
    pub(crate) const fn role(&self) -> SignalRole {
        self.anomaly.role
    }

    /// The reading it rests on.
    pub(crate) const fn evidence(&self) -> &EvidenceId {
        &self.anomaly.evidence
    }

    /// How much it counts, 0 to 1, by how bad it is.
    pub(crate) const fn weight(&self) -> f64 {
        match self.anomaly.severity {
            Severity::Low => 0.4,
            Severity::Medium => 0.8,
            Severity::High | Severity::Critical => 1.0,
        }
    }

    /// The earliest that it can well have begun; a vague onset is no claim to have been first.
    pub(crate) fn earliest(&self) -> Timestamp {
        earlier(self.onset.at, self.onset.within)
    }

    /// The latest that it can have begun: it had when its first sample stood out.
    pub(crate) fn latest(&self) -> Timestamp {
        let late = self
            .onset
            .at
            .checked_add(self.onset.within)
            .unwrap_or(self.anomaly.start);
        late.min(self.anomaly.start).max(self.onset.at)
    }

    /// How long it lasted, or has lasted so far.
    pub(crate) fn lasted(&self) -> SignedDuration {
        self.anomaly.end.duration_since(self.anomaly.start)
    }
}

/// The instant that much earlier, at most ten minutes.
pub(crate) fn earlier(at: Timestamp, within: SignedDuration) -> Timestamp {
    at.checked_sub(within.min(SignedDuration::from_mins(10)))
        .unwrap_or(at)
}

/// Minutes from one instant to another, negative where the other is earlier.
pub(crate) fn minutes_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 60.0
}

/// Length in minutes.
pub(crate) fn in_minutes(length: SignedDuration) -> f64 {
    length.as_secs_f64() / 60.0
}

/// Judges every signal over the window, and adds alarms whose series could not be read again.
/// Oldest onset first; the same whatever the order of the signals.
pub(crate) fn observe(input: &Input, things: &Things) -> Vec<Observation> {
    let mut seen: Vec<Observation> = Vec::new();
    for signal in &input.signals {
        let Some(thing) = things.find(&signal.entity) else {
            continue;
        };
        let found = detect(signal, input.window);
        let of = |anomaly| witnessed(input, things, observation(thing, signal, anomaly));
        seen.extend(found.into_iter().map(of));
    }
    let unread: Vec<Observation> = input
        .alarms
        .iter()
        .filter(|alarm| alarm.start <= input.window.end && alarm.end >= input.window.start)
        .filter(|alarm| !input.signals.iter().any(|signal| is_of(alarm, signal)))
        .filter_map(|alarm| from_alarm(input, things, alarm))
        .collect();
    seen.extend(unread);
    seen.sort_by(|a, b| {
        order(a)
            .cmp(&order(b))
            .then(a.anomaly.score.total_cmp(&b.anomaly.score))
    });
    seen.dedup_by(|a, b| a.thing == b.thing && a.anomaly == b.anomaly);
    seen
}

fn order(o: &Observation) -> impl Ord + '_ {
    let anomaly = &o.anomaly;
    (
        o.onset.at,
        o.thing,
        &anomaly.signal,
        &anomaly.labels,
        anomaly.start,
        &anomaly.evidence,
    )
}

fn observation(thing: Thing, signal: &Signal, anomaly: Anomaly) -> Observation {
    let onset = onset::onset(signal, &anomaly);
    Observation {
        thing,
        onset,
        symptom: signal.symptom,
        up: anomaly.peak >= anomaly.expected.center,
        direction: signal.direction,
        resource: signal.resource,
        rise: onset::rise(signal, &anomaly, onset.at),
        anomaly,
    }
}

/// What a log or a trace told before: metrics are read late more often than lines are written early.
/// The onset may then well have been that early.
fn witnessed(input: &Input, things: &Things, o: Observation) -> Observation {
    let (thing, onset) = (o.thing, o.onset.at);
    if !matches!(o.anomaly.role, SignalRole::Latency | SignalRole::Errors) {
        return o;
    }
    let lines = support::new_patterns(input, things, thing, onset);
    let traces = support::failing_traces(input, things, thing);
    let told = lines.iter().map(|line| line.first_at);
    let first = told.chain(traces.iter().map(|trace| trace.first_at)).min();
    let Some(first) = first.filter(|first| *first < onset) else {
        return o;
    };
    let before = onset.duration_since(first);
    if before > MOST_BEFORE {
        return o;
    }
    Observation {
        onset: Onset {
            within: o.onset.within.max(before),
            ..o.onset
        },
        ..o
    }
}

fn is_of(alarm: &Anomaly, signal: &Signal) -> bool {
    alarm.entity == signal.entity
        && alarm.signal == signal.name
        && alarm.labels == signal.series.labels
        && !signal.series.samples.is_empty()
}

/// An alarm is taken at its word: it was judged from samples that are not there any more.
fn from_alarm(input: &Input, things: &Things, alarm: &Anomaly) -> Option<Observation> {
    let like = input
        .signals
        .iter()
        .find(|signal| signal.name == alarm.signal);
    Some(Observation {
        thing: things.find(&alarm.entity)?,
        onset: Onset {
            at: alarm.start,
            within: SignedDuration::from_mins(2),
        },
        symptom: like.is_none_or(|signal| signal.symptom),
        up: alarm.peak >= alarm.expected.center,
        direction: like.map_or(Direction::Both, |signal| signal.direction),
        resource: like.and_then(|signal| signal.resource),
        rise: None,
        anomaly: alarm.clone(),
    })
}
