//! Load: what is asked for more than usual is busier, fuller and slower for it, and no cause by that.
//!
//! A database that its client floods looks like one that is slow by itself: its CPU, its connections and
//! its latency rise, and its clients wait. What tells them apart is the number of requests: where it
//! rose first, or at the same time, it accounts for the rest; and where nobody who calls is asked for
//! more, one of the callers sends more for each request that it gets (retries, loops).

use fleetscope_model::SignalRole;

use super::observe::Observation;

/// Requests this many times as many as usual are a load that strains: below, autoscaling and head room
/// are made for it.
const FLOOD: f64 = 1.5;
/// How far a load is believed to make a thing busier, fuller, slower and failing, from
/// [`OVERWHELMS`] times the usual on.
const STRAINS: f64 = 0.85;
/// Clients that ask once again double the requests: that much is an answer to slowness as well as what
/// brings it about. What is beyond three times as many no repetition makes.
const OVERWHELMS: f64 = 3.0;

/// Who is asked for far more than usual.
#[derive(Debug)]
pub(crate) struct Load {
    /// For each thing the observation of its requests, and how many times the usual they are.
    floods: Vec<Option<(usize, f64)>>,
}

impl Load {
    /// Reads it off the observations of each thing.
    pub(crate) fn of(seen: &[Observation], of: &[Vec<usize>]) -> Self {
        let flood = |own: &Vec<usize>| {
            let floods = own.iter().filter_map(|index| {
                let o = &seen[*index];
                let times = o.anomaly.peak / o.anomaly.expected.center.max(f64::MIN_POSITIVE);
                let many = o.role() == SignalRole::Traffic && o.up && times >= FLOOD;
                many.then_some((*index, times))
            });
            floods.reduce(|a, b| if b.1 > a.1 { b } else { a })
        };
        Self {
            floods: of.iter().map(flood).collect(),
        }
    }

    /// The observation of a thing's requests, where they are far more than usual.
    pub(crate) fn flood(&self, thing: usize) -> Option<usize> {
        self.floods[thing].map(|(index, _)| index)
    }

    /// How many times as many requests as usual it gets; 1 where not far more.
    pub(crate) fn times(&self, thing: usize) -> f64 {
        self.floods[thing].map_or(1.0, |(_, times)| times)
    }

    /// The flood that can have brought this observation of the same thing about, and how far, 0 to 1,
    /// but for the times.
    pub(crate) fn strains(&self, effect: usize, o: &Observation) -> Option<(usize, f64)> {
        let (flood, times) = self.floods[o.thing]?;
        let strained = matches!(
            o.role(),
            SignalRole::Resource
                | SignalRole::Saturation
                | SignalRole::Latency
                | SignalRole::Errors
        );
        if flood == effect || !strained || !o.is_bad() || !o.is_more() {
            return None;
        }
        // What is used grows with what is asked for; how long it then takes has no such bound.
        let part = if o.role() == SignalRole::Resource {
            let grew = o.anomaly.peak / o.anomaly.expected.center.max(f64::MIN_POSITIVE);
            (times / grew.max(1.0)).min(1.0)
        } else {
            1.0
        };
        let heavy = ((times - 1.0) / (OVERWHELMS - 1.0)).min(1.0);
        Some((flood, STRAINS * heavy * part))
    }
}
