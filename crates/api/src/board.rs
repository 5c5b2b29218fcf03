//! The board on which scheduled tasks show how they fare.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use fleetscope_client::wire::Task;

/// The state of every task in this process. Cheap to clone; all clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct TaskBoard(Arc<RwLock<BTreeMap<String, Task>>>);

impl TaskBoard {
    /// Puts up a task's state in place of its former one.
    pub fn record(&self, task: Task) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.insert(task.name.clone(), task);
    }

    /// Every task by name.
    pub fn list(&self) -> Vec<Task> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}
