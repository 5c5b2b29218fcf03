//! The nouns of Fleetscope: ids, time, series, log lines, traces, clusters, entities, anomalies,
//! investigations, reports and events.
//!
//! This crate must not know where any of it comes from or goes to: no I/O, no clock, no wire
//! format, no database. Its types are serialised only into the store's documents and between the
//! pure crates; what HTTP shows is defined in `fleetscope-client`.
//!
//! Start reading at [`Cluster`], [`Entity`] and [`Collection`]; then [`Anomaly`] and
//! [`Investigation`].

pub mod access;
pub mod alerting;
pub mod analysis;
pub mod anomaly_event;
pub mod attribution;
pub mod audit;
pub mod blast;
pub mod caller;
pub mod capability;
pub mod causal;
pub mod change;
pub mod cluster;
pub mod collection;
pub mod credential;
pub mod entity;
pub mod error;
pub mod event;
pub mod evidence;
pub mod health;
pub mod ids;
pub mod investigation;
pub mod logs;
pub mod metric;
pub mod page;
pub mod query;
pub mod question;
pub mod recurrence;
pub mod report;
pub mod rights;
pub mod role;
pub mod series;
pub mod time;
pub mod token;
pub mod traces;
pub mod tracing;
pub mod validation;
pub mod watch;

pub use access::{Aspect, ClusterVerb, Part, Place, Sight};
pub use alerting::{
    Alert, AlertGroup, AlertQuery, AlertState, Firing, Matcher, NewSilence, Received,
    ReceivedAlert, Silence, SilenceState,
};
pub use analysis::{Anomaly, AnomalyAnalysis, Band, Sensitivity, Severity};
pub use anomaly_event::{AnomalyEvent, Tie};
pub use attribution::{Attribution, Blame, SuspectChange};
pub use audit::{AuditDecision, AuditEntry, AuditRecord};
pub use blast::{BlastRadius, Felt, Hop, Impact};
pub use caller::{AccessRole, Authority, Caller, Permission};
pub use capability::{Capability, CapabilityKind, Discovery, ObjectRef, Presence, Proposal};
pub use causal::{Association, CausalGraph, CausalLink, CausalNode, CausalPart, Relation};
pub use change::{Change, ChangeKind, KubernetesEvent};
pub use cluster::{Cluster, ClusterDraft, ClusterFilter, CredentialUse, Endpoint, Endpoints};
pub use collection::{Collection, Gap, GapKind, Source};
pub use credential::{
    Credential, CredentialField, CredentialKind, CredentialSlot, CredentialUsage, InvalidField,
    KeyRotation, KeyUse, RotationState,
};
pub use entity::{Edge, EdgeKind, Entity, EntityKind, Topology};
pub use error::{ErrorKind, Fault};
pub use event::{Event, EventKind, NewEvent};
pub use evidence::{Evidence, EvidenceKind};
pub use health::{DependencyHealth, Health, HealthStatus, LastError, RoleHealth};
pub use ids::{
    AnalysisId, ClusterId, EventSeq, EvidenceId, InvestigationId, ReportId, TokenId, WatchId,
};
pub use investigation::{
    Candidate, Concurrent, Confidence, Findings, Investigation, Reason, Stance, Suspect,
    TimelineEntry, Verdict,
};
pub use logs::{
    DetectedField, LabelTest, LineTest, LogAnswer, LogExpression, LogFilter, LogKind, LogLine,
    LogList, LogParser, LogPlace, LogQuestion, LogResult, LogScope, LogSeverity, LogStats,
    LogStream, LogTenant, LogVolume, LogsAbout, Substitute, TailLine, TailNotice, TailNoticeKind,
    TailQuestion, TailRecord, TextComparison,
};
pub use metric::{
    Alerting, Evaluated, Evaluation, Exemplar, ExemplarSeries, MetricMeta, Rule, RuleAlert,
    RuleGroup, SeriesQuery, Shape, Target, Union, Window,
};
pub use page::{Page, PageRequest};
pub use query::{LogQuery, MetricQuery, RangeQuery, Selection, TraceQuery};
pub use question::{Action, Question};
pub use recurrence::{Earlier, Fingerprint, KeptFingerprint, Recurrence};
pub use report::{Report, ReportFormat};
pub use rights::{Ability, NEEDS, Need, Right};
pub use role::Role;
pub use series::{ClusterSeries, Labels, Sample, Series};
pub use time::{Origin, Status, TimeRange};
pub use token::ApiToken;
pub use traces::TraceSummary;
pub use tracing::{
    AttributeFilter, AttributeScope, AttributeValue, Attributes, Comparison, CriticalStep,
    Dependencies, Dependency, FoundSpan, FoundTrace, Omitted, PlacedSpan, Sampling, ServiceShare,
    Span, SpanEvent, SpanFilter, SpanId, SpanKind, SpanStatus, TraceAnswer, TraceId, TraceSearch,
    TraceTree, TracedService, Wanted,
};
pub use validation::{
    Check, CheckCode, ClusterHealth, Observed, OwnRights, Validation, ValidationBrief,
};
pub use watch::{Direction, Resource, SignalRole, Subject, Watch};
