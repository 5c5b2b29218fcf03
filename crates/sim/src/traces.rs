//! Requests drawn one by one from a moment of the history: their spans go down the service graph
//! and take the time, and fail with the chance, that the tick had.
//!
//! A trace is named by its tick, entry and number, so that it can be found again by its id alone.

mod draw;
mod id;

use crate::history::{History, Moment};
use crate::world::pods::PodId;
use crate::world::time::Tick;

pub(crate) use id::TraceId;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) id: TraceId,
    /// Parents before children; the first is the root.
    pub(crate) spans: Vec<Span>,
}

/// One step of it. Times are nanoseconds since the epoch.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) service: usize,
    /// The operation served, or called.
    pub(crate) operation: usize,
    pub(crate) kind: Kind,
    pub(crate) pod: Option<PodId>,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) failure: Option<Failure>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Server,
    /// A call to another service.
    Client,
    /// A call to a database, which has no span of its own.
    Statement,
}

/// Why a span failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// By a defect of its own: it carries an exception.
    Own,
    /// Because this workload, a distributed unit, has no valid time.
    Unit(usize),
    /// Because something it needed failed.
    Downstream,
    /// The caller gave up waiting.
    Timeout,
    /// Nobody listened.
    Refused,
}

/// Share of requests that the collector keeps, and the least and most for each entry and tick.
const SAMPLED: f64 = 0.004;
const LEAST: f64 = 4.0;
const MOST: f64 = 16.0;

/// The traces that the tick after this one began with, in the order of their entry and number.
pub(crate) fn of_moment(history: &History, moment: &Moment) -> Vec<Trace> {
    let mut traces = Vec::new();
    for entry in 0..history.graph.entries.len() {
        for number in 0..count(moment, entry) {
            traces.push(draw::trace(history, moment, entry as u32, number));
        }
    }
    traces
}

/// The trace of an id, if the history still has it.
pub(crate) fn find(history: &History, id: TraceId) -> Option<Trace> {
    let place = id.place(history.dice)?;
    let moment = history.moment(Tick(place.tick))?;
    let entry = place.entry as usize;
    let known = entry < history.graph.entries.len() && place.number < count(moment, entry);
    known.then(|| draw::trace(history, moment, place.entry, place.number))
}

fn count(moment: &Moment, entry: usize) -> u32 {
    let requests = moment.entries.get(entry).copied().map_or(0.0, f64::from) * 30.0;
    if requests < 1.0 {
        return 0;
    }
    (requests * SAMPLED).clamp(LEAST, MOST).round() as u32
}

impl Span {
    pub(crate) const fn nanos(&self) -> i64 {
        self.end - self.start
    }
}

impl Trace {
    /// From the first start to the last end.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        let start = self.spans.iter().map(|span| span.start).min().unwrap_or(0);
        let end = self.spans.iter().map(|span| span.end).max().unwrap_or(0);
        (start, end)
    }
}
