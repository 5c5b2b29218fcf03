//! The answers of single clusters, as they come.

use std::sync::Arc;

use fleetscope_model::{Caller, Evaluated, Evaluation, Source, Union};
use fleetscope_ports::{Coming, OfCluster, Result};
use futures::TryStreamExt as _;

use super::{moment, part, plan, shown};
use crate::Collector;
use crate::federation::Put;
use crate::prometheus::{METRICS, within};
use crate::range::invalid;

/// Each cluster's own answer as it comes.
pub(in crate::metrics) async fn evaluate_each(
    collector: &Collector,
    caller: &Caller,
    asked: &Evaluation,
) -> Result<Coming<Evaluated>> {
    if asked.union == Union::One {
        return Err(invalid(
            "across_clusters",
            "what is put together over all clusters can't come cluster by cluster: leave combine \
             out, or ask for the whole answer at once",
        ));
    }
    let (moment, matrix) = moment(collector, &asked.query, asked.window, asked.points)?;
    let plan = Arc::new(plan(collector, caller, asked).await?);
    let put = Put {
        caller: caller.clone(),
        clusters: asked.clusters.clone(),
        source: Source::Prometheus,
        aspects: METRICS,
        namespaces: within::named(&asked.query),
    };
    let (reading, points) = (Arc::clone(&plan), asked.points);
    let parts = collector.fan_out_each(put, move |site| {
        let plan = Arc::clone(&reading);
        async move { part(&site, &plan, moment).await }
    });
    let parts = parts.await?.map_ok(move |found| OfCluster {
        cluster: found.cluster,
        name: found.name,
        part: shown(&plan, found.part, (moment, matrix), points),
    });
    Ok(Box::pin(parts))
}
