//! Traces: searches, whole traces, services, and who calls whom.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::analysis::Gap;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// True or false.
    Truth(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text; lists and maps as JSON.
    Text(String),
}

/// One schema of three types: of several schemas a whole number would match two.
impl PartialSchema for AttributeValue {
    fn schema() -> RefOr<Schema> {
        let types = SchemaType::from_iter([Type::Boolean, Type::Number, Type::String]);
        let value = ObjectBuilder::new()
            .schema_type(types)
            .max_length(Some(2_001))
            .description(Some("The value of an attribute; lists and maps as JSON."));
        RefOr::T(Schema::Object(value.build()))
    }
}

impl ToSchema for AttributeValue {}

/// What an attribute belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Comparison {
    /// The same.
    #[default]
    #[serde(rename = "=")]
    Equal,
    /// Another of the same type.
    #[serde(rename = "!=")]
    Unequal,
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or the same.
    #[serde(rename = "<=")]
    AtMost,
    /// More.
    #[serde(rename = ">")]
    Greater,
    /// More or the same.
    #[serde(rename = ">=")]
    AtLeast,
    /// The whole text matches a regular expression (RE2).
    #[serde(rename = "=~")]
    Matches,
    /// It does not.
    #[serde(rename = "!~")]
    MatchesNot,
}

/// A condition on an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeCondition {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "http.response.status_code"
    )]
    pub name: String,
    /// What it belongs to.
    #[serde(default)]
    pub scope: AttributeScope,
    /// How it compares.
    #[serde(default)]
    pub op: Comparison,
    /// With what. Values of different types are never equal, and never unequal either.
    pub value: AttributeValue,
}

/// What came of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// Not said, which is what most instrumentation says of what went well.
    Unset,
    /// Well.
    Ok,
    /// Badly.
    Error,
}

/// A search for traces: by fields, all of which hold for one span, or by `query`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceSearch {
    /// Cluster ids; all where absent.
    #[schema(max_items = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<Uuid>>,
    /// `TraceQL`, instead of the fields.
    #[schema(
        max_length = 10_000,
        example = "{ status = error && duration > 300ms }"
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// `service.name`.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The name of the span.
    #[schema(max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// At least this long: `300ms`, `2s`.
    #[schema(example = "300ms", max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_duration: Option<String>,
    /// At most this long.
    #[schema(max_length = 50)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SpanStatus>,
    /// Conditions on attributes.
    #[schema(max_items = 20)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeCondition>,
    /// First instant; an hour before the end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Last instant; now where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// At most this many traces of each cluster; 20 where absent.
    #[schema(minimum = 1, maximum = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A span that matched a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatchedSpan {
    /// The cluster it was read from.
    pub cluster: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// What is done, where the search tells it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The attributes that the search was about; their names have no scope.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// A trace as a search finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FoundTrace {
    /// The cluster it was read from.
    pub cluster: String,
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The service of its root; empty where you may not see it.
    pub root_service: String,
    /// The name of its root.
    pub root_name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// How many spans matched.
    pub matched_spans: u32,
    /// Some of them.
    pub spans: Vec<MatchedSpan>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceSearchAnswer {
    /// By cluster, newest first. A search stops when it has enough: with a limit these are a sample
    /// of what there is, not the newest of it.
    pub traces: Vec<FoundTrace>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Something that happened within a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpanEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub name: String,
    /// More about it.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// A span in its place in a trace. Times are as the clock of its node had them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TraceSpan {
    /// The cluster it was read from.
    pub cluster: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// The span that caused it; absent of a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    /// How many spans are above it.
    pub depth: u32,
    /// `service.name`.
    pub service: String,
    /// `k8s.namespace.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What is done.
    pub name: String,
    /// `server`, `client`, `producer`, `consumer`, `internal` or `unspecified`.
    pub kind: String,
    /// What came of it.
    pub status: SpanStatus,
    /// What went wrong, in its own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long after the trace's start it began, in milliseconds.
    pub offset_ms: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// How much of that no child of it took, in milliseconds.
    pub self_ms: f64,
    /// How much of the critical path is its own, in milliseconds.
    pub critical_ms: f64,
    /// Whether it names a parent that is not there.
    pub orphan: bool,
    /// By how many milliseconds it began before its parent: the clocks of their nodes differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_before_parent_ms: Option<f64>,
    /// What is known of it.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// What is known of its process.
    pub resource: BTreeMap<String, AttributeValue>,
    /// What happened meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<SpanEvent>,
}

/// A stretch of the critical path, in which nothing but this span held the trace up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CriticalStep {
    /// The cluster of the span.
    pub cluster: String,
    /// The span.
    pub span_id: String,
    /// How long after the trace's start it begins, in milliseconds.
    pub offset_ms: f64,
    /// How long it is, in milliseconds.
    pub duration_ms: f64,
}

/// What a service did in a trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceShare {
    /// The cluster.
    pub cluster: String,
    /// `service.name`.
    pub service: String,
    /// Its spans.
    pub spans: usize,
    /// Those that failed.
    pub errors: usize,
    /// Their own time, in milliseconds; spans that ran side by side count each.
    pub self_ms: f64,
}

/// Spans that are counted but not shown: the deepest ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OmittedSpans {
    /// How many.
    pub spans: usize,
    /// How many of them failed.
    pub errors: usize,
    /// How many of each service.
    pub by_service: BTreeMap<String, usize>,
}

/// One trace, joined from every cluster that has a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// When its first span began; absent where nothing could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// From the first start to the last end, in milliseconds.
    pub duration_ms: f64,
    /// How many spans there are, with those left out.
    pub span_count: usize,
    /// How many of all failed.
    pub error_count: usize,
    /// The clusters that have a part of it.
    pub clusters: Vec<String>,
    /// Parents before children, siblings by their start.
    pub spans: Vec<TraceSpan>,
    /// What the length of the root is made of, without a break; of more than 1000 steps the
    /// longest.
    pub critical_path: Vec<CriticalStep>,
    /// What each service did, the one that took longest by itself first.
    pub services: Vec<ServiceShare>,
    /// What was left out because there is too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted: Option<OmittedSpans>,
    /// What could not be read, or is not all there.
    pub gaps: Vec<Gap>,
}

/// A service that traces tell of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TracedService {
    /// The cluster.
    pub cluster: String,
    /// `service.name`.
    pub service: String,
    /// The names of its spans; only where the service was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Whether this was seen in a sample of traces, in which others may be missing.
    pub sampled: bool,
}

/// Services that were traced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TracedServices {
    /// By cluster, then name.
    pub services: Vec<TracedService>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// How calls were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencySource {
    /// By the metrics that Tempo's generator makes of every span it gets.
    ServiceGraph,
    /// In a sample of traces.
    Traces,
}

/// Calls of one service by another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DependencyEdge {
    /// Who calls; `user` is who has no instrumentation.
    pub client: String,
    /// Who is called.
    pub server: String,
    /// `database`, `messaging_system`, `virtual_node`; absent between services.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub connection_type: String,
    /// Calls a second; absent where only a part of them was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// Calls that were looked at, in a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_calls: Option<u64>,
    /// Failed calls as a share of all, 0 to 1.
    pub error_ratio: f64,
    /// Half of the calls took less, in milliseconds. By a service graph it is interpolated between
    /// the bounds of its buckets, the least of which is 100 ms where nothing else is configured:
    /// below it, this says no more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 95 % of the calls took less, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99 % of the calls took less, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
}

/// Who calls whom in one cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClusterDependencies {
    /// The cluster.
    pub cluster: String,
    /// How calls were counted.
    pub source: DependencySource,
    /// How many traces were read, in a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_traces: Option<u32>,
    /// Whether there are more traces than were read: then numbers of calls say little.
    pub sample_is_partial: bool,
    /// By client, server, kind.
    pub edges: Vec<DependencyEdge>,
}

/// Who calls whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DependencyGraph {
    /// One of each cluster that could be read.
    pub clusters: Vec<ClusterDependencies>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
