//! The answers of single clusters, as they come.

use std::sync::Arc;

use fleetscope_model::{Aspect, Caller, Collection, LogAnswer, LogQuestion, Source};
use fleetscope_ports::{Coming, OfCluster, Result};
use futures::TryStreamExt as _;

use super::{MAX_LINES, gathered, of_site};
use crate::Collector;
use crate::federation::Put;
use crate::loki::expression::Expression;
use crate::range;

/// Each cluster's own answer as it comes.
pub(in crate::loki) async fn query_each(
    collector: &Collector,
    caller: &Caller,
    question: &LogQuestion,
) -> Result<Coming<LogAnswer>> {
    range::check(question.scope.range)?;
    range::check_limit(question.limit, MAX_LINES)?;
    let expression = Expression::new(&question.expression)?;
    let put = Put {
        caller: caller.clone(),
        clusters: question.scope.clusters.clone(),
        source: Source::Loki,
        aspects: &[Aspect::Logs],
        namespaces: expression.named(),
    };
    let question = Arc::new(question.clone());
    let (asked, expression) = (Arc::clone(&question), Arc::new(expression));
    let parts = collector.fan_out_each(put, move |site| {
        let (expression, question) = (Arc::clone(&expression), Arc::clone(&asked));
        async move {
            match of_site(&site, &expression, &question).await {
                Ok(told) => told,
                Err(failure) => Collection::gap(site.gap(Source::Loki, failure)),
            }
        }
    });
    let parts = parts.await?.map_ok(move |told| OfCluster {
        cluster: told.cluster,
        name: told.name,
        part: gathered(told.part, &question).0,
    });
    Ok(Box::pin(parts))
}
