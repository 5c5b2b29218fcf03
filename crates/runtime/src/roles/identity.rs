//! Who is calling: the authenticators of the configuration, and the hub that some of them ask.

use std::path::Path;
use std::sync::Arc;

use fleetscope_config::{AuthenticatorKind, Config, LoginVia as ConfiguredVia};
use fleetscope_identity::{
    Authenticators, KubernetesTokens, Limits, Login, LoginOptions, LoginVia, OidcOptions,
    OidcTokens, OpenshiftTokens, Provider, SealKey,
};
use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{ClusterId, Endpoint, Source};
use fleetscope_outbound::{Bearer, Outbound, OutboundOptions};
use fleetscope_ports::Clock;
use uuid::Uuid;

use crate::roles::access;
use crate::roles::session_keys::KeyFiles;
use crate::{Error, Result};

/// More than any answer about a token, or any set of an issuer's keys.
const MOST_BYTES: u64 = 1024 * 1024;

/// The queue of the hub on the way out; the hub need not be a registered cluster.
const HUB: ClusterId = ClusterId::new(Uuid::nil());

/// How many questions may be under way at the hub; what is allowed of each kind is decided by who
/// asks.
const AT_ONCE: u32 = 64;

/// Those who can say who is calling.
pub(crate) struct Identity {
    /// All of them, in order, behind one cache.
    pub(crate) authenticators: Authenticators,
    /// How browsers log in, where they can.
    pub(crate) login: Option<Login>,
}

/// The cluster that knows who people are.
#[derive(Clone)]
pub(crate) struct Hub {
    /// Its API server.
    pub(crate) api: Kubernetes,
    /// The way out to it.
    outbound: Outbound,
}

/// An issuer, and the way out to it.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) tokens: OidcTokens,
    outbound: Outbound,
}

/// The hub, if one is configured.
pub(crate) fn hub(config: &Config) -> Result<Option<Hub>> {
    let hub = &config.hub;
    let Some(url) = hub.address() else {
        return Ok(None);
    };
    let outbound = way_out(config, ("hub.ca_file", hub.ca_path().as_deref()))?;
    let endpoint = Endpoint::at(url);
    let upstream = outbound.upstream(HUB, Source::Kubernetes, &endpoint);
    let mut upstream = upstream.map_err(Error::Hub)?;
    if let Some(path) = hub.token_path() {
        upstream = upstream.bearing(Bearer::file(path));
    }
    Ok(Some(Hub {
        api: Kubernetes::new(upstream),
        outbound,
    }))
}

/// The authenticators of the configuration; `local` are the tokens of this installation.
pub(crate) fn identity(
    config: &Config,
    local: &Provider,
    (hub, issuer): (Option<&Hub>, Option<&Issuer>),
    clock: &Arc<dyn Clock>,
) -> Result<Identity> {
    let mut providers = Vec::new();
    for kind in &config.identity.authenticators {
        match (kind, hub) {
            (AuthenticatorKind::Local, _) => providers.push(local.clone()),
            (AuthenticatorKind::Kubernetes, Some(hub)) => {
                let audience = &config.identity.kubernetes.audience;
                let tokens = KubernetesTokens::new(hub.api.clone(), audience);
                providers.push(Provider::Kubernetes(tokens));
            }
            (AuthenticatorKind::Openshift, Some(hub)) => {
                let tokens = OpenshiftTokens::new(hub.api.clone());
                providers.push(Provider::Openshift(tokens));
            }
            // The configuration's check asks for a hub where one is needed.
            (AuthenticatorKind::Kubernetes | AuthenticatorKind::Openshift, None) => {}
            (AuthenticatorKind::Oidc, _) => {
                let tokens = issuer.iter().map(|issuer| issuer.tokens.clone());
                providers.extend(tokens.map(Provider::Oidc));
            }
        }
    }
    let authenticators = Authenticators::new(providers, Limits::default(), Arc::clone(clock))?
        .with_roles(access::roles(config, hub, clock));
    let login = login(config, &authenticators, (hub, issuer.cloned()), clock)?;
    Ok(Identity {
        authenticators,
        login,
    })
}

/// How browsers log in: not at all without a public address.
fn login(
    config: &Config,
    people: &Authenticators,
    (hub, issuer): (Option<&Hub>, Option<Issuer>),
    clock: &Arc<dyn Clock>,
) -> Result<Option<Login>> {
    let login = &config.identity.login;
    let (Some(public_url), Some(client_id)) = (&login.public_url, &login.client_id) else {
        return Ok(None);
    };
    let (via, outbound) = match (login.via, hub, issuer) {
        (ConfiguredVia::Openshift, Some(hub), issuer) => (
            LoginVia::Openshift {
                hub: Box::new(hub.api.clone()),
                otherwise: issuer.map(|issuer| issuer.tokens),
            },
            hub.outbound.clone(),
        ),
        (ConfiguredVia::Oidc, _, Some(issuer)) => (LoginVia::Oidc(issuer.tokens), issuer.outbound),
        // The configuration's check asks for the one that is needed.
        _ => return Ok(None),
    };
    let options = LoginOptions {
        public_url: public_url.clone(),
        client_id: client_id.clone(),
        client_secret: login.client_secret_file.as_ref().map(Bearer::file),
        scopes: login.scopes.clone(),
        session: login.session,
    };
    let keys = match KeyFiles::of(config) {
        Some(files) => files.read()?,
        None => SealKey::random()?.into(),
    };
    let (people, clock) = (people.clone(), Arc::clone(clock));
    Ok(Some(Login::new(
        options,
        (via, outbound),
        keys,
        people,
        clock,
    )))
}

/// The issuer, if one is configured.
pub(crate) fn issuer(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Issuer>> {
    if !config.identity.has(AuthenticatorKind::Oidc) {
        return Ok(None);
    }
    let oidc = &config.identity.oidc;
    let outbound = way_out(config, ("identity.oidc.ca_file", oidc.ca_file.as_deref()))?;
    let options = OidcOptions {
        // The configuration's check asks for one.
        issuer: oidc.issuer.clone().unwrap_or_default(),
        audiences: oidc.audiences.clone(),
        algorithms: oidc.algorithms.clone(),
        username_claim: oidc.username_claim.clone(),
        username_prefix: oidc.username_prefix.clone(),
        groups_claim: Some(oidc.groups_claim.clone()).filter(|claim| !claim.is_empty()),
        groups_prefix: oidc.groups_prefix.clone(),
        skew: oidc.clock_skew,
    };
    Ok(Some(Issuer {
        tokens: OidcTokens::new(options, outbound.clone(), Arc::clone(clock))?,
        outbound,
    }))
}

/// A way out to somebody whom the configuration names, who is trusted by these certificates.
fn way_out(config: &Config, (key, ca): (&'static str, Option<&Path>)) -> Result<Outbound> {
    Ok(Outbound::new(OutboundOptions {
        timeout: config.hub.timeout,
        max_response: MOST_BYTES,
        concurrency_per_cluster: AT_ONCE,
        roots: ca.map(|path| read(key, path)).transpose()?,
        roots_file: ca.map(Path::to_owned),
        ..OutboundOptions::for_named_servers()
    })?)
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| Error::File {
        key,
        path: path.to_owned(),
        cause,
    })
}
