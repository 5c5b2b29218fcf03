//! Which process is at the other end: the service accounts of gateways.
//!
//! A signed caller says for whom a request is made; whoever has the key could sign one. A peer's
//! token says who makes it, is bound to this use by its audience, ends within the hour, and is
//! revoked with its pod.

use std::sync::Arc;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::Authority;
use fleetscope_outbound::Bearer;
use fleetscope_ports::Clock;
use secrecy::SecretString;

use crate::authenticators::Authenticators;
use crate::providers::Provider;
use crate::providers::kubernetes::KubernetesTokens;
use crate::{Authenticator as _, Error, Limits, Result};

/// The service accounts that may call an inner door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PeerTokens {
    tokens: Authenticators,
    allowed: Arc<[String]>,
}

impl PeerTokens {
    /// Tokens for `audience` of the service accounts `allowed`
    /// (`system:serviceaccount:NAMESPACE:NAME`), reviewed by `hub`.
    pub fn new(
        hub: Kubernetes,
        audience: &str,
        allowed: impl IntoIterator<Item = String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let provider = Provider::Kubernetes(KubernetesTokens::new(hub, audience));
        Ok(Self {
            tokens: Authenticators::new(vec![provider], Limits::default(), clock)?,
            allowed: allowed.into_iter().collect(),
        })
    }

    /// Lets a peer pass that is one of them; else `peer_refused`, or an error of another kind
    /// where that can't be told now.
    pub async fn check(&self, token: Option<&SecretString>) -> Result<()> {
        let token = token.ok_or(Error::PeerRefused("it brings no token"))?;
        let known = self.tokens.authenticate(token, None).await;
        let name = match known {
            Ok(known) => known.caller.name,
            Err(error) if error.is_verdict() => {
                return Err(Error::PeerRefused("its token is not good here"));
            }
            Err(error) => return Err(error),
        };
        if self.allowed.contains(&name) {
            return Ok(());
        }
        tracing::warn!(name, "a peer is none of services.peers");
        Err(Error::PeerRefused("it is none of those that may call"))
    }
}

/// The token by which this process shows who it is. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OwnToken(Bearer);

impl OwnToken {
    /// The token in a file, which is read again while it is in use.
    pub fn file(path: impl Into<std::path::PathBuf>) -> Self {
        Self(Bearer::file(path))
    }

    /// The token now.
    pub async fn text(&self) -> Result<SecretString> {
        let text = self.0.text().await;
        text.map_err(|cause| Error::unavailable(Authority::Kubernetes, cause))
    }

    /// It was refused: it is read again before it is used next.
    pub fn refused(&self) {
        self.0.refused();
    }
}
