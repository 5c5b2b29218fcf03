//! `GET /api/v1/tasks`

use axum::Json;
use axum::extract::State;
use fleetscope_client::wire::{Task, TaskList};
use fleetscope_registry::Registry;

use crate::board::TaskBoard;
use crate::extract::Asker;

/// Show how scheduled tasks fare in the process that answers. What they say for themselves may name
/// any cluster: it is for administrators, and for whoever sees all clusters.
#[utoipa::path(
    get,
    path = "/api/v1/tasks",
    tag = "tasks",
    responses((status = 200, body = TaskList)),
)]
pub async fn tasks(
    State(board): State<TaskBoard>,
    State(registry): State<Registry>,
    Asker(caller): Asker,
) -> Json<TaskList> {
    let mut items = board.list();
    if !registry.sees_all(&caller) {
        items.iter_mut().for_each(untold);
    }
    Json(TaskList { items })
}

fn untold(task: &mut Task) {
    task.last_summary = None;
    task.last_error = None;
}
