//! The one way out: every read of a monitored cluster goes through here.
//!
//! An [`Outbound`] holds the connection pools, the address rules and the limits; an [`Upstream`]
//! is one endpoint of one cluster seen through it. A call has a time limit over everything it does
//! (queueing, connecting, headers, body), a byte cap that counts bytes after decompression, and a
//! place in its cluster's queue. It follows no redirect and knows no proxy of the environment. An
//! endpoint that does not answer is left alone for a while. Whatever goes wrong is a [`Failure`],
//! which maps onto a gap.
//!
//! This crate must not know what is read: no Prometheus, no Kubernetes, no registry. It never
//! writes a credential or a foreign body into a message.
//!
//! Start reading at [`Upstream::send`]; then [`AddressRules`].

pub mod address;
pub mod answer;
mod base;
pub mod bearer;
mod breaker;
pub mod certificate;
mod exchange;
pub mod failure;
mod heavy;
pub mod limits;
pub mod metrics;
pub mod options;
mod pools;
mod receiver;
pub mod room;
mod roots;
pub mod share;
mod shown;
pub mod stream;
pub mod trace;
mod upstream;
mod way;

use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{ClusterId, Endpoint, Source};

pub use address::{AddressRules, Refused};
pub use answer::Answer;
pub use bearer::Bearer;
pub use certificate::ClientCertificate;
pub use failure::{Cause, Failure};
pub use limits::{Lane, Pace};
pub use metrics::Metrics;
pub use options::{OutboundOptions, PlainHttp};
pub use receiver::receiver;
pub use room::Room;
pub use share::Sharing;
pub use shown::Shown;
pub use stream::{Lines, Socket};
pub use upstream::Upstream;

/// The HTTP clients could not be built.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTP client for cluster endpoints could not be built: check the CA certificates of the \
     system, or those that the configuration names"
)]
pub struct Error(#[source] reqwest::Error);

/// The way out. Cheap to clone; clones share pools, limits and metrics.
#[derive(Clone)]
pub struct Outbound {
    parts: Arc<Parts>,
    shown: Option<Shown>,
}

/// What every upstream of one [`Outbound`] shares.
pub(crate) struct Parts {
    pub(crate) options: OutboundOptions,
    pub(crate) pools: pools::Pools,
    pub(crate) limits: limits::Limits,
    pub(crate) heavy: heavy::Heavy,
    pub(crate) rooms: room::Rooms,
    pub(crate) shelf: share::Shelf,
    pub(crate) breakers: breaker::Breakers,
    pub(crate) roots: Option<roots::Roots>,
    pub(crate) metrics: Metrics,
}

impl Parts {
    /// Trusts what the file of certificates holds now. What it holds that is none changes nothing.
    pub(crate) async fn renew_trust(&self) {
        let Some(roots) = &self.roots else { return };
        let Some(pem) = roots.changed().await else {
            return;
        };
        match self.pools.trust(&pem) {
            Ok(true) => tracing::info!("other certificates are trusted now"),
            Ok(false) | Err(_) => {
                tracing::warn!("a file of certificates holds none: those before stay");
            }
        }
    }
}

impl Outbound {
    /// A way out under the given limits and rules. Must be called inside a tokio runtime.
    pub fn new(options: OutboundOptions) -> Result<Self, Error> {
        Self::naming(options, pools::Names::System)
    }

    fn naming(options: OutboundOptions, names: pools::Names) -> Result<Self, Error> {
        let pools = pools::Pools::new(&options, names).map_err(Error)?;
        let people = Pace {
            concurrency: options.concurrency_per_cluster,
            ..options.people
        };
        let limits = limits::Limits::new(people, options.scheduled);
        let shelf = share::Shelf::new(options.kept_bytes);
        let file = options.roots_file.as_deref().zip(options.roots.as_deref());
        let roots = file.map(|(path, pem)| roots::Roots::new(path, pem));
        let metrics = Metrics::default();
        let (all, largest) = (options.max_reading, options.max_response);
        Ok(Self {
            parts: Arc::new(Parts {
                breakers: breaker::Breakers::new(options.seed),
                options,
                pools,
                roots,
                limits,
                heavy: heavy::Heavy::default(),
                rooms: room::Rooms::new(all, largest, metrics.clone()),
                shelf,
                metrics,
            }),
            shown: None,
        })
    }

    /// The same way out, on which endpoints of clusters are shown their credentials.
    #[must_use]
    pub fn showing(self, shown: Shown) -> Self {
        Self {
            shown: Some(shown),
            ..self
        }
    }

    /// The longest that a single call may take.
    pub fn timeout(&self) -> Duration {
        self.parts.options.timeout
    }

    /// Counters and histograms of all calls; register them once.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// One endpoint of one cluster. `Unreachable` where its URL is not one that may be called: not
    /// http(s), with credentials, query or fragment in it, or a literal address that the rules
    /// refuse. Names are checked when they are resolved.
    pub fn upstream(
        &self,
        cluster: ClusterId,
        source: Source,
        endpoint: &Endpoint,
    ) -> Result<Upstream, Failure> {
        let parts = Arc::clone(&self.parts);
        let upstream = Upstream::new(parts, cluster, source, endpoint)?;
        Ok(upstream.showing(self.shown.clone()))
    }

    /// Whether an endpoint is one that may ever be called: a literal address in its URL or in that of
    /// its proxy is refused here where each call of it would be, with the name of the field that it
    /// stands in. Names are not looked up; what is no URL is for whoever reads it to refuse.
    pub fn admits(&self, endpoint: &Endpoint) -> Result<(), (&'static str, Refused)> {
        let pools = &self.parts.pools;
        let Ok(base) = base::parse(&endpoint.url) else {
            return Ok(());
        };
        let way = way::Way::default_of(base.scheme());
        pools
            .check(&base, &way)
            .map_err(|refused| ("url", refused))?;
        match endpoint.proxy_url.as_deref().map(base::parse) {
            Some(Ok(proxy)) => {
                let refused = pools.check(&proxy, &way);
                refused.map_err(|refused| ("proxy_url", refused))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound")
            .field("options", &self.parts.options)
            .finish_non_exhaustive()
    }
}
