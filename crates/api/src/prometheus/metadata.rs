//! `/prometheus/{cluster}/api/v1/metadata`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::{Asked, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// What metrics are, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/metadata",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("metric" = Option<String>, Query, description = "One metric; all where absent."),
        ("limit" = Option<u32>, Query, description = "At most so many of each cluster."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn metadata(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let (clusters, limit) = (of.selection(), asked.limit()?);
    let found = metrics
        .reader
        .metadata(&caller, &clusters, asked.get("metric"), limit)
        .await?;
    answer::list(found, |items| {
        let mut all: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
        for one in items {
            let said = json!({ "type": one.kind, "help": one.help, "unit": one.unit });
            all.entry(one.metric).or_default().push(said);
        }
        json!(all)
    })
}
