//! A search for traces, and what it finds.

use jiff::SignedDuration;

use super::span::{AttributeValue, Attributes, SpanId, SpanStatus};
use crate::query::Selection;
use crate::time::TimeRange;
use crate::traces::TraceSummary;

/// A question for traces.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSearch {
    /// Which clusters.
    pub clusters: Selection,
    /// What a span must be like.
    pub wanted: Wanted,
    /// Over which time.
    pub range: TimeRange,
    /// At most this many traces per cluster.
    pub limit: u32,
}

/// What a span must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// All of this.
    Fields(SpanFilter),
    /// `TraceQL`, as the caller wrote it.
    TraceQl(String),
}

/// Conditions on one span; all of them hold. Without any, every span will do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanFilter {
    /// `service.name`.
    pub service: Option<String>,
    /// The name of the span.
    pub operation: Option<String>,
    /// At least this long.
    pub at_least: Option<SignedDuration>,
    /// At most this long.
    pub at_most: Option<SignedDuration>,
    /// What came of it.
    pub status: Option<SpanStatus>,
    /// More about it.
    pub attributes: Vec<AttributeFilter>,
}

/// A condition on an attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeFilter {
    /// Of what.
    pub scope: AttributeScope,
    /// Its name.
    pub name: String,
    /// How it compares.
    pub comparison: Comparison,
    /// With what. Values of different types are never equal, and never unequal either.
    pub value: AttributeValue,
}

/// What an attribute belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AttributeScope {
    /// The span or, where it has none of the name, its process.
    #[default]
    Any,
    /// The process.
    Resource,
    /// The span.
    Span,
    /// Something that happened within the span.
    Event,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    #[default]
    Equal,
    /// Another of the same type.
    Unequal,
    /// Less.
    Less,
    /// Less or the same.
    AtMost,
    /// More.
    Greater,
    /// More or the same.
    AtLeast,
    /// The whole text matches a regular expression.
    Matches,
    /// It does not.
    MatchesNot,
}

/// One trace as a search finds it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundTrace {
    /// What the search tells of it.
    pub summary: TraceSummary,
    /// Some of the spans that matched.
    pub spans: Vec<FoundSpan>,
}

/// A span that matched a search.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSpan {
    /// Its id.
    pub id: SpanId,
    /// What is done, where the search tells it.
    pub name: String,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// How long it took.
    pub length_ns: i64,
    /// The attributes that the search was about. Their names have no scope.
    pub attributes: Attributes,
}
