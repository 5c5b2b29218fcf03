//! `/prometheus/{cluster}/api/v1/series`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::{Asked, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// The labels of the series that match, in Prometheus' shape.
#[utoipa::path(
    method(get, post),
    path = "/prometheus/{cluster}/api/v1/series",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("match[]" = Vec<String>, Query, description = "Selectors, of which one has to match."),
        ("start" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("end" = Option<String>, Query, description = "Unix seconds or RFC 3339."),
        ("limit" = Option<u32>, Query, description = "At most so many of each cluster."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn series(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let question = asked.series(&of)?;
    if question.matches.is_empty() {
        return Err(Refusal::new("bad_data", "no match[] parameter provided"));
    }
    let found = metrics.reader.series(&caller, &question).await?;
    answer::list(found, |items| json!(items))
}
