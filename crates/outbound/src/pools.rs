//! The connection pools: one for each way in which endpoints are reached. The plain and the
//! encrypted default are shared by all clusters; own certificates, names and proxies get their own.

mod resolver;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::{Host, Url};

use crate::address::{AddressRules, Refused};
use crate::options::OutboundOptions;
use crate::way::Way;
pub(crate) use resolver::Names;
use resolver::{CheckedResolver, allowed};

/// Shorter than the idle time limit of usual servers and load balancers (60 s and more), so that
/// a kept connection is seldom one that the other side has just closed.
const IDLE: Duration = Duration::from_secs(30);

/// How long a pool of its own is kept without a call: long enough for the slowest of the regular
/// readers, short enough that deleted clusters and replaced certificates go.
const UNUSED: Duration = Duration::from_mins(15);

/// The pools.
pub(crate) struct Pools {
    options: OutboundOptions,
    plain: AddressRules,
    encrypted: AddressRules,
    names: Names,
    roots: Mutex<Option<Vec<reqwest::Certificate>>>,
    clients: Mutex<HashMap<Way, Pool>>,
}

struct Pool {
    client: reqwest::Client,
    used: Instant,
}

impl Pools {
    pub(crate) fn new(options: &OutboundOptions, names: Names) -> Result<Self, reqwest::Error> {
        let roots = options.roots.as_deref();
        let roots = roots
            .map(reqwest::Certificate::from_pem_bundle)
            .transpose()?;
        let pools = Self {
            options: options.clone(),
            plain: AddressRules::plain(options),
            encrypted: AddressRules::encrypted(options),
            names,
            roots: Mutex::new(roots),
            clients: Mutex::default(),
        };
        // What is wrong with the machine's certificates shows here and not at the first call.
        pools.build(&Way::default_of("https"))?;
        Ok(pools)
    }

    /// The client for this way; the first use builds it.
    pub(crate) fn client(&self, way: &Way) -> Result<reqwest::Client, reqwest::Error> {
        let now = Instant::now();
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = clients.get_mut(way) {
            pool.used = now;
            return Ok(pool.client.clone());
        }
        clients.retain(|_, pool| now.duration_since(pool.used) < UNUSED);
        let client = self.build(way)?;
        let pool = Pool {
            client: client.clone(),
            used: now,
        };
        clients.insert(way.clone(), pool);
        Ok(client)
    }

    /// Trusts these certificates from the next call on. Connections that are open are left behind
    /// with their pool: each was trusted by the ones before. There must be one at least: a file
    /// that is just being written is no reason to trust nobody.
    pub(crate) fn trust(&self, pem: &[u8]) -> Result<bool, reqwest::Error> {
        let roots = reqwest::Certificate::from_pem_bundle(pem)?;
        if roots.is_empty() {
            return Ok(false);
        }
        // Before the clients: whoever builds one meanwhile is forgotten with the others.
        *self.roots.lock().unwrap_or_else(PoisonError::into_inner) = Some(roots);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.clear();
        Ok(true)
    }

    fn trusted(&self) -> Option<Vec<reqwest::Certificate>> {
        self.roots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Refuses what may not be called by its looks: a literal address of the endpoint or of its
    /// proxy. Names are checked when they are resolved.
    pub(crate) fn check(&self, base: &Url, way: &Way) -> Result<(), Refused> {
        let rules = self.rules(way);
        literal(rules, base)?;
        way.proxy().map_or(Ok(()), |proxy| literal(rules, proxy))
    }

    /// A proxy resolves the names of endpoints itself. What such a name means here is asked
    /// beforehand, so that no proxy is a way round the rules; a name that only the proxy knows is
    /// the proxy's to judge.
    pub(crate) async fn check_behind_proxy(&self, base: &Url, way: &Way) -> Result<(), Refused> {
        let (Some(_), Some(Host::Domain(name))) = (way.proxy(), base.host()) else {
            return Ok(());
        };
        match self.names.find(name).await {
            Ok(found) => allowed(self.rules(way), found.into_iter()).map(drop),
            Err(_) => Ok(()),
        }
    }

    fn rules(&self, way: &Way) -> &AddressRules {
        if way.encrypted() {
            &self.encrypted
        } else {
            &self.plain
        }
    }

    fn build(&self, way: &Way) -> Result<reqwest::Client, reqwest::Error> {
        let options = &self.options;
        let mut builder = builder()
            // Before the endpoint's own proxy: this also forgets those of the environment.
            .no_proxy()
            .referer(false)
            // Half of the whole: a host with two addresses of which one is dead is still read.
            .connect_timeout(options.timeout / 2)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(options.concurrency_per_cluster.max(1) as usize)
            .tls_info(true)
            .dns_resolver(CheckedResolver::new(
                self.names.clone(),
                self.rules(way).clone(),
                way.other_name(),
            ));
        if let Some(proxy) = way.proxy() {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
        }
        if !way.encrypted() {
            // No certificates to load: this pool sees no https.
            return builder.tls_certs_only([]).build();
        }
        let own = way
            .ca_bundle()
            .map(|pem| reqwest::Certificate::from_pem_bundle(pem.as_bytes()))
            .transpose()?;
        if let Some(roots) = own.or_else(|| self.trusted()) {
            builder = builder.tls_certs_only(roots);
        }
        if let Some(certificate) = way.certificate() {
            builder = builder.identity(certificate.identity());
        }
        builder.https_only(true).build()
    }
}

/// What all clients of this crate have: they say who asks, and go nowhere else.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is where the clients of outside calls are built"
)]
pub(crate) fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("fleetscope/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
}

fn literal(rules: &AddressRules, url: &Url) -> Result<(), Refused> {
    match url.host() {
        Some(Host::Ipv4(address)) => rules.check(address.into()),
        Some(Host::Ipv6(address)) => rules.check(address.into()),
        Some(Host::Domain(_)) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
