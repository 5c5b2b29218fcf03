//! Calls at the same time, by cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::{ClusterId, GapKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Failure;

/// One queue a cluster.
#[derive(Debug)]
pub(crate) struct Limits {
    permits: usize,
    queues: Mutex<HashMap<ClusterId, Arc<Semaphore>>>,
}

impl Limits {
    /// `permits` calls at the same time for each cluster, at least one.
    pub(crate) fn new(permits: u32) -> Self {
        Self {
            permits: permits.max(1) as usize,
            queues: Mutex::default(),
        }
    }

    /// A place for one call; `Overloaded` where none comes free within `wait`.
    pub(crate) async fn enter(
        &self,
        cluster: ClusterId,
        wait: Duration,
    ) -> Result<OwnedSemaphorePermit, Failure> {
        let queue = self.queue(cluster);
        match tokio::time::timeout(wait, queue.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Failure::new(
                GapKind::Overloaded,
                format!(
                    "{} reads of this cluster were under way and none ended in time: ask again \
                     later, or raise outbound.concurrency_per_cluster",
                    self.permits
                ),
            )),
        }
    }

    fn queue(&self, cluster: ClusterId) -> Arc<Semaphore> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&cluster) {
            return Arc::clone(queue);
        }
        // Removed clusters leave their queues behind; a new cluster is the moment to sweep.
        queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        let queue = Arc::new(Semaphore::new(self.permits));
        queues.insert(cluster, Arc::clone(&queue));
        queue
    }
}
