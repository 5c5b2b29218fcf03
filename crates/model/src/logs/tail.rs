//! Lines as they are written.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::collection::Source;
use crate::ids::ClusterId;
use crate::logs::{LogExpression, LogPlace, LogTenant};
use crate::query::Selection;
use crate::series::Labels;

/// Which lines are followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TailQuestion {
    /// Which clusters; those that there are at the beginning.
    pub clusters: Selection,
    /// Which tenant of LokiStacks; the one that is registered where none is named.
    pub tenant: Option<LogTenant>,
    /// Which lines.
    pub expression: LogExpression,
    /// From when on.
    pub start: Timestamp,
    /// The place after which to go on, instead of `start`.
    pub after: Option<LogPlace>,
    /// Of the lines before now, at most this many of each cluster: the newest.
    pub limit: u32,
    /// How long a line is held so that earlier ones of other clusters can come before it.
    pub window: Duration,
}

/// What comes of following.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailRecord {
    /// A line.
    Line(TailLine),
    /// Something that whoever reads the lines has to know.
    Notice(TailNotice),
}

/// A line as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailLine {
    /// Where it was read.
    pub cluster: ClusterId,
    /// The cluster's name.
    pub cluster_name: Arc<str>,
    /// When it was written.
    pub at: Timestamp,
    /// Labels of its stream, which lines share.
    pub labels: Arc<Labels>,
    /// What is said of this line alone: structured metadata, parsed fields.
    pub metadata: Labels,
    /// The text.
    pub line: String,
    /// Whether a later line was told before: it came after the window.
    pub late: bool,
    /// How many lines of the same instant were told before it.
    pub nth: u32,
}

/// What happened to a cluster's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TailNoticeKind {
    /// The upstream dropped lines, since it was not read fast enough.
    Dropped,
    /// There may be lines between two instants that were not read.
    Hole,
    /// There is no connection; it is tried again, and what is missed meanwhile is read then.
    Lost,
    /// The connection is back.
    Resumed,
    /// Nothing more comes of this cluster.
    Ended,
    /// The lines come from elsewhere than a Loki.
    Substitute,
}

impl TailNoticeKind {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Hole => "hole",
            Self::Lost => "lost",
            Self::Resumed => "resumed",
            Self::Ended => "ended",
            Self::Substitute => "substitute",
        }
    }
}

/// Word of what is missing, or was, or of where lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailNotice {
    /// Which cluster's.
    pub cluster: ClusterId,
    /// Its name.
    pub cluster_name: Arc<str>,
    /// What was read.
    pub source: Source,
    /// What happened.
    pub kind: TailNoticeKind,
    /// The first instant of what is missing, where something is.
    pub from: Option<Timestamp>,
    /// The last instant of it.
    pub to: Option<Timestamp>,
    /// How many lines are missing, where that is known.
    pub lines: Option<u64>,
    /// What happened and what to do about it.
    pub detail: String,
}
