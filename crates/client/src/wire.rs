//! The shapes of requests and answers. Requests refuse unknown fields; answers may grow new ones.

pub mod alerts;
pub mod analysis;
pub mod anomaly_event;
pub mod audit;
pub mod auth;
pub mod blast;
pub mod capabilities;
mod causal;
pub mod clusters;
pub mod credentials;
pub mod events;
pub mod health;
pub mod import;
pub mod investigation;
pub mod logs;
pub mod metric_lists;
pub mod metrics;
pub mod page;
pub mod parts;
pub mod problem;
pub mod ranking;
pub mod recurrence;
pub mod reports;
pub mod tasks;
pub mod tokens;
pub mod topology;
pub mod traces;
pub mod validation;

pub use alerts::{
    Alert, AlertGroup, AlertGroups, AlertList, AlertNotification, Matcher, NewSilence,
    NotifiedAlert, NotifiedStatus, ReceivedAlerts, Silence, SilenceList,
};
pub use analysis::{
    Anomaly, AnomalyAnalysis, AnomalyRequest, Band, Direction, Entity, Evidence, Gap, Sensitivity,
    Severity, Status,
};
pub use anomaly_event::{AnomalyEvent, AnomalyTie};
pub use audit::{AuditDecision, AuditEntry};
pub use auth::{Authority, Identity, Me, TokenQuestion, TokenVerdict};
pub use blast::{BlastRadius, FeltSignal, Hop, Impact};
pub use capabilities::{
    Capabilities, Capability, CapabilityKind, ObjectRef, Presence, ProposedEndpoint,
};
pub use causal::{Association, CausalEdge, CausalGraph, CausalNode, Concurrent};
pub use clusters::{Cluster, CredentialUse, Endpoint, Endpoints, NewCluster};
pub use credentials::{
    Credential, CredentialField, CredentialKey, CredentialKeys, CredentialKind, CredentialList,
    KeyRotation, NewCredential, NewCredentialKind, RotationState, SecretText,
};
pub use events::Event;
pub use health::{DependencyHealth, Health, HealthStatus, LastError, RoleHealth};
pub use import::{ImportOutcome, ImportReport, ImportRequest, ImportResult, ImportedCluster};
pub use investigation::{
    Attribution, Candidate, Change, Investigation, InvestigationRequest, Reason, SuspectChange,
    TimelineEntry, Verdict,
};
pub use logs::{
    DetectedField, DetectedFields, LabelList, LabelMatch, LogAnswer, LogEntry, LogFieldParser,
    LogPattern, LogPatterns, LogQuery, LogResultKind, LogStats, LogStatsAnswer, LogStream,
    LogStreams, LogSubstitute, LogTenant, LogVolume, LogVolumes, LogsDirection, MatchOp,
    PatternCount, TailGap, TailGapKind, TailLine,
};
pub use metric_lists::{
    MetadataList, MetricLabelList, MetricMetadata, Rule, RuleAlert, RuleAlertList, RuleGroup,
    RuleList, SeriesList, Target, TargetList,
};
pub use metrics::{MetricAnswer, MetricSeries, SamplePair};
pub use page::Page;
pub use parts::{ClusterPart, PartsEnd};
pub use problem::{FieldProblem, Problem};
pub use ranking::Suspect;
pub use recurrence::Recurrence;
pub use reports::{NewReport, Report, ReportFormat};
pub use tasks::{Task, TaskList};
pub use tokens::{ApiToken, CreatedToken, NewToken, TokenRole};
pub use topology::{ChangeAnswer, TopologyAnswer, TopologyEdge};
pub use traces::{
    AttributeCondition, AttributeScope, AttributeValue, ClusterDependencies, Comparison,
    CriticalStep, DependencyEdge, DependencyGraph, DependencySource, FoundTrace, MatchedSpan,
    OmittedSpans, ServiceShare, SpanEvent, SpanStatus, Trace, TraceSearch, TraceSearchAnswer,
    TraceSpan, TracedService, TracedServices,
};
pub use validation::{
    Check, CheckCode, ClusterHealth, ClusterState, NeededRight, OwnRights, Validation,
};
