//! `GET /api/v1/audit`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{AuditEntry, Page};
use fleetscope_registry::Registry;

use crate::convert::audit;
use crate::cursor;
use crate::error::ApiError;
use crate::extract::{Asker, Paging, Params};

/// List who did what, newest first: changes and refused requests, and reads where that is switched
/// on.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    params(Paging),
    responses((status = 200, body = Page<AuditEntry>)),
)]
pub async fn list(
    State(registry): State<Registry>,
    Asker(caller): Asker,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    let page = registry.audit(&caller, &paging.request()?).await?;
    Ok(Json(cursor::page(page, audit::entry)))
}
