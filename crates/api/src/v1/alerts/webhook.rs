//! `POST /api/v1/alerts/webhook/{id}`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{AlertNotification, ReceivedAlerts};
use fleetscope_intelligence::Intelligence;
use fleetscope_model::ClusterId;

use crate::convert::alerts;
use crate::error::ApiError;
use crate::extract::{Asker, Body, Id};
use crate::refusals::NotFound;

/// Take a notification of a cluster's Alertmanager (webhook, version 4). Give its receiver a token
/// of the role `notifier`, which may do this and nothing else. What a notification repeats changes
/// nothing, so that it may be sent again at any time.
#[utoipa::path(
    post,
    path = "/api/v1/alerts/webhook/{id}",
    tag = "alerts",
    params(("id" = uuid::Uuid, Path, description = "The cluster whose Alertmanager it is")),
    request_body = AlertNotification,
    responses((status = 200, body = ReceivedAlerts), NotFound),
)]
pub async fn webhook(
    State(intelligence): State<Intelligence>,
    Asker(caller): Asker,
    Id(cluster): Id<ClusterId>,
    Body(notification): Body<AlertNotification>,
) -> Result<Json<ReceivedAlerts>, ApiError> {
    let notification = alerts::notification(notification)?;
    let received = intelligence
        .receive_alerts(&caller, cluster, notification)
        .await?;
    Ok(Json(alerts::received(received)))
}
