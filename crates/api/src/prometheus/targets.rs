//! `/prometheus/{cluster}/api/v1/targets`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::{Of, Place};
use super::refusal::Refusal;
use crate::convert;
use crate::extract::Asker;
use crate::services::Metrics;

/// What is scraped, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/targets",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),

    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn targets(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let found = metrics.reader.targets(&caller, &of.selection()).await?;
    answer::list(found, |items| {
        let targets = items.into_iter().map(|target| {
            let mut labels = target.labels.clone();
            if of == Of::Fleet {
                labels.insert("cluster".to_owned(), target.cluster.clone());
            }
            convert::metrics::target(target, labels)
        });
        json!({ "activeTargets": targets.collect::<Vec<_>>(), "droppedTargets": [] })
    })
}
