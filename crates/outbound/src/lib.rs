//! The one way out: every read of a monitored cluster goes through here.
//!
//! An [`Outbound`] holds the connection pools, the address rules and the limits; an [`Upstream`]
//! is one endpoint of one cluster seen through it. A call has a time limit over everything it does
//! (queueing, connecting, headers, body), a byte cap that counts bytes after decompression, and a
//! place in its cluster's queue. It follows no redirect and knows no proxy of the environment.
//! Whatever goes wrong is a [`Failure`], which maps onto a gap.
//!
//! This crate must not know what is read: no Prometheus, no Kubernetes, no registry. It never
//! writes a credential or a foreign body into a message.
//!
//! Start reading at [`Upstream::send`]; then [`AddressRules`].

pub mod address;
pub mod answer;
mod base;
pub mod bearer;
pub mod failure;
mod limits;
pub mod metrics;
pub mod options;
mod pools;
mod roots;
pub mod trace;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{ClusterId, Endpoint, Source};

pub use address::{AddressRules, Refused};
pub use answer::Answer;
pub use bearer::Bearer;
pub use failure::Failure;
pub use metrics::Metrics;
pub use options::{OutboundOptions, PlainHttp};
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
}

/// What every upstream of one [`Outbound`] shares.
pub(crate) struct Parts {
    pub(crate) options: OutboundOptions,
    pub(crate) pools: pools::Pools,
    pub(crate) roots: Option<roots::Roots>,
    pub(crate) limits: limits::Limits,
    pub(crate) metrics: Metrics,
}

impl Parts {
    /// Trusts what the file of certificates holds now. What it holds that is none changes nothing.
    pub(crate) async fn renew_trust(&self) {
        let Some(roots) = &self.roots else { return };
        let Some(pem) = roots.changed().await else {
            return;
        };
        match self.pools.trust(&self.options, &pem) {
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
        let pools = pools::Pools::new(&options).map_err(Error)?;
        let limits = limits::Limits::new(options.concurrency_per_cluster);
        let file = options.roots_file.as_deref().zip(options.roots.as_deref());
        let roots = file.map(|(path, pem)| roots::Roots::new(path, pem));
        Ok(Self {
            parts: Arc::new(Parts {
                options,
                pools,
                roots,
                limits,
                metrics: Metrics::default(),
            }),
        })
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
        Upstream::new(Arc::clone(&self.parts), cluster, source, endpoint)
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound")
            .field("options", &self.parts.options)
            .finish_non_exhaustive()
    }
}
