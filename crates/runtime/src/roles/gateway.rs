//! The gateway role: the public door over roles of this process or of another, and the inner door
//! that a process without the gateway opens to one.

use std::sync::Arc;

use axum::Router;
use fleetscope_config::Config;
use fleetscope_gateway::{Edge, Gateway, Peers, Remote, inner_router};
use fleetscope_identity::{CallerTokens, Error as IdentityError, Provider, RemoteTokens};
use fleetscope_model::{Fault as _, Role};

use crate::Result;
use crate::admin::readiness::Check;
use crate::roles::identity::{Hub, Identity};
use crate::roles::{Local, identity, others};

/// The public door and what it needs.
pub(crate) struct Public {
    pub(crate) router: Router,
    pub(crate) checks: Vec<Check>,
}

/// The public door over the roles of this process, or else over those that the configuration
/// gives addresses of.
pub(crate) fn public(config: &Config, edge: &Edge, local: Option<&Local>) -> Result<Public> {
    let gateway = Gateway::new(edge.clone());
    let hub = identity::hub(config)?;
    match local {
        Some(local) => {
            let mounted = local.routers().fold(gateway, Gateway::mount);
            let tokens = Provider::Local(local.services.tokens.clone());
            let identity = identity::identity(config, &tokens, hub.as_ref(), &edge.clock)?;
            Ok(Public {
                router: finish(mounted, identity),
                checks: Vec::new(),
            })
        }
        None => remote(config, edge, gateway, hub.as_ref()),
    }
}

fn remote(config: &Config, edge: &Edge, mut gateway: Gateway, hub: Option<&Hub>) -> Result<Public> {
    let peers = Peers::new(signing(config)?, edge.clock.clone());
    let mut checks = Vec::new();
    let mut registry = None;
    for role in others() {
        let Some(url) = config.services.url(role) else {
            continue;
        };
        let remote = peers.remote(role, url)?;
        checks.push(reachable(remote.clone()));
        if role == Role::Registry {
            registry = Some(remote.clone());
        }
        gateway = gateway.forward(remote);
    }
    // The configuration's check asks for every address of a gateway that is alone.
    let registry = registry.ok_or(fleetscope_gateway::Error::RoleUnavailable {
        role: Role::Registry,
        cause: None,
    })?;
    let tokens = Provider::Remote(RemoteTokens::new(Arc::new(registry)));
    let identity = identity::identity(config, &tokens, hub, &edge.clock)?;
    Ok(Public {
        router: finish(gateway, identity),
        checks,
    })
}

fn finish(gateway: Gateway, identity: Identity) -> Router {
    let gateway = match identity.login {
        Some(login) => gateway.login(login),
        None => gateway,
    };
    gateway.into_router(Arc::new(identity.authenticators))
}

fn reachable(remote: Remote) -> Check {
    let role = remote.role();
    Check::required(role, "reachable", move || {
        let remote = remote.clone();
        async move { remote.check().await.map_err(|e| e.message()) }
    })
    .informative()
}

/// The inner door over the roles of this process.
pub(crate) fn inner(config: &Config, edge: &Edge, local: &Local) -> Result<Router> {
    let tokens = Arc::new(local.services.tokens.clone());
    Ok(inner_router(
        edge,
        signing(config)?,
        tokens,
        local.routers().collect(),
    ))
}

fn signing(config: &Config) -> Result<CallerTokens> {
    let key = config.services.key.as_ref();
    let key = key.ok_or(IdentityError::KeyTooShort(0))?;
    Ok(CallerTokens::new(key.as_secret())?)
}
