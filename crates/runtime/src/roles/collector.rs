//! The collector role: reading clusters. It keeps nothing, and needs nothing to be ready: a
//! cluster that cannot be read is a gap in an answer.

use std::sync::Arc;

use fleetscope_collector::Collector;
use fleetscope_collector::index::Index;
use fleetscope_config::{Config, PlainHttp as Configured};
use fleetscope_model::Role;
use fleetscope_outbound::{Outbound, OutboundOptions, Pace, PlainHttp, Shown};
use fleetscope_ports::{Access, Clock};
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
pub(crate) fn collector(
    clusters: Clusters,
    access: Arc<dyn Access>,
    (outbound, index): (Outbound, Option<Index>),
    clock: Arc<dyn Clock>,
) -> Arc<Collector> {
    let collector = Collector::new(Arc::new(clusters), access, outbound);
    let collector = collector.with_clock(clock);
    Arc::new(match index {
        Some(index) => collector.with_index(index),
        None => collector,
    })
}

/// How many seconds' worth of reads people may make at once: a dashboard that is opened.
const BURST_SECONDS: u32 = 4;

/// The same of what runs by itself: a round of watches asks everything at once, and then nothing.
const ROUND_SECONDS: u32 = 60;

fn options(config: &Config) -> OutboundOptions {
    let outbound = &config.outbound;
    OutboundOptions {
        timeout: outbound.timeout,
        max_response: outbound.max_response.as_bytes(),
        max_reading: outbound.max_reading.as_bytes(),
        concurrency_per_cluster: outbound.concurrency_per_cluster,
        people: Pace {
            concurrency: outbound.concurrency_per_cluster,
            per_second: outbound.per_second,
            burst: outbound.per_second.saturating_mul(BURST_SECONDS),
        },
        scheduled: Pace {
            concurrency: outbound.scheduled_concurrency,
            per_second: outbound.scheduled_per_second,
            burst: outbound.scheduled_per_second.saturating_mul(ROUND_SECONDS),
        },
        kept_bytes: outbound.cache.as_bytes(),
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
