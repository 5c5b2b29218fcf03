//! A whole trace: how its spans hang together.

use std::collections::BTreeMap;

use super::span::{Span, SpanId, TraceId};
use crate::collection::Gap;
use crate::ids::ClusterId;

/// What is known of one trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceAnswer {
    /// The trace, where any of it was found.
    pub trace: Option<TraceTree>,
    /// What could not be read, or is not all there.
    pub gaps: Vec<Gap>,
}

/// One trace, joined from every cluster that has a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceTree {
    /// Its id.
    pub id: TraceId,
    /// Parents before children, siblings by their start.
    pub spans: Vec<PlacedSpan>,
    /// How many there are, with those left out.
    pub total: usize,
    /// How many of all failed.
    pub failed: usize,
    /// When the first began.
    pub start_ns: i64,
    /// When the last ended.
    pub end_ns: i64,
    /// What the length of the root is made of, from its start to its end without a break.
    pub critical_path: Vec<CriticalStep>,
    /// What each service did, the one that took longest by itself first.
    pub services: Vec<ServiceShare>,
    /// What was left out because there is too much.
    pub omitted: Option<Omitted>,
}

/// A span in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedSpan {
    /// The span.
    pub span: Span,
    /// How many spans are above it.
    pub depth: u32,
    /// How much of its time no child of it took.
    pub self_ns: i64,
    /// How much of the critical path is its own.
    pub critical_ns: i64,
    /// Whether it names a parent that is not there.
    pub orphan: bool,
    /// By how much it began before its parent did: the clocks of their nodes differ.
    pub early_ns: i64,
}

/// A stretch of the critical path, in which nothing but this span held the trace up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriticalStep {
    /// The span.
    pub span: SpanId,
    /// Where it was read.
    pub cluster: ClusterId,
    /// From here.
    pub start_ns: i64,
    /// To here.
    pub end_ns: i64,
}

/// What a service did in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceShare {
    /// Where.
    pub cluster: ClusterId,
    /// Its name.
    pub service: String,
    /// Its spans.
    pub spans: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// The sum of their own times. Spans that ran side by side count each.
    pub self_ns: i64,
}

/// Spans that are counted but not shown: the deepest ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omitted {
    /// How many.
    pub spans: usize,
    /// How many of them failed.
    pub failed: usize,
    /// How many by service.
    pub by_service: BTreeMap<String, usize>,
}
