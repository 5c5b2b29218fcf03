//! Authentication in a process that keeps no tokens: the registry role is asked.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{Caller, ErrorKind, Fault as _};
use secrecy::SecretString;

use crate::tokens::secret;
use crate::{Authenticator, Error, Result};

/// Carries a token to the registry role and its answer back. Implemented where sockets are.
#[async_trait]
pub trait AskRegistry: Send + Sync {
    /// Whose token this is. An error of the kind `Unauthenticated` means that it is nobody's now;
    /// any other that the registry could not be asked.
    async fn authenticate(&self, bearer: &SecretString) -> fleetscope_ports::Result<Caller>;
}

/// Tokens that another process keeps. Nothing is cached, so that a revoked token is refused at
/// once in both shapes of the platform.
#[derive(Clone)]
pub struct RemoteTokens {
    registry: Arc<dyn AskRegistry>,
}

impl RemoteTokens {
    /// Authenticates by asking `registry`.
    pub fn new(registry: Arc<dyn AskRegistry>) -> Self {
        Self { registry }
    }
}

impl std::fmt::Debug for RemoteTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteTokens").finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for RemoteTokens {
    async fn authenticate(&self, bearer: &SecretString) -> Result<Caller> {
        // What cannot be a token never leaves this process.
        if !secret::is_well_formed(bearer) {
            return Err(Error::UnknownToken);
        }
        match self.registry.authenticate(bearer).await {
            Ok(caller) => Ok(caller),
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
