//! `GET /health/detailed`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::Health;
use fleetscope_ports::HealthSource;

use crate::convert::health;

/// Every role and what it needs, each with its status, latency, last error and since when.
#[utoipa::path(
    get,
    path = "/health/detailed",
    tag = "health",
    responses((status = 200, body = Health)),
)]
pub async fn detailed(State(source): State<Arc<dyn HealthSource>>) -> Json<Health> {
    Json(health::health(source.health().await))
}
