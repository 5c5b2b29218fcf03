//! The gateway role: the public door over roles of this process or of another, and the inner door
//! that a process without the gateway opens to one.

use std::sync::Arc;

use axum::Router;
use fleetscope_config::Config;
use fleetscope_gateway::{
    Audit, AuditWriter, Edge, Everywhere, Gateway, HealthBoard, Peers, Probe, Remote, Trust,
    inner_router,
};
use fleetscope_identity::{
    CallerTokens, Error as IdentityError, OwnToken, PeerTokens, Provider, RemoteTokens,
};
use fleetscope_model::{Fault as _, Role};
use fleetscope_ports::AuditSink;
use prometheus_client::registry::Registry;
use tokio::net::TcpStream;
use url::Url;

use crate::Result;
use crate::roles::identity::{Hub, Issuer};
use crate::roles::session_keys::{KeyFiles, SessionKeys};
use crate::roles::{Local, identity, others};

/// The roles of other processes, as the configuration gives their addresses.
pub(crate) fn remotes(config: &Config, edge: &Edge) -> Result<Vec<Remote>> {
    let mut peers = Peers::new(signing(config)?, edge.clock.clone());
    if let Some(path) = &config.services.token_file {
        peers = peers.with_token(OwnToken::file(path));
    }
    let given = others().filter_map(|role| Some((role, config.services.url(role)?)));
    let remotes = given.map(|(role, url)| peers.remote(role, url));
    Ok(remotes.collect::<std::result::Result<_, _>>()?)
}

/// Whether each of these roles can be reached. A gateway whose roles are away still answers, and
/// says which; taking it out of service would turn that answer into a refused connection.
pub(crate) fn probes(remotes: &[Remote]) -> Vec<Probe> {
    remotes.iter().cloned().map(reachable).collect()
}

fn reachable(remote: Remote) -> Probe {
    let role = remote.role();
    Probe::required(role, "reachable", move || {
        let remote = remote.clone();
        async move { remote.check().await.map_err(|e| e.message()) }
    })
    .optional()
}

/// Whether the hub answers, by which the gateway knows callers. Who is known already is known a
/// while without it, and tokens of this installation need no hub.
pub(crate) fn hub_probe(hub: Option<&Hub>) -> Probe {
    let Some(hub) = hub else {
        return Probe::not_configured(Role::Gateway, "hub");
    };
    let api = hub.api.clone();
    Probe::required(Role::Gateway, "hub", move || {
        let api = api.clone();
        // The failure's own words name an address, which is no caller's affair.
        async move {
            let alive = api.alive().await;
            alive.map_err(|failure| format!("the hub's API server: {:?}", failure.kind))
        }
    })
    .optional()
}

/// Whether the issuer answers, by which the gateway knows callers. Keys that are known already go
/// on being used without it.
pub(crate) fn issuer_probe(issuer: Option<&Issuer>) -> Probe {
    let Some(issuer) = issuer else {
        return Probe::not_configured(Role::Gateway, "issuer");
    };
    let tokens = issuer.tokens.clone();
    Probe::required(Role::Gateway, "issuer", move || {
        let tokens = tokens.clone();
        async move {
            tokens.alive().await.map_err(|error| match error {
                IdentityError::Unavailable { cause, .. } => format!("the issuer: {:?}", cause.kind),
                other => other.message(),
            })
        }
    })
    .optional()
}

/// Whether somebody listens where spans are sent. They are dropped meanwhile; nothing waits.
pub(crate) fn traces_probe(role: Role, receiver: Option<&Url>) -> Probe {
    let place = receiver.and_then(|url| {
        let port = url.port_or_known_default()?;
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), port))
    });
    let Some(place) = place else {
        return Probe::not_configured(role, "traces");
    };
    Probe::required(role, "traces", move || {
        let place = place.clone();
        async move {
            let connected = TcpStream::connect((place.0.as_str(), place.1)).await;
            let refused = |error: std::io::Error| format!("the receiver: {}", error.kind());
            connected.map(drop).map_err(refused)
        }
    })
    .optional()
}

/// The public door, what writes its audit log, and what reads the keys of its sessions again.
pub(crate) struct Public {
    pub(crate) router: Router,
    pub(crate) audit: AuditWriter,
    pub(crate) session_keys: Option<SessionKeys>,
}

/// The public door over the roles of this process, or else over `remotes`.
pub(crate) fn public(
    config: &Config,
    edge: &Edge,
    roles: (Option<&Local>, Vec<Remote>),
    who: (Option<&Hub>, Option<&Issuer>),
    (health, metrics): (HealthBoard, &mut Registry),
) -> Result<Public> {
    let (local, remotes) = roles;
    let sink: Arc<dyn AuditSink> = match local {
        Some(local) => local.store.audit_sink.clone(),
        None => Arc::new(registry(&remotes)?),
    };
    let (audit, writer) = Audit::new(sink, config.audit.reads, edge.clock.clone(), metrics);
    let gateway = Gateway::new(edge.clone()).audited(audit);
    let tokens = match local {
        Some(local) => Provider::Local(local.services.tokens.clone()),
        None => Provider::Remote(RemoteTokens::new(Arc::new(registry(&remotes)?))),
    };
    let identity = identity::identity(config, &tokens, who, &edge.clock)?;
    let gateway = gateway.health(Arc::new(Everywhere::new(health, remotes.clone())));
    let gateway = match local {
        Some(local) => local.routers().fold(gateway, Gateway::mount),
        None => remotes.into_iter().fold(gateway, Gateway::forward),
    };
    let session_keys = identity.login.clone().zip(KeyFiles::of(config));
    let gateway = match identity.login {
        Some(login) => gateway.login(login),
        None => gateway,
    };
    Ok(Public {
        router: gateway.into_router(Arc::new(identity.authenticators)),
        audit: writer,
        session_keys: session_keys.map(|(login, files)| SessionKeys { login, files }),
    })
}

fn registry(remotes: &[Remote]) -> Result<Remote> {
    let registry = remotes
        .iter()
        .find(|remote| remote.role() == Role::Registry);
    // The configuration's check asks for every address of a gateway that is alone.
    let missing = fleetscope_gateway::Error::RoleUnavailable {
        role: Role::Registry,
        cause: None,
    };
    Ok(registry.cloned().ok_or(missing)?)
}

/// The inner door over the roles of this process.
pub(crate) fn inner(
    config: &Config,
    edge: &Edge,
    local: &Local,
    health: HealthBoard,
) -> Result<Router> {
    let tokens = Arc::new(local.services.tokens.clone());
    Ok(inner_router(
        edge,
        trust(config, edge)?,
        (tokens, local.store.audit_sink.clone()),
        local.routers().collect(),
        health,
    ))
}

/// Whom the inner door trusts: who signs under the key and, where the configuration names the
/// service accounts of gateways, is one of them.
fn trust(config: &Config, edge: &Edge) -> Result<Trust> {
    let trust = Trust::from(signing(config)?);
    let services = &config.services;
    let hub = identity::hub(config)?;
    match hub {
        Some(hub) if !services.peers.is_empty() => {
            let allowed = services.peers.iter().cloned();
            let clock = edge.clock.clone();
            let peers = PeerTokens::new(hub.api, &services.audience, allowed, clock)?;
            Ok(trust.with_peers(peers))
        }
        _ => Ok(trust),
    }
}

fn signing(config: &Config) -> Result<CallerTokens> {
    let key = config.services.key.as_ref();
    let key = key.ok_or(IdentityError::KeyTooShort(0))?;
    Ok(CallerTokens::new(key.as_secret())?)
}
