//! `/prometheus/{cluster}/api/v1/status/buildinfo`

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::asked::Place;
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// The version of Prometheus whose API this speaks: tools choose by it what they ask.
const SPOKEN: &str = "2.42.0";

/// What tools ask to learn what they speak to, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/status/buildinfo",
    tag = "prometheus",
    params(("cluster" = String, Path, description = "A cluster's name or id, or `fleet`.")),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn buildinfo(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
) -> Result<Response, Refusal> {
    place.of(&metrics, &caller).await?;
    let revision = format!("fleetscope-{}", env!("CARGO_PKG_VERSION"));
    let built = json!({
        "version": SPOKEN, "revision": revision, "branch": "", "buildUser": "", "buildDate": "",
        "goVersion": "",
    });
    Ok(answer::success(built, Vec::new()))
}
