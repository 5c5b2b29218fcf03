//! What can go wrong with clusters.

use fleetscope_model::{ClusterVerb, ErrorKind, Fault};

use crate::draft::InvalidDraft;

/// Why a use case about clusters failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The draft says something that can't be.
    #[error(transparent)]
    Invalid(#[from] InvalidDraft),
    /// Somebody else changed the cluster meanwhile.
    #[error("the cluster is at generation {stored}, not {given}: read it again, then repeat")]
    Stale {
        /// What the caller thought.
        given: u64,
        /// What is so.
        stored: u64,
    },
    /// The caller may see the cluster, but not do this with it.
    #[error("you may see this cluster, but not {0} it: ask for the verb {0} on it", verb.as_str())]
    Forbidden {
        /// The right that is missing.
        verb: ClusterVerb,
    },
    /// The store, or whoever knows the rights, said no.
    #[error(transparent)]
    Store(#[from] fleetscope_ports::Error),
}

impl Error {
    pub(crate) fn into_port(self) -> fleetscope_ports::Error {
        match self {
            Self::Store(error) => error,
            other => fleetscope_ports::Error::new(other.kind(), other.code(), other.message()),
        }
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Stale { .. } => ErrorKind::Conflict,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_cluster",
            Self::Stale { .. } => "generation_mismatch",
            Self::Forbidden { .. } => "cluster_forbidden",
            Self::Store(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Store(error) => error.message(),
            other => other.to_string(),
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Invalid(invalid) => Some(&invalid.pointer),
            _ => None,
        }
    }
}
