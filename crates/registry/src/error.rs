//! What can go wrong with clusters.

use fleetscope_model::{ClusterVerb, ErrorKind, Fault};

use fleetscope_model::CredentialField;

use crate::credentials::InvalidCredential;
use crate::draft::InvalidDraft;
use crate::envelope::Unopened;

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
    /// A credential says something that can't be.
    #[error(transparent)]
    InvalidCredential(#[from] InvalidCredential),
    /// A credential can't be sealed or opened.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The database tells of a credential whose envelope is not there.
    #[error(
        "the envelope of the {field} credential is gone from where it was laid: write the credential \
         anew, and see who removes Secrets or rows there"
    )]
    EnvelopeMissing {
        /// Whose envelope.
        field: CredentialField,
    },
    /// A credential was given for other addresses than this.
    #[error(
        "the {field} credential was given for {} and is not shown to {reach}: give it again if it is \
         meant for there too, or write credential = none for an endpoint that needs none",
        if given_for.is_empty() { "no endpoint" } else { given_for }
    )]
    NotGivenFor {
        /// Which credential.
        field: CredentialField,
        /// Whom it is not shown to.
        reach: String,
        /// Whom it was given for.
        given_for: String,
    },
    /// Somebody else wrote the same envelope.
    #[error("the credential was changed meanwhile: try again")]
    Overtaken,
    /// There is no rotation that could be stopped.
    #[error("no rotation of keys is under way: look at `fleetscope keys list`")]
    NoRotation,
    /// No Kubernetes API is registered for the cluster.
    #[error("no Kubernetes API is registered for this cluster: register its endpoint first")]
    NoApi,
    /// The cluster's API can't be reached, or does not know us.
    #[error("the cluster can't be looked at: {0}")]
    Unreachable(String),
    /// The store, or whoever knows the rights, said no.
    #[error(transparent)]
    Store(#[from] fleetscope_ports::Error),
}

impl Error {
    pub(crate) fn unreachable(failure: fleetscope_outbound::Failure) -> Self {
        Self::Unreachable(failure.detail)
    }

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
            Self::Invalid(_) | Self::InvalidCredential(_) => ErrorKind::Invalid,
            Self::Stale { .. } | Self::Overtaken | Self::NoApi | Self::NotGivenFor { .. } => {
                ErrorKind::Conflict
            }
            Self::Unopened(_) | Self::EnvelopeMissing { .. } => ErrorKind::Internal,
            Self::NoRotation => ErrorKind::NotFound,
            Self::Unreachable(_) => ErrorKind::Unavailable,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_cluster",
            Self::InvalidCredential(_) => "invalid_credential",
            Self::Unopened(Unopened::Refused) => "credential_not_opened",
            Self::Unopened(Unopened::UnknownKey(_)) => "credential_key_unknown",
            Self::Unopened(Unopened::Unsealed) => "credential_not_sealed",
            Self::EnvelopeMissing { .. } => "credential_envelope_missing",
            Self::NotGivenFor { .. } => "credential_not_given_for",
            Self::Overtaken => "credential_changed",
            Self::NoRotation => "no_rotation",
            Self::NoApi => "no_kubernetes_endpoint",
            Self::Unreachable(_) => "cluster_unreachable",
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
            Self::InvalidCredential(invalid) => Some(invalid.pointer),
            _ => None,
        }
    }
}
