//! `/prometheus/{cluster}/api/v1/label/{name}/values`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::{Asked, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// The values of a label, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/label/{name}/values",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("name" = String, Path, description = "The label's name."),
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors, of which one has to match."),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("limit" = Option<u32>, Query, description = "At most so many of each cluster."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn values(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let question = asked.series(&of)?;
    let name = place.0.get(1).map_or("", String::as_str);
    let found = metrics
        .reader
        .label_values(&caller, name, &question)
        .await?;
    answer::list(found, |items| json!(items))
}
