//! Looking at every cluster on a schedule.

use fleetscope_model::Fault;
use tokio::sync::Mutex;

use super::TaskReport;
use crate::Intelligence;
use crate::watches::{Memory, Outcome};

/// Evaluates every watch on every cluster, tells of what is unusual, opens investigations and
/// follows them until they have settled.
#[derive(Debug)]
pub struct Watches {
    intelligence: Intelligence,
    memory: Mutex<Memory>,
}

impl Watches {
    /// The task over the service.
    pub fn new(intelligence: Intelligence) -> Self {
        Self {
            intelligence,
            memory: Mutex::default(),
        }
    }

    /// One round over all clusters. A second activation while one runs does nothing.
    pub async fn activate(&self) -> TaskReport {
        let Ok(mut memory) = self.memory.try_lock() else {
            return TaskReport {
                summary: "the last round still runs".to_owned(),
                did: 0,
            };
        };
        match self.intelligence.watch(&mut memory).await {
            Ok(outcome) => report(&outcome),
            Err(error) => {
                tracing::warn!(%error, "a round of watches broke off; the next one tries again");
                TaskReport {
                    summary: format!("broke off: {}", error.message()),
                    did: 0,
                }
            }
        }
    }
}

fn report(outcome: &Outcome) -> TaskReport {
    let did = outcome.announced + outcome.opened + outcome.followed;
    let mut summary = format!(
        "{} clusters watched: {} new anomalies, {} investigations opened, {} followed, {} closed",
        outcome.clusters, outcome.announced, outcome.opened, outcome.followed, outcome.closed
    );
    for trouble in &outcome.troubles {
        summary = format!("{summary}; {trouble}");
    }
    TaskReport {
        summary,
        did: u32::try_from(did).unwrap_or(u32::MAX),
    }
}
