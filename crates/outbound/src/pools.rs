//! The connection pools: one for plain http, one for https, since each has its own address rules.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::address::{AddressRules, Refused};
use crate::options::OutboundOptions;

/// Shorter than the idle time limit of usual servers and load balancers (60 s and more), so that
/// a kept connection is seldom one that the other side has just closed.
const IDLE: Duration = Duration::from_secs(30);

/// The pools.
pub(crate) struct Pools {
    plain: Pool,
    encrypted: Pool,
}

struct Pool {
    client: reqwest::Client,
    rules: AddressRules,
}

impl Pools {
    pub(crate) fn new(options: &OutboundOptions) -> Result<Self, reqwest::Error> {
        let roots = options.roots.as_deref();
        let roots = roots
            .map(reqwest::Certificate::from_pem_bundle)
            .transpose()?;
        Ok(Self {
            // No certificates to load: this pool sees no https.
            plain: Pool::new(options, AddressRules::plain(options), |builder| {
                builder.tls_certs_only([])
            })?,
            encrypted: Pool::new(options, AddressRules::encrypted(options), |builder| {
                match roots {
                    Some(roots) => builder.tls_certs_only(roots),
                    None => builder,
                }
                .https_only(true)
            })?,
        })
    }

    /// The client for URLs like this one.
    pub(crate) fn client(&self, url: &Url) -> &reqwest::Client {
        &self.pool(url).client
    }

    /// Refuses a literal address that may not be called; names are checked when resolved.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        let rules = &self.pool(url).rules;
        match url.host() {
            Some(Host::Ipv4(address)) => rules.check(address.into()),
            Some(Host::Ipv6(address)) => rules.check(address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    fn pool(&self, url: &Url) -> &Pool {
        if url.scheme() == "https" {
            &self.encrypted
        } else {
            &self.plain
        }
    }
}

impl Pool {
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate is where the clients of outside reads are built"
    )]
    fn new(
        options: &OutboundOptions,
        rules: AddressRules,
        scheme: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, reqwest::Error> {
        let client = scheme(reqwest::Client::builder())
            .user_agent(concat!("fleetscope/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // Half of the whole: a host with two addresses of which one is dead is still read.
            .connect_timeout(options.timeout / 2)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(options.concurrency_per_cluster.max(1) as usize)
            .dns_resolver(CheckedResolver {
                rules: Arc::new(rules.clone()),
            })
            .build()?;
        Ok(Self { client, rules })
    }
}

/// Resolves with the system's resolver and lets only addresses through that may be called.
struct CheckedResolver {
    rules: Arc<AddressRules>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(&rules, found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be called; the first refusal where there is none.
fn allowed(
    rules: &AddressRules,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Refused> {
    let mut refusal = None;
    let mut allowed = Vec::new();
    for address in found {
        match rules.check(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    match refusal {
        Some(refused) if allowed.is_empty() => Err(refused),
        _ => Ok(allowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn a_name_with_a_forbidden_address_is_called_only_at_its_other_addresses() {
        let rules = AddressRules::encrypted(&OutboundOptions::default());
        let found = addresses(&["169.254.169.254:0", "8.8.8.8:0"]);
        let allowed = allowed(&rules, found.into_iter()).unwrap();
        assert_eq!(allowed, addresses(&["8.8.8.8:0"]));
    }

    #[test]
    fn a_name_with_nothing_but_forbidden_addresses_is_refused() {
        let rules = AddressRules::encrypted(&OutboundOptions::default());
        let found = addresses(&["169.254.169.254:0", "[fe80::1]:0"]);
        let refused = allowed(&rules, found.into_iter()).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("169.254.169.254 is a link-local")
        );
    }
}
