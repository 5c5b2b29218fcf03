//! Who is calling: the authenticators of the configuration, and the hub that some of them ask.

use std::path::Path;
use std::sync::Arc;

use fleetscope_config::{AuthenticatorKind, Config};
use fleetscope_identity::{
    Authenticators, KubernetesTokens, Limits, OidcOptions, OidcTokens, OpenshiftTokens, Provider,
};
use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{ClusterId, Endpoint, Source};
use fleetscope_outbound::{Bearer, Outbound, OutboundOptions};
use fleetscope_ports::Clock;
use uuid::Uuid;

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
    /// The issuer, where one is configured.
    pub(crate) oidc: Option<OidcTokens>,
}

/// The hub's API server, if one is configured.
pub(crate) fn hub(config: &Config) -> Result<Option<Kubernetes>> {
    let hub = &config.hub;
    let Some(url) = hub.address() else {
        return Ok(None);
    };
    let outbound = way_out(config, ("hub.ca_file", hub.ca_path().as_deref()))?;
    let endpoint = Endpoint { url, tenant: None };
    let upstream = outbound.upstream(HUB, Source::Kubernetes, &endpoint);
    let mut upstream = upstream.map_err(Error::Hub)?;
    if let Some(path) = hub.token_path() {
        upstream = upstream.bearing(Bearer::file(path));
    }
    Ok(Some(Kubernetes::new(upstream)))
}

/// The authenticators of the configuration; `local` are the tokens of this installation.
pub(crate) fn identity(
    config: &Config,
    local: &Provider,
    hub: Option<&Kubernetes>,
    clock: &Arc<dyn Clock>,
) -> Result<Identity> {
    let mut providers = Vec::new();
    let mut oidc = None;
    for kind in &config.identity.authenticators {
        match (kind, hub) {
            (AuthenticatorKind::Local, _) => providers.push(local.clone()),
            (AuthenticatorKind::Kubernetes, Some(hub)) => {
                let audience = &config.identity.kubernetes.audience;
                let tokens = KubernetesTokens::new(hub.clone(), audience);
                providers.push(Provider::Kubernetes(tokens));
            }
            (AuthenticatorKind::Openshift, Some(hub)) => {
                providers.push(Provider::Openshift(OpenshiftTokens::new(hub.clone())));
            }
            // The configuration's check asks for a hub where one is needed.
            (AuthenticatorKind::Kubernetes | AuthenticatorKind::Openshift, None) => {}
            (AuthenticatorKind::Oidc, _) => {
                let tokens = issuer(config, clock)?;
                oidc = Some(tokens.clone());
                providers.push(Provider::Oidc(tokens));
            }
        }
    }
    let authenticators = Authenticators::new(providers, Limits::default(), Arc::clone(clock))?;
    Ok(Identity {
        authenticators,
        oidc,
    })
}

fn issuer(config: &Config, clock: &Arc<dyn Clock>) -> Result<OidcTokens> {
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
    Ok(OidcTokens::new(options, outbound, Arc::clone(clock))?)
}

/// A way out to somebody whom the configuration names, who is trusted by these certificates.
fn way_out(config: &Config, (key, ca): (&'static str, Option<&Path>)) -> Result<Outbound> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|cause| Error::File {
            key,
            path: path.to_owned(),
            cause,
        })
    };
    Ok(Outbound::new(OutboundOptions {
        timeout: config.hub.timeout,
        max_response: MOST_BYTES,
        concurrency_per_cluster: AT_ONCE,
        roots: ca.map(read).transpose()?,
        ..OutboundOptions::default()
    })?)
}
