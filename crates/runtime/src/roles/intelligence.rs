//! The intelligence role: analyses, investigations, reports, and the tasks behind them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_api::TaskBoard;
use fleetscope_gateway::Probe;
use fleetscope_intelligence::{Intelligence, Options, Sweep, TaskReport, Watches, Work};
use fleetscope_model::{Fault as _, Role};
use fleetscope_ports::{Access, Clock, Store, Telemetry, Traces};
use fleetscope_registry::Registry;

use crate::Parts;
use crate::driver::{Asker, Done, Driver, Schedule, Task};

/// How often pending work is looked for although nothing woke the task: what a crash left behind
/// is taken up at the start, so this only covers a wake-up that was missed.
const WORK: Duration = Duration::from_secs(30);

/// How often texts of reports that no report names are removed. They come to be by a crash
/// between two writes, which is rare.
const SWEEP: Duration = Duration::from_hours(6);

/// The use cases.
pub(crate) fn service(
    store: &Store,
    (telemetry, traces): (Arc<dyn Telemetry>, Arc<dyn Traces>),
    (clusters, access): (Registry, Arc<dyn Access>),
    parts: &Parts,
) -> Intelligence {
    Intelligence::new(
        store.clone(),
        telemetry,
        (Arc::new(clusters), access),
        parts.clock.clone(),
        parts.ids.clone(),
        Options::default(),
    )
    .with_traces(traces)
}

/// The object store answers.
pub(crate) fn probe(store: &Store) -> Probe {
    let objects = store.objects.clone();
    Probe::required(Role::Intelligence, "objects", move || {
        let objects = objects.clone();
        async move {
            let listed = objects.list("", 1).await;
            listed.map(drop).map_err(|e| e.message())
        }
    })
}

/// Begins the tasks. Watches that are switched off can still be activated by hand.
pub(crate) fn begin_tasks(
    intelligence: &Intelligence,
    watches: &fleetscope_config::Watches,
    clock: &Arc<dyn Clock>,
    (work, board): (&Driver, &TaskBoard),
) -> Vec<Asker> {
    let watching = Schedule {
        every: watches.enabled.then_some(watches.interval),
        wake: None,
    };
    let working = Schedule {
        every: Some(WORK),
        wake: Some(intelligence.work_wanted()),
    };
    let sweeping = Schedule {
        every: Some(SWEEP),
        wake: None,
    };
    let begin = |task: Activity, schedule| work.drive(task, schedule, clock.clone(), board.clone());
    vec![
        begin(
            Activity::Watches(Watches::new(intelligence.clone())),
            watching,
        ),
        begin(Activity::Work(Work::new(intelligence.clone())), working),
        begin(Activity::Sweep(Sweep::new(intelligence.clone())), sweeping),
    ]
}

/// The tasks of the role.
enum Activity {
    Watches(Watches),
    Work(Work),
    Sweep(Sweep),
}

#[async_trait]
impl Task for Activity {
    fn name(&self) -> &'static str {
        match self {
            Self::Watches(_) => "watches",
            Self::Work(_) => "work",
            Self::Sweep(_) => "sweep",
        }
    }

    fn role(&self) -> Role {
        Role::Intelligence
    }

    async fn activate(&self) -> Result<Done, String> {
        let TaskReport { summary, did } = match self {
            Self::Watches(task) => task.activate().await,
            Self::Work(task) => task.activate().await,
            Self::Sweep(task) => task.activate().await,
        };
        Ok(Done {
            summary,
            busy: did > 0,
        })
    }
}
