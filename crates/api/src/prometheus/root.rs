//! `/prometheus/{cluster}/`

use axum::extract::State;

use super::asked::Place;
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// What client libraries ask to see whether anybody is there.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/",
    tag = "prometheus",
    params(("cluster" = String, Path, description = "A cluster's name or id, or `fleet`.")),
    responses((status = 200, body = String, content_type = "text/plain")),
)]
pub(super) async fn root(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
) -> Result<&'static str, Refusal> {
    place.of(&metrics, &caller).await?;
    Ok("Fleetscope answers here in the shapes of the Prometheus HTTP API: see api/v1/query.\n")
}
