//! Who logs people in, as its own document says.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::Authority;
use fleetscope_ports::Clock;
use secrecy::SecretString;

use crate::cache::{Cache, Found};
use crate::providers::oidc::OidcTokens;
use crate::{Error, Result};

/// How long a server's document is believed.
const KEPT: Duration = Duration::from_mins(5);

/// Where people log in.
#[derive(Debug, Clone)]
pub enum LoginVia {
    /// At the OAuth server that the hub names; where it has none, at the issuer, if there is one.
    Openshift {
        /// The hub.
        hub: Box<Kubernetes>,
        /// Who stands in.
        otherwise: Option<OidcTokens>,
    },
    /// At the issuer.
    Oidc(OidcTokens),
}

/// A server, as far as a login needs it.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Openshift(Box<Kubernetes>),
    Oidc(OidcTokens),
}

impl Server {
    /// What is asked for. On OpenShift what a service account may ask for as a client, which says
    /// who it is: a token that is stolen from us can do nothing else.
    pub(super) const fn scope(&self) -> &'static str {
        match self.kind {
            Kind::Openshift(_) => "user:info user:check-access",
            Kind::Oidc(_) => "openid profile email",
        }
    }

    pub(super) const fn is_oidc(&self) -> bool {
        matches!(self.kind, Kind::Oidc(_))
    }

    /// The issuer, where it is one.
    pub(super) const fn issuer(&self) -> Option<&OidcTokens> {
        match &self.kind {
            Kind::Openshift(_) => None,
            Kind::Oidc(issuer) => Some(issuer),
        }
    }

    pub(super) const fn authority(&self) -> Authority {
        match self.kind {
            Kind::Openshift(_) => Authority::Openshift,
            Kind::Oidc(_) => Authority::Oidc,
        }
    }

    /// Revokes a token. An issuer's can't be: it is good until it ends, wherever it is shown.
    pub(super) async fn revoke(&self, token: &SecretString) -> Result<()> {
        let Kind::Openshift(hub) = &self.kind else {
            return Ok(());
        };
        let revoked = hub.revoke_own_token(token).await;
        revoked.map_err(|cause| Error::unavailable(Authority::Openshift, cause))
    }
}

/// The server that people log in at, looked up seldom.
pub(super) struct Servers {
    via: LoginVia,
    kept: Cache<(), Server, Arc<Error>>,
}

impl Servers {
    pub(super) fn new(via: LoginVia, clock: Arc<dyn Clock>) -> Self {
        Self {
            via,
            kept: Cache::new(1, clock),
        }
    }

    pub(super) async fn server(&self) -> Result<Server> {
        let ask = || {
            let via = self.via.clone();
            async move { Ok(Found::new(look_up(via).await?, KEPT)) }
        };
        Ok(self.kept.get((), ask).await?)
    }
}

async fn look_up(via: LoginVia) -> Result<Server, Arc<Error>> {
    let (hub, otherwise) = match via {
        LoginVia::Oidc(issuer) => return Ok(of_issuer(issuer).await?),
        LoginVia::Openshift { hub, otherwise } => (hub, otherwise),
    };
    let found = hub.oauth_server().await;
    let found = found.map_err(|cause| Error::unavailable(Authority::Openshift, cause))?;
    if let Some(server) = found {
        return Ok(Server {
            authorization_endpoint: server.authorization_endpoint,
            token_endpoint: server.token_endpoint,
            kind: Kind::Openshift(hub),
        });
    }
    let issuer = otherwise.ok_or(Error::NoOAuthServer)?;
    tracing::info!(
        "the hub has no OAuth server (its well-known document is not found): browsers log in at \
         the issuer of identity.oidc"
    );
    Ok(of_issuer(issuer).await?)
}

async fn of_issuer(issuer: OidcTokens) -> Result<Server> {
    let endpoints = issuer.endpoints().await?;
    Ok(Server {
        authorization_endpoint: endpoints.authorization_endpoint,
        token_endpoint: endpoints.token_endpoint,
        kind: Kind::Oidc(issuer),
    })
}
