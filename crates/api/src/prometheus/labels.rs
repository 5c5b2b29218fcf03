//! `/prometheus/{cluster}/api/v1/labels`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::{Asked, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// The names of labels, in Prometheus' shape.
#[utoipa::path(
    method(get, post),
    path = "/prometheus/{cluster}/api/v1/labels",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("match[]" = Option<Vec<String>>, Query, description = "Selectors, of which one has to match."),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("limit" = Option<u32>, Query, description = "At most so many of each cluster."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn labels(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let question = asked.series(&of)?;
    let found = metrics.reader.label_names(&caller, &question).await?;
    answer::list(found, |items| json!(items))
}
