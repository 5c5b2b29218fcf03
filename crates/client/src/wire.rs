//! The shapes of requests and answers. Requests refuse unknown fields; answers may grow new ones.

pub mod analysis;
pub mod audit;
pub mod auth;
pub mod capabilities;
pub mod clusters;
pub mod credentials;
pub mod events;
pub mod health;
pub mod import;
pub mod investigation;
pub mod metric_lists;
pub mod metrics;
pub mod page;
pub mod problem;
pub mod reports;
pub mod tasks;
pub mod tokens;
pub mod validation;

pub use analysis::{
    Anomaly, AnomalyAnalysis, AnomalyRequest, Band, Direction, Entity, Evidence, Gap, Sensitivity,
    Severity, Status,
};
pub use audit::{AuditDecision, AuditEntry};
pub use auth::{Authority, Identity, Me, TokenQuestion, TokenVerdict};
pub use capabilities::{
    Capabilities, Capability, CapabilityKind, ObjectRef, Presence, ProposedEndpoint,
};
pub use clusters::{Cluster, CredentialUse, Endpoint, Endpoints, NewCluster};
pub use credentials::{
    Credential, CredentialField, CredentialKey, CredentialKeys, CredentialKind, CredentialList,
    KeyRotation, NewCredential, NewCredentialKind, RotationState, SecretText,
};
pub use events::Event;
pub use health::{DependencyHealth, Health, HealthStatus, LastError, RoleHealth};
pub use import::{ImportOutcome, ImportReport, ImportRequest, ImportResult, ImportedCluster};
pub use investigation::{
    Candidate, Change, Investigation, InvestigationRequest, Reason, TimelineEntry, Verdict,
};
pub use metric_lists::{
    LabelList, MetadataList, MetricMetadata, Rule, RuleAlert, RuleAlertList, RuleGroup, RuleList,
    SeriesList, Target, TargetList,
};
pub use metrics::{MetricAnswer, MetricSeries, SamplePair};
pub use page::Page;
pub use problem::{FieldProblem, Problem};
pub use reports::{NewReport, Report, ReportFormat};
pub use tasks::{Task, TaskList};
pub use tokens::{ApiToken, CreatedToken, NewToken, TokenRole};
pub use validation::{
    Check, CheckCode, ClusterHealth, ClusterState, NeededRight, OwnRights, Validation,
};
