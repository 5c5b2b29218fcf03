//! Keeping things: one trait an aggregate. Every write that says something happened takes the
//! events that tell of it and stores both or neither.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    AnalysisId, AnomalyAnalysis, ApiToken, Cluster, ClusterId, Discovery, Event, EventKind,
    EventSeq, Investigation, InvestigationId, KeptFingerprint, NewEvent, Observed, Page,
    PageRequest, Report, ReportId, TokenId, Validation,
};
use tokio::sync::watch;

use crate::Result;

/// Registered clusters.
#[async_trait]
pub trait ClusterStore: Send + Sync {
    /// Adds a cluster; `Conflict` (`cluster_name_taken`) where the name is taken.
    async fn insert(&self, cluster: &Cluster, event: &NewEvent) -> Result<()>;

    /// Replaces the cluster whose stored generation is one less than the given one's; else
    /// `Conflict` (`generation_mismatch`), `NotFound`, or `Conflict` (`cluster_name_taken`).
    async fn update(&self, cluster: &Cluster, event: &NewEvent) -> Result<()>;

    /// Removes a cluster, if its generation is the given one (any where none is given).
    async fn delete(&self, id: ClusterId, generation: Option<u64>, event: &NewEvent) -> Result<()>;

    /// The same, and with it everything that tells of this cluster and of no other: events,
    /// analyses, investigations, reports. Returns the keys of the reports' texts, which can be
    /// removed after.
    async fn forget(
        &self,
        id: ClusterId,
        generation: Option<u64>,
        event: &NewEvent,
    ) -> Result<Vec<String>>;

    /// One cluster.
    async fn get(&self, id: ClusterId) -> Result<Cluster>;

    /// Those of these clusters that there are, by name, each once.
    async fn several(&self, ids: &[ClusterId]) -> Result<Vec<Cluster>>;

    /// Clusters by name; the page's keys are names.
    async fn list(&self, page: &PageRequest) -> Result<Page<Cluster>>;
}

/// What was observed of clusters by calling them: the latest of each kind, and nothing older. It
/// goes with its cluster.
#[async_trait]
pub trait ObservationStore: Send + Sync {
    /// Replaces a cluster's latest validation; `NotFound` where there is no such cluster.
    async fn put_validation(
        &self,
        cluster: ClusterId,
        validation: &Validation,
        events: &[NewEvent],
    ) -> Result<()>;
    /// Replaces what was last discovered of a cluster; `NotFound` where there is no such cluster.
    async fn put_discovery(
        &self,
        cluster: ClusterId,
        discovery: &Discovery,
        events: &[NewEvent],
    ) -> Result<()>;
    /// A cluster's latest validation.
    async fn validation(&self, cluster: ClusterId) -> Result<Option<Validation>>;
    /// What was last discovered of a cluster.
    async fn discovery(&self, cluster: ClusterId) -> Result<Option<Discovery>>;
    /// What is known of all clusters of which anything is, in short.
    async fn observed(&self) -> Result<HashMap<ClusterId, Observed>>;
}

/// API tokens of local mode. The digest is `SHA-256` of the token: tokens carry 256 random bits,
/// so no slow hash is needed.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Adds a token; `Conflict` (`token_name_taken`) where the name is taken.
    async fn insert(&self, token: &ApiToken, digest: &[u8; 32], event: &NewEvent) -> Result<()>;

    /// The token with this digest, expired or not.
    async fn find(&self, digest: &[u8; 32]) -> Result<Option<ApiToken>>;

    /// Removes a token; `NotFound` where there is none.
    async fn delete(&self, id: TokenId, event: &NewEvent) -> Result<()>;

    /// Tokens by name; the page's keys are names.
    async fn list(&self, page: &PageRequest) -> Result<Page<ApiToken>>;

    /// How many tokens there are.
    async fn count(&self) -> Result<u64>;
}

/// The event log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends events in order and gives them their places.
    async fn append(&self, events: &[NewEvent]) -> Result<Vec<Event>>;

    /// Events after a place, oldest first, at most `limit`; of the given kinds, or all if none.
    async fn after(&self, seq: EventSeq, kinds: &[EventKind], limit: u32) -> Result<Vec<Event>>;

    /// The last place given so far, and a wake-up whenever it grows.
    fn head(&self) -> watch::Receiver<EventSeq>;
}

/// Anomaly analyses.
#[async_trait]
pub trait AnalysisStore: Send + Sync {
    /// Adds or replaces an analysis.
    async fn put(&self, analysis: &AnomalyAnalysis, events: &[NewEvent]) -> Result<()>;

    /// One analysis.
    async fn get(&self, id: AnalysisId) -> Result<AnomalyAnalysis>;

    /// Analyses, newest first; the page's keys are ids.
    async fn list(&self, page: &PageRequest) -> Result<Page<AnomalyAnalysis>>;

    /// Those that are accepted and not done, oldest first, at most `limit`.
    async fn pending(&self, limit: u32) -> Result<Vec<AnomalyAnalysis>>;
}

/// Investigations.
#[async_trait]
pub trait InvestigationStore: Send + Sync {
    /// Adds an investigation, or replaces the one whose revision is lower; `Conflict`
    /// (`revision_mismatch`) where the stored revision is not lower.
    async fn put(&self, investigation: &Investigation, events: &[NewEvent]) -> Result<()>;

    /// One investigation.
    async fn get(&self, id: InvestigationId) -> Result<Investigation>;

    /// Investigations, newest first; the page's keys are ids.
    async fn list(&self, page: &PageRequest) -> Result<Page<Investigation>>;

    /// Those that are accepted and not done, oldest first, at most `limit`.
    async fn pending(&self, limit: u32) -> Result<Vec<Investigation>>;

    /// Those that are still followed, oldest first, at most `limit`.
    async fn open(&self, limit: u32) -> Result<Vec<Investigation>>;

    /// The fingerprints of those that were opened before one and have one, newest first, at most
    /// `limit`.
    async fn fingerprints(
        &self,
        before: InvestigationId,
        limit: u32,
    ) -> Result<Vec<KeptFingerprint>>;
}

/// Reports, without their texts.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Adds a report whose text is already in the object store.
    async fn insert(&self, report: &Report, event: &NewEvent) -> Result<()>;

    /// One report.
    async fn get(&self, id: ReportId) -> Result<Report>;

    /// Removes a report and returns what it was, so that its text can be removed after.
    async fn delete(&self, id: ReportId, event: &NewEvent) -> Result<Report>;

    /// Reports, newest first; the page's keys are ids.
    async fn list(&self, page: &PageRequest) -> Result<Page<Report>>;

    /// Which of these object keys belong to a report.
    async fn known_objects(&self, keys: &[String]) -> Result<Vec<String>>;
}

/// Everything that is kept, each behind its trait.
#[derive(Clone)]
pub struct Store {
    /// Registered clusters.
    pub clusters: Arc<dyn ClusterStore>,
    /// What was observed of clusters.
    pub observations: Arc<dyn ObservationStore>,
    /// Which state of each credential is the current one.
    pub credentials: Arc<dyn crate::CredentialStore>,
    /// The database's own place for envelopes.
    pub vault: Arc<dyn crate::Vault>,
    /// API tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// The event log.
    pub events: Arc<dyn EventLog>,
    /// What Alertmanagers told of each alert at last.
    pub alerts: Arc<dyn crate::AlertStore>,
    /// Anomaly analyses.
    pub analyses: Arc<dyn AnalysisStore>,
    /// Investigations.
    pub investigations: Arc<dyn InvestigationStore>,
    /// Reports.
    pub reports: Arc<dyn ReportStore>,
    /// Takes entries of the audit log.
    pub audit_sink: Arc<dyn crate::AuditSink>,
    /// Reads the audit log.
    pub audit: Arc<dyn crate::AuditLog>,
    /// Whole objects.
    pub objects: Arc<dyn crate::Objects>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
