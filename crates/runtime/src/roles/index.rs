//! Following what clusters hold: a part of the collector role.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_api::TaskBoard;
use fleetscope_collector::index::{Index, IndexOptions, Keeper};
use fleetscope_config::Config;
use fleetscope_model::{ClusterId, Event, EventKind, Fault as _, Role};
use fleetscope_outbound::Outbound;
use fleetscope_ports::Clock;
use fleetscope_registry::Registry as Clusters;
use tokio::sync::Notify;

use crate::driver::{Asker, Done, Driver, Schedule, Task};

/// How often it is looked which clusters there are. What is registered or changed wakes it at once.
const ROUNDS: Duration = Duration::from_mins(1);

/// The index of this process, and what keeps it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Indexing {
    pub(crate) index: Index,
    keeper: Keeper,
    wanted: Arc<Notify>,
}

/// The index, where it is switched on.
pub(crate) fn indexing(
    config: &Config,
    clusters: &Clusters,
    outbound: &Outbound,
    clock: &Arc<dyn Clock>,
) -> Option<Indexing> {
    let options = IndexOptions {
        most_objects: config.index.most_objects as usize,
        secrets: config.index.secrets,
        seed: u64::from(std::process::id()),
    };
    let index = Index::new(options, Arc::clone(clock));
    let clusters = Arc::new(clusters.clone());
    config.index.enabled.then(|| Indexing {
        keeper: Keeper::new(index.clone(), clusters, outbound.clone()),
        index,
        wanted: Arc::default(),
    })
}

impl Indexing {
    /// Begins to follow clusters.
    pub(crate) fn begin(
        &self,
        clock: &Arc<dyn Clock>,
        (work, board): (&Driver, &TaskBoard),
    ) -> Asker {
        let schedule = Schedule {
            every: Some(ROUNDS),
            wake: Some(Arc::clone(&self.wanted)),
        };
        let task = Following {
            keeper: self.keeper.clone(),
            work: work.clone(),
        };
        work.drive(task, schedule, clock.clone(), board.clone())
    }

    /// Takes note of what the log says has changed.
    pub(crate) fn heard(&self, event: &Event) {
        let cluster: Option<ClusterId> = event.event.subject.parse().ok();
        match event.event.kind {
            EventKind::CredentialChanged | EventKind::CredentialDeleted => {
                self.keeper.changed(cluster);
            }
            _ => {}
        }
        self.wanted.notify_one();
    }

    /// What has changed is not known.
    pub(crate) fn missed(&self) {
        self.keeper.changed(None);
        self.wanted.notify_one();
    }
}

/// Begins to follow clusters, each in a task of its own, and lets go of those that are gone.
struct Following {
    keeper: Keeper,
    work: Driver,
}

#[async_trait]
impl Task for Following {
    fn name(&self) -> &'static str {
        "index"
    }

    fn role(&self) -> Role {
        Role::Collector
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let kept = self.keeper.activate().await.map_err(|e| e.message())?;
        let done = Done {
            busy: kept.ended > 0 || !kept.begun.is_empty(),
            summary: kept.to_string(),
        };
        for following in kept.begun {
            let process = self.work.clone();
            self.work.spawn(async move {
                tokio::select! {
                    () = process.stopped() => {}
                    () = following.run() => {}
                }
            });
        }
        Ok(done)
    }
}
