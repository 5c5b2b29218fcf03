//! `GET /api/v1/tasks`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::TaskList;

use crate::board::TaskBoard;
use crate::extract::Asker;

/// Show how scheduled tasks fare in the process that answers.
#[utoipa::path(
    get,
    path = "/api/v1/tasks",
    tag = "tasks",
    responses((status = 200, body = TaskList)),
)]
pub async fn tasks(State(board): State<TaskBoard>, _asker: Asker) -> Json<TaskList> {
    Json(TaskList {
        items: board.list(),
    })
}
