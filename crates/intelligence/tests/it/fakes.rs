//! Fake ports, and a service over them whose clock is moved by hand.

mod no_alerts;
mod no_credentials;
mod no_observations;
pub(crate) mod shelf;
pub(crate) mod spans;
pub(crate) mod telemetry;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_intelligence::{Intelligence, Options, Sweep, Watches, Work};
use fleetscope_model::{
    AccessRole, Caller, Cluster, ClusterDraft, ClusterId, Endpoints, Event, EventSeq, Selection,
};
use fleetscope_ports::{
    Access, Clusters, EventLog, ManualClock, Result, SeededIds, Store, Traces, Unrestricted,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub(crate) use shelf::Shelf;
pub(crate) use telemetry::FakeTelemetry;

/// When every test begins: a whole minute, long after the epoch.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

pub(crate) fn cluster_id(number: u128) -> ClusterId {
    ClusterId::new(Uuid::from_u128(number))
}

pub(crate) fn caller(role: AccessRole) -> Caller {
    Caller::local(format!("token:{}", role.as_str()), role)
}

/// A service over fakes that a test can reach into, and restart.
pub(crate) struct Fixture {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) telemetry: Arc<FakeTelemetry>,
    pub(crate) clusters: Arc<FakeClusters>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) intelligence: Intelligence,
    pub(crate) watches: Watches,
    ids: Arc<SeededIds>,
}

impl Fixture {
    /// A service over clusters of these names; the first has id 1.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::with_access(names, Arc::new(Unrestricted))
    }

    /// The same, where `access` decides what callers see.
    pub(crate) fn with_access(names: &[&str], access: Arc<dyn Access>) -> Self {
        let shelf = Arc::new(Shelf::default());
        let telemetry = Arc::new(FakeTelemetry::default());
        let clusters = Arc::new(FakeClusters::of(names));
        let clock = Arc::new(ManualClock::new(start()));
        let ids = Arc::new(SeededIds::new(7));
        let intelligence = Intelligence::new(
            store(&shelf),
            Arc::clone(&telemetry) as _,
            (Arc::clone(&clusters) as _, access),
            Arc::clone(&clock) as _,
            Arc::clone(&ids) as _,
            Options::default(),
        );
        Self {
            watches: Watches::new(intelligence.clone()),
            shelf,
            telemetry,
            clusters,
            clock,
            intelligence,
            ids,
        }
    }

    /// The same world with a new process: only what is stored is known.
    pub(crate) fn restarted(self) -> Self {
        let intelligence = Intelligence::new(
            store(&self.shelf),
            Arc::clone(&self.telemetry) as _,
            (Arc::clone(&self.clusters) as _, Arc::new(Unrestricted)),
            Arc::clone(&self.clock) as _,
            Arc::clone(&self.ids) as _,
            Options::default(),
        );
        Self {
            watches: Watches::new(intelligence.clone()),
            intelligence,
            ..self
        }
    }

    /// The same, where traces can be searched.
    pub(crate) fn with_traces(self, traces: Arc<dyn Traces>) -> Self {
        let intelligence = self.intelligence.clone().with_traces(traces);
        Self {
            watches: Watches::new(intelligence.clone()),
            intelligence,
            ..self
        }
    }

    pub(crate) fn work(&self) -> Work {
        Work::new(self.intelligence.clone())
    }

    pub(crate) fn sweep(&self) -> Sweep {
        Sweep::new(self.intelligence.clone())
    }

    pub(crate) fn advance(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }

    /// So many rounds of the watches, one a minute.
    pub(crate) async fn rounds(&self, count: u64) {
        for _ in 0..count {
            self.advance(1);
            self.watches.activate().await;
        }
    }

    /// Every event so far.
    pub(crate) async fn events(&self) -> Vec<Event> {
        self.shelf.after(EventSeq(0), &[], u32::MAX).await.unwrap()
    }

    /// The names of the kinds of every event so far.
    pub(crate) async fn told(&self) -> Vec<&'static str> {
        let events = self.events().await;
        events
            .iter()
            .map(|event| event.event.kind.as_str())
            .collect()
    }
}

fn store(shelf: &Arc<Shelf>) -> Store {
    Store {
        clusters: Arc::clone(shelf) as _,
        observations: Arc::clone(shelf) as _,
        credentials: Arc::clone(shelf) as _,
        vault: Arc::clone(shelf) as _,
        tokens: Arc::clone(shelf) as _,
        events: Arc::clone(shelf) as _,
        alerts: Arc::clone(shelf) as _,
        analyses: Arc::clone(shelf) as _,
        investigations: Arc::clone(shelf) as _,
        reports: Arc::clone(shelf) as _,
        audit_sink: Arc::clone(shelf) as _,
        audit: Arc::clone(shelf) as _,
        objects: Arc::clone(shelf) as _,
    }
}

/// Clusters that everybody may see.
pub(crate) struct FakeClusters {
    all: Mutex<Vec<Cluster>>,
}

impl FakeClusters {
    fn of(names: &[&str]) -> Self {
        let clusters = names.iter().zip(1..).map(|(name, number)| Cluster {
            id: cluster_id(number),
            draft: ClusterDraft {
                name: (*name).to_owned(),
                environment: None,
                provider: None,
                labels: std::collections::BTreeMap::new(),
                endpoints: Endpoints::default(),
            },
            generation: 1,
            created_at: start(),
            updated_at: start(),
        });
        Self {
            all: Mutex::new(clusters.collect()),
        }
    }

    pub(crate) fn remove(&self, id: ClusterId) {
        self.all.lock().unwrap().retain(|cluster| cluster.id != id);
    }
}

#[async_trait]
impl Clusters for FakeClusters {
    async fn cluster(&self, _: &Caller, id: ClusterId) -> Result<Cluster> {
        let all = self.all.lock().unwrap();
        let found = all.iter().find(|cluster| cluster.id == id).cloned();
        found.ok_or_else(|| fleetscope_ports::Error::not_found("cluster", &id))
    }

    async fn select(&self, caller: &Caller, selection: &Selection) -> Result<Vec<Cluster>> {
        match selection {
            Selection::All => Ok(self.all.lock().unwrap().clone()),
            Selection::Only(ids) => {
                let mut found = Vec::new();
                for id in ids {
                    found.push(self.cluster(caller, *id).await?);
                }
                found.sort_by(|a, b| a.name().cmp(b.name()));
                Ok(found)
            }
        }
    }
}
