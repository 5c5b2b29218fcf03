//! The collector role: reading clusters. It keeps nothing, and needs nothing to be ready: a
//! cluster that cannot be read is a gap in an answer.

use std::sync::Arc;

use fleetscope_collector::Collector;
use fleetscope_config::{Config, PlainHttp as Configured};
use fleetscope_model::Role;
use fleetscope_outbound::{Outbound, OutboundOptions, PlainHttp, Shown};
use fleetscope_ports::Access;
use fleetscope_registry::{Opener, Registry as Clusters};
use prometheus_client::registry::Registry;

use crate::Result;

/// The way out to clusters, within the limits of the configuration.
pub(crate) fn outbound(config: &Config, metrics: &mut Registry) -> Result<Outbound> {
    let outbound = Outbound::new(options(config))?;
    outbound
        .metrics()
        .register(metrics.sub_registry_with_prefix("fleetscope"));
    Ok(outbound)
}

/// What endpoints of clusters are shown, as `opener` opens it.
pub(crate) fn shown(config: &Config, opener: &Opener) -> Shown {
    let keep = config.credentials.keep;
    Shown::new(Arc::new(opener.clone()), Role::Collector, keep)
}

/// Reads the clusters of `clusters`, of each what `access` lets the caller see.
pub(crate) fn telemetry(
    clusters: Clusters,
    access: Arc<dyn Access>,
    outbound: Outbound,
) -> Arc<Collector> {
    Arc::new(Collector::new(Arc::new(clusters), access, outbound))
}

fn options(config: &Config) -> OutboundOptions {
    let outbound = &config.outbound;
    OutboundOptions {
        timeout: outbound.timeout,
        max_response: outbound.max_response.as_bytes(),
        concurrency_per_cluster: outbound.concurrency_per_cluster,
        plain_http: match outbound.plain_http {
            Configured::Loopback => PlainHttp::Loopback,
            Configured::Anywhere => PlainHttp::Anywhere,
        },
        loopback: config.server.is_local(),
        private: outbound.private.clone(),
        deny: outbound.deny.clone(),
        allow: outbound.allow.clone(),
        seed: u64::from(std::process::id()),
        ..OutboundOptions::default()
    }
}
