//! Lines of several clusters in the order of time, within a window.
//!
//! A line waits for the length of the window, so that earlier ones that take longer can come
//! before it. What is held is bounded by number and size: beyond, the earliest goes before its
//! time, and nothing is dropped. A line that comes after a later one was told is told at once, and
//! says so.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use fleetscope_model::TailLine;
use jiff::Timestamp;
use tokio::time::Instant;

/// Lines that are held at most: a second of 50,000 lines a second, and as much again.
const MOST_LINES: usize = 100_000;

/// Bytes that are held at most, by the texts of the lines.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What a line takes beside its text: its place, and its share of labels.
const BESIDE: usize = 160;

/// Lines that wait.
pub(super) struct Merge {
    window: Duration,
    heap: BinaryHeap<Reverse<Held>>,
    /// When something came, and the latest instant of what came then.
    arrivals: VecDeque<(Instant, Timestamp)>,
    /// Up to which instant lines have waited long enough.
    due: Option<Timestamp>,
    bytes: usize,
    came: u64,
    /// The last instant that was told, and how many lines of it.
    told: Option<(Timestamp, u32)>,
}

struct Held {
    line: TailLine,
    came: u64,
}

impl Held {
    /// Lines of one instant stand in an order that does not depend on when they came.
    fn place(&self) -> impl Ord + '_ {
        let line = &self.line;
        (line.at, &line.cluster_name, &line.line, self.came)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl Merge {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            heap: BinaryHeap::new(),
            arrivals: VecDeque::new(),
            due: None,
            bytes: 0,
            came: 0,
            told: None,
        }
    }

    /// A line that came now.
    pub(super) fn push(&mut self, now: Instant, line: TailLine) {
        match self.arrivals.back_mut() {
            Some((at, latest)) if *at == now => *latest = line.at.max(*latest),
            _ => self.arrivals.push_back((now, line.at)),
        }
        self.bytes += size(&line);
        self.came += 1;
        let came = self.came;
        self.heap.push(Reverse(Held { line, came }));
    }

    /// The next line, if one has waited long enough.
    pub(super) fn pop(&mut self, now: Instant) -> Option<TailLine> {
        while let Some(&(at, latest)) = self.arrivals.front() {
            if at + self.window > now {
                break;
            }
            self.due = self.due.max(Some(latest));
            self.arrivals.pop_front();
        }
        let first = self.heap.peek().map(|Reverse(held)| held.line.at)?;
        let full = self.heap.len() > MOST_LINES || self.bytes > MOST_BYTES;
        (full || Some(first) <= self.due)
            .then(|| self.take())
            .flatten()
    }

    /// The next line, whether or not it has waited: nothing more comes.
    pub(super) fn take(&mut self) -> Option<TailLine> {
        let Reverse(Held { mut line, .. }) = self.heap.pop()?;
        self.bytes -= size(&line);
        match &mut self.told {
            Some((at, count)) if *at == line.at => {
                line.nth = *count;
                *count += 1;
            }
            Some((at, _)) if *at > line.at => line.late = true,
            told => *told = Some((line.at, 1)),
        }
        if self.heap.is_empty() {
            self.arrivals.clear();
            // What an hour of many lines needed is not kept for a quiet one.
            self.heap.shrink_to(1024);
        }
        Some(line)
    }

    /// When a line will have waited long enough.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.arrivals.front().map(|(at, _)| *at + self.window)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.heap.len(), self.bytes)
    }
}

fn size(line: &TailLine) -> usize {
    let metadata = line.metadata.iter();
    let metadata: usize = metadata
        .map(|(name, value)| name.len() + value.len() + 64)
        .sum();
    line.line.len() + metadata + BESIDE
}

#[cfg(test)]
mod tests;
