//! What handlers call. Each group of routes sees its own part.

use std::sync::Arc;

use axum::extract::FromRef;
use fleetscope_identity::LocalTokens;
use fleetscope_intelligence::{Intelligence, PatternMiner};
use fleetscope_ports::{Alerts, Clock, Clusters, Logs as LogsPort, Telemetry, Traces};
use fleetscope_registry::{Credentials, Registry};
use fleetscope_streaming::Streaming;
use tokio::sync::watch;

use crate::board::TaskBoard;

/// Everything that the routes of the local roles call. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Clusters.
    pub registry: Registry,
    /// Their credentials.
    pub credentials: Credentials,
    /// API tokens.
    pub tokens: LocalTokens,
    /// Reading clusters.
    pub telemetry: Arc<dyn Telemetry>,
    /// Metrics of clusters, for people and their tools.
    pub metrics: Arc<dyn fleetscope_ports::Metrics>,
    /// Reading their logs.
    pub logs: Arc<dyn LogsPort>,
    /// Reading traces in full.
    pub traces: Arc<dyn Traces>,
    /// Alerts and silences.
    pub alerts: Arc<dyn Alerts>,
    /// Analyses, investigations, reports.
    pub intelligence: Intelligence,
    /// The event log.
    pub streaming: Streaming,
    /// How scheduled tasks fare.
    pub board: TaskBoard,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Becomes true when the process stops: streams end.
    pub stopping: watch::Receiver<bool>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

/// What metric queries need.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) reader: Arc<dyn fleetscope_ports::Metrics>,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// What questions about logs need.
#[derive(Clone)]
pub struct Logs {
    pub(crate) port: Arc<dyn LogsPort>,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// What patterns of logs need.
#[derive(Clone)]
pub struct Patterns {
    pub(crate) miner: PatternMiner,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What questions about traces need.
#[derive(Clone)]
pub struct Tracing {
    pub(crate) traces: Arc<dyn Traces>,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What questions about alerts need.
#[derive(Clone)]
pub struct Alerting {
    pub(crate) alerts: Arc<dyn Alerts>,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What streams need.
#[derive(Clone)]
pub struct Streams {
    pub(crate) streaming: Streaming,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// What analyses need.
#[derive(Clone)]
pub struct Analyses {
    pub(crate) intelligence: Intelligence,
    pub(crate) clock: Arc<dyn Clock>,
}

impl FromRef<Services> for Registry {
    fn from_ref(services: &Services) -> Self {
        services.registry.clone()
    }
}

impl FromRef<Services> for Credentials {
    fn from_ref(services: &Services) -> Self {
        services.credentials.clone()
    }
}

impl FromRef<Services> for LocalTokens {
    fn from_ref(services: &Services) -> Self {
        services.tokens.clone()
    }
}

impl FromRef<Services> for TaskBoard {
    fn from_ref(services: &Services) -> Self {
        services.board.clone()
    }
}

impl FromRef<Services> for Metrics {
    fn from_ref(services: &Services) -> Self {
        Self {
            reader: Arc::clone(&services.metrics),
            telemetry: Arc::clone(&services.telemetry),
            clusters: Arc::new(services.registry.clone()),
            clock: Arc::clone(&services.clock),
            stopping: services.stopping.clone(),
        }
    }
}

impl FromRef<Services> for Logs {
    fn from_ref(services: &Services) -> Self {
        Self {
            port: Arc::clone(&services.logs),
            clusters: Arc::new(services.registry.clone()),
            clock: Arc::clone(&services.clock),
            stopping: services.stopping.clone(),
        }
    }
}

impl FromRef<Services> for Patterns {
    fn from_ref(services: &Services) -> Self {
        Self {
            miner: PatternMiner::new(Arc::clone(&services.logs)),
            clusters: Arc::new(services.registry.clone()),
            clock: Arc::clone(&services.clock),
        }
    }
}

impl FromRef<Services> for Tracing {
    fn from_ref(services: &Services) -> Self {
        Self {
            traces: Arc::clone(&services.traces),
            clusters: Arc::new(services.registry.clone()),
            clock: Arc::clone(&services.clock),
        }
    }
}

impl FromRef<Services> for Alerting {
    fn from_ref(services: &Services) -> Self {
        Self {
            alerts: Arc::clone(&services.alerts),
            clusters: Arc::new(services.registry.clone()),
            clock: Arc::clone(&services.clock),
        }
    }
}

impl FromRef<Services> for Intelligence {
    fn from_ref(services: &Services) -> Self {
        services.intelligence.clone()
    }
}

impl FromRef<Services> for Streams {
    fn from_ref(services: &Services) -> Self {
        Self {
            streaming: services.streaming.clone(),
            stopping: services.stopping.clone(),
        }
    }
}

impl FromRef<Services> for Analyses {
    fn from_ref(services: &Services) -> Self {
        Self {
            intelligence: services.intelligence.clone(),
            clock: Arc::clone(&services.clock),
        }
    }
}
