//! `/prometheus/{cluster}/api/v1/query_exemplars`

use axum::extract::State;
use axum::response::Response;
use fleetscope_model::{ExemplarSeries, TimeRange};
use serde_json::json;

use super::answer;
use super::asked::{Asked, Of, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// Exemplars of the series that an expression selects, in Prometheus' shape.
#[utoipa::path(
    method(get, post),
    path = "/prometheus/{cluster}/api/v1/query_exemplars",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("query" = String, Query, description = "`PromQL`."),
        ("start" = String, Query, description = "Unix seconds or RFC 3339."),
        ("end" = String, Query, description = "Unix seconds or RFC 3339."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn exemplars(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let (start, end) = (asked.needs_at("start")?, asked.needs_at("end")?);
    if end < start {
        let said = "end timestamp must not be before start timestamp";
        return Err(Refusal::parameter("end", said));
    }
    let (range, query) = (TimeRange { start, end }, asked.query()?);
    let clusters = of.selection();
    let found = metrics
        .reader
        .exemplars(&caller, &clusters, query, range)
        .await?;
    answer::list(found, |items| {
        items.into_iter().map(|one| shown(one, of)).collect()
    })
}

fn shown(series: ExemplarSeries, of: Of) -> serde_json::Value {
    let exemplars = series.exemplars.into_iter().map(|one| {
        let seconds = one.at_ms as f64 / 1000.0;
        json!({ "labels": one.labels, "value": one.value, "timestamp": seconds })
    });
    json!({
        "seriesLabels": answer::labels(series.labels, of),
        "exemplars": exemplars.collect::<Vec<_>>(),
    })
}
