//! Time ranges, and the two small enums that every stored piece of work shares.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A closed range of time, `start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant.
    pub start: Timestamp,
    /// Last instant.
    pub end: Timestamp,
}

impl TimeRange {
    /// A range, or `None` where the end lies before the start.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The range of the given length that ends at `end`; cut at the earliest representable time.
    pub fn ending(end: Timestamp, length: SignedDuration) -> Self {
        let start = end.checked_sub(length.abs()).unwrap_or(Timestamp::MIN);
        Self { start, end }
    }

    /// The length of the range.
    pub fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether the instant lies in the range, ends included.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
    }
}

/// Who asked for a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A scheduled watch found something.
    Watch,
    /// A person or an agent asked.
    Request,
}

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted and stored, not begun; survives a restart.
    Pending,
    /// Done; the result is there.
    Complete,
    /// Given up; the reason is there.
    Failed,
}
