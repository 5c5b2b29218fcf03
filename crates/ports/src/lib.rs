//! The traits between the layers: what use cases ask of the world, said in the nouns of
//! `fleetscope-model`.
//!
//! This crate must not know who implements them: no SQL, no HTTP, no Kubernetes. `dyn` appears
//! only here. Start reading at [`Telemetry`] (reading clusters) and [`store`] (keeping things).

pub mod access;
pub mod alerts;
pub mod audit;
pub mod clock;
pub mod clusters;
pub mod coming;
pub mod credentials;
pub mod error;
pub mod health;
pub mod ids;
pub mod logs;
pub mod metrics;
pub mod objects;
pub mod store;
pub mod telemetry;
pub mod traces;

pub use access::{Access, Extent, Reader, Unasked, Unrestricted};
pub use alerts::{AlertStore, Alerts};
pub use audit::{AuditLog, AuditSink};
pub use clock::{Clock, ManualClock, PacedClock, SystemClock};
pub use clusters::Clusters;
pub use coming::{Coming, OfCluster};
pub use credentials::{CredentialStore, Credentials, Opened, Plain, Vault};
pub use error::Error;
pub use health::HealthSource;
pub use ids::{IdSource, SeededIds, SystemIds};
pub use logs::{Logs, Tail};
pub use metrics::{Metrics, Passed};
pub use objects::Objects;
pub use store::{
    AnalysisStore, ClusterStore, EventLog, InvestigationStore, ObservationStore, ReportStore,
    Store, TokenStore,
};
pub use telemetry::Telemetry;
pub use traces::Traces;

/// The result of a port's call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
