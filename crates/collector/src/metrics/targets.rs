//! What is scraped.

use fleetscope_model::{Aspect, Caller, Collection, Labels, Selection, Source, Target};
use fleetscope_outbound::Failure;
use fleetscope_ports::Result;

use super::rules::shown;
use crate::Collector;
use crate::federation::Asking;
use crate::prometheus::catalog;
use crate::prometheus::{METRICS, answer};
use crate::site::Site;

/// By what a target's namespace is known where its labels do not tell it.
const DISCOVERED: &str = "__meta_kubernetes_namespace";

pub(super) async fn targets(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
) -> Result<Collection<Target>> {
    let asking = Asking::of(caller, clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking, |site| async move {
            match read(&site).await {
                Ok(items) => Collection {
                    items,
                    gaps: Vec::new(),
                },
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await
}

async fn read(site: &Site) -> Result<Vec<Target>, Failure> {
    let answer = site
        .prometheus()?
        .list("/api/v1/targets", &[("state", "active")])
        .await?;
    let (found, _): (catalog::Targets, _) = answer::list(&answer)?;
    let all = found.active_targets.into_iter();
    let seen = all.filter(|target| is_seen(site, &target.labels, &target.discovered_labels));
    Ok(seen.map(|target| described(site, target)).collect())
}

fn is_seen(site: &Site, labels: &Labels, discovered: &Labels) -> bool {
    if labels.contains_key("namespace") {
        return shown(site, labels);
    }
    let namespace = discovered.get(DISCOVERED).map(String::as_str);
    site.sight(Aspect::Metrics).reaches(namespace)
}

fn described(site: &Site, target: catalog::Target) -> Target {
    Target {
        cluster: site.name().to_owned(),
        labels: target.labels,
        discovered_labels: target.discovered_labels,
        scrape_pool: target.scrape_pool,
        scrape_url: target.scrape_url,
        health: target.health,
        last_error: target.last_error,
        last_scrape: target.last_scrape,
        last_scrape_duration: target.last_scrape_duration,
    }
}
