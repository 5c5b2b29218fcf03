//! `/prometheus/{cluster}/api/v1/query_range`

use axum::extract::State;
use axum::response::Response;
use fleetscope_model::{TimeRange, Window};

use super::asked::{Asked, Place};
use super::query::evaluate;
use super::refusal::Refusal;
use super::time;
use crate::extract::Asker;
use crate::services::Metrics;

/// Evaluate `PromQL` over a range, in Prometheus' shape; parameters also as a form.
#[utoipa::path(
    method(get, post),
    path = "/prometheus/{cluster}/api/v1/query_range",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("query" = String, Query, description = "`PromQL`."),
        ("start" = String, Query, description = "Unix seconds or RFC 3339."),
        ("end" = String, Query, description = "Unix seconds or RFC 3339, not before `start`."),
        ("step" = String, Query, description = "Seconds, or a length such as `1m`."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn query_range(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let (start, end) = (asked.needs_at("start")?, asked.needs_at("end")?);
    let step = time::length("step", asked.get("step").unwrap_or_default())?;
    time::check(start, end, step)?;
    let window = Window::Over(TimeRange { start, end }, Some(step));
    evaluate(&metrics, &caller, of, (asked.query()?, window)).await
}
