//! What a collector returns: signals *and* gaps. Partial sight is the normal case in a fleet.

use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;

/// A kind of endpoint that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Kubernetes API.
    Kubernetes,
    /// Prometheus HTTP API.
    Prometheus,
    /// Loki.
    Loki,
    /// Tempo.
    Tempo,
    /// Alertmanager.
    Alertmanager,
}

impl Source {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Kubernetes,
        Self::Prometheus,
        Self::Loki,
        Self::Tempo,
        Self::Alertmanager,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Prometheus => "prometheus",
            Self::Loki => "loki",
            Self::Tempo => "tempo",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// The name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes API",
            Self::Prometheus => "Prometheus",
            Self::Loki => "Loki",
            Self::Tempo => "Tempo",
            Self::Alertmanager => "Alertmanager",
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// No such endpoint is registered for the cluster.
    NotConfigured,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// No connection: refused, unresolvable, TLS failure, or an address that is not allowed.
    Unreachable,
    /// No complete answer within the time limit.
    Timeout,
    /// The answer was larger than the cap, or broke off. Of a list that is read in parts, the parts
    /// before are used; of anything else nothing.
    Truncated,
    /// An answer that is not what the protocol promises: HTML, malformed JSON, a 5xx.
    BadAnswer,
    /// The endpoint refused the query itself.
    Refused,
    /// The cluster's own limit of concurrent reads is used up.
    Overloaded,
}

/// One thing that could not be read, on one cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Which cluster.
    pub cluster: ClusterId,
    /// Its name, for people.
    pub cluster_name: String,
    /// Which of its endpoints.
    pub source: Source,
    /// Why.
    pub kind: GapKind,
    /// What happened and what to do about it; never holds a secret.
    pub detail: String,
}

/// Signals and the gaps between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection<T> {
    /// What was read.
    pub items: Vec<T>,
    /// What was not, and why.
    pub gaps: Vec<Gap>,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            gaps: Vec::new(),
        }
    }
}

impl<T> Collection<T> {
    /// A collection of one gap and nothing else.
    pub fn gap(gap: Gap) -> Self {
        Self {
            items: Vec::new(),
            gaps: vec![gap],
        }
    }

    /// Adds another cluster's part.
    pub fn absorb(&mut self, other: Self) {
        self.items.extend(other.items);
        self.gaps.extend(other.gaps);
    }
}
