//! Who calls whom.
//!
//! Where Tempo's generator runs, its service-graph metrics count every call. They tell no
//! namespace, so that only who sees all metrics and traces of a cluster is shown them; everybody
//! else, and every cluster without them, gets what a sample of traces shows.

mod graph;
mod sample;

use fleetscope_model::{
    Aspect, Caller, Collection, Dependencies, Gap, Selection, Sight, Source, TimeRange,
};
use fleetscope_ports::Result;

use crate::Collector;
use crate::federation::Asking;
use crate::range;
use crate::site::Site;

/// The first is what the answer is made of.
const SHOWN: &[Aspect] = &[Aspect::Logs, Aspect::Metrics];

/// One graph a cluster.
pub(super) async fn dependencies(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
    range: TimeRange,
) -> Result<Collection<Dependencies>> {
    range::check(range)?;
    let asking = Asking::of(caller, clusters, Source::Tempo, SHOWN);
    collector
        .fan_out(asking, |site| async move {
            Box::pin(of_site(&site, range)).await
        })
        .await
}

async fn of_site(site: &Site, range: TimeRange) -> Collection<Dependencies> {
    let whole = |aspect| *site.sight(aspect) == Sight::Whole;
    let mut gaps: Vec<Gap> = Vec::new();
    if whole(Aspect::Logs) && whole(Aspect::Metrics) && site.endpoint(Source::Prometheus).is_some()
    {
        match Box::pin(graph::read(site, range)).await {
            Ok((Some(found), warned)) => {
                return Collection {
                    items: vec![found],
                    gaps: warned,
                };
            }
            Ok((None, _)) => {}
            Err(failure) => gaps.push(site.gap(Source::Prometheus, failure)),
        }
    }
    match sample::read(site, range).await {
        Ok((found, more)) => {
            gaps.extend(more);
            Collection {
                items: vec![found],
                gaps,
            }
        }
        Err(failure) => {
            gaps.push(site.gap(Source::Tempo, failure));
            Collection {
                items: Vec::new(),
                gaps,
            }
        }
    }
}
