//! Traces in full: what is asked of them, their spans, how these hang together, and who calls whom.

mod graph;
mod search;
mod span;
mod tree;

pub use graph::{Dependencies, Dependency, Sampling, TracedService};
pub use search::{AttributeFilter, AttributeScope, Comparison, SpanFilter, TraceSearch, Wanted};
pub use search::{FoundSpan, FoundTrace};
pub use span::{
    AttributeValue, Attributes, Span, SpanEvent, SpanId, SpanKind, SpanStatus, TraceId,
};
pub use tree::{CriticalStep, Omitted, PlacedSpan, ServiceShare, TraceAnswer, TraceTree};
