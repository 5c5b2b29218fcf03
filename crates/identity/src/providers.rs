//! Those who know tokens, each of its own kind.

pub(crate) mod kubernetes;
pub(crate) mod oidc;
pub(crate) mod openshift;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::authenticators::MOST_KEPT;
use crate::providers::kubernetes::KubernetesTokens;
use crate::providers::oidc::OidcTokens;
use crate::providers::openshift::OpenshiftTokens;
use crate::tokens::secret;
use crate::{Authenticator as _, Known, LocalTokens, RemoteTokens, Result};

/// How long the registry's answer about a token is kept in another process, which does not hear of
/// revocations but of those that go through itself.
const REMOTE_KEPT: Duration = Duration::from_secs(5);

/// One of the authenticators that an installation can have.
#[derive(Debug, Clone)]
pub enum Provider {
    /// The API tokens of this installation, kept in this process.
    Local(LocalTokens),
    /// The same, kept in another process.
    Remote(RemoteTokens),
    /// Tokens that the hub cluster knows, by `TokenReview`.
    Kubernetes(KubernetesTokens),
    /// Tokens of OpenShift's OAuth server.
    Openshift(OpenshiftTokens),
    /// Tokens of an OpenID Connect issuer.
    Oidc(OidcTokens),
}

impl Provider {
    /// Whether a token of this form can be one of its own. What cannot is not shown to it.
    pub(crate) fn may_know(&self, token: &SecretString) -> bool {
        let is_local = token.expose_secret().starts_with(secret::PREFIX);
        let is_openshift = token.expose_secret().starts_with(openshift::PREFIX);
        match self {
            Self::Local(_) | Self::Remote(_) => is_local,
            Self::Openshift(_) => is_openshift,
            Self::Kubernetes(_) => !is_local && !is_openshift,
            Self::Oidc(tokens) => tokens.may_know(token),
        }
    }

    /// Whether it has to ask somebody outside of this process.
    pub(crate) const fn asks_others(&self) -> bool {
        !matches!(self, Self::Local(_))
    }

    /// How long its answers may be kept.
    pub(crate) const fn most_kept(&self) -> Duration {
        match self {
            Self::Remote(_) => REMOTE_KEPT,
            _ => MOST_KEPT,
        }
    }

    /// See [`LocalTokens::revocations`].
    pub(crate) fn revocations(&self) -> u64 {
        match self {
            Self::Local(tokens) => tokens.revocations(),
            Self::Remote(tokens) => tokens.revocations(),
            _ => 0,
        }
    }

    /// A token of this installation was revoked through this process.
    pub(crate) fn revoked(&self) {
        if let Self::Remote(tokens) = self {
            tokens.revoked();
        }
    }

    pub(crate) async fn authenticate(&self, token: &SecretString) -> Result<Known> {
        match self {
            Self::Local(tokens) => tokens.authenticate(token, None).await,
            Self::Remote(tokens) => tokens.authenticate(token, None).await,
            Self::Kubernetes(tokens) => tokens.authenticate(token).await,
            Self::Openshift(tokens) => tokens.authenticate(token).await,
            Self::Oidc(tokens) => tokens.authenticate(token).await,
        }
    }
}
