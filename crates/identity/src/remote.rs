//! Authentication in a process that keeps no tokens: the registry role is asked.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use fleetscope_model::{ErrorKind, Fault as _};
use secrecy::SecretString;

use crate::tokens::secret;
use crate::{Authenticator, Error, Known, Result};

/// Carries a token to the registry role and its answer back. Implemented where sockets are.
#[async_trait]
pub trait AskRegistry: Send + Sync {
    /// Whose token this is. An error of the kind `Unauthenticated` means that it is nobody's now;
    /// any other that the registry could not be asked.
    async fn authenticate(&self, bearer: &SecretString) -> fleetscope_ports::Result<Known>;
}

/// Tokens that another process keeps. Nothing is kept of its answers here.
#[derive(Clone)]
pub struct RemoteTokens {
    registry: Arc<dyn AskRegistry>,
    revocations: Arc<AtomicU64>,
}

impl RemoteTokens {
    /// Authenticates by asking `registry`.
    pub fn new(registry: Arc<dyn AskRegistry>) -> Self {
        Self {
            registry,
            revocations: Arc::default(),
        }
    }

    /// A token was revoked through this process.
    pub(crate) fn revoked(&self) {
        self.revocations.fetch_add(1, Ordering::SeqCst);
    }

    /// How often that was.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for RemoteTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteTokens").finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for RemoteTokens {
    async fn authenticate(&self, bearer: &SecretString, _: Option<IpAddr>) -> Result<Known> {
        // What cannot be a token never leaves this process.
        if !secret::is_well_formed(bearer) {
            return Err(Error::UnknownToken);
        }
        match self.registry.authenticate(bearer).await {
            Ok(known) => Ok(known),
            // The registry's own words for an expired token are kept.
            Err(error) if error.kind() == ErrorKind::Unauthenticated => {
                if error.code() == "token_expired" {
                    return Err(Error::Port(error));
                }
                Err(Error::UnknownToken)
            }
            Err(error) => Err(Error::Port(error)),
        }
    }
}
