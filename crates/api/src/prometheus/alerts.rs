//! `/prometheus/{cluster}/api/v1/alerts`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::Place;
use super::refusal::Refusal;
use crate::convert;
use crate::extract::Asker;
use crate::services::Metrics;

/// Alerts that rules have raised, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/alerts",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),

    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn alerts(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let clusters = of.selection();
    let found = metrics.reader.rule_alerts(&caller, &clusters).await?;
    answer::list(found, |items| {
        let alerts = items.into_iter().map(|alert| {
            let mut alert = convert::metrics::alert(alert);
            alert.labels = answer::labels(alert.labels, of);
            alert
        });
        json!({ "alerts": alerts.collect::<Vec<_>>() })
    })
}
