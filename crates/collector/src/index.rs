//! What clusters hold, kept by following them, so that a question need not list everything anew.
//!
//! Each cluster has one writer: the task that runs its [`Following`], which holds a watch of each
//! resource and alone writes its tables. Readers take a [`Snapshot`], which nothing changes any
//! more. A table that is not followed just now, or was not heard of for too long, answers nothing:
//! it is listed as if there were no index (`reading`), and only where that fails it is told as it
//! was, with a gap that says when.

mod following;
mod journal;
mod keeper;
mod pause;
mod reading;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use fleetscope_kubernetes::{
    Delivery, Event, Node, Operator, Pod, Release, Revision, Service, Version, Workload,
};
use fleetscope_model::{Cluster, ClusterId, Endpoint};
use fleetscope_ports::Clock;
use jiff::Timestamp;
use tokio::sync::watch;

pub use following::Following;
pub(crate) use journal::{Config, How, Journal, What};
pub use keeper::{Keeper, Kept};
pub(crate) use reading::Reading;
pub(crate) use table::Table;

/// What an index may hold, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexOptions {
    /// Objects of one cluster, all resources together.
    pub most_objects: usize,
    /// Whether the versions of Secrets are followed. Who may list their metadata may read them:
    /// Kubernetes has no lesser right.
    pub secrets: bool,
    /// Where the pauses between attempts begin.
    pub seed: u64,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self {
            most_objects: 200_000,
            secrets: false,
            seed: 0,
        }
    }
}

/// What is known of the clusters that are followed. Cheap to clone.
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

struct Shared {
    options: IndexOptions,
    clock: Arc<dyn Clock>,
    clusters: RwLock<HashMap<ClusterId, Held>>,
}

/// One cluster that is followed.
struct Held {
    endpoint: Endpoint,
    state: State,
    /// Its following ends when this is dropped.
    end: watch::Sender<()>,
}

/// The tables of a cluster, between its writer and its readers.
#[derive(Clone, Default)]
pub(crate) struct State(Arc<RwLock<Snapshot>>);

/// What was known of a cluster at one moment.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) nodes: Table<Node>,
    pub(crate) pods: Table<Pod>,
    pub(crate) services: Table<Service>,
    pub(crate) events: Table<Event>,
    pub(crate) deployments: Table<Workload>,
    pub(crate) stateful_sets: Table<Workload>,
    pub(crate) daemon_sets: Table<Workload>,
    pub(crate) replica_sets: Table<Revision>,
    pub(crate) controller_revisions: Table<Revision>,
    pub(crate) config_maps: Table<Version>,
    pub(crate) secrets: Table<Version>,
    pub(crate) operators: Table<Operator>,
    pub(crate) releases: Table<Release>,
    pub(crate) applications: Table<Delivery>,
    pub(crate) kustomizations: Table<Delivery>,
    pub(crate) helm_releases: Table<Delivery>,
    pub(crate) journal: Journal,
}

impl Snapshot {
    /// How many objects it holds.
    pub(crate) fn objects(&self) -> usize {
        self.nodes.len()
            + self.pods.len()
            + self.services.len()
            + self.events.len()
            + self.deployments.len()
            + self.stateful_sets.len()
            + self.daemon_sets.len()
            + self.replica_sets.len()
            + self.controller_revisions.len()
            + self.config_maps.len()
            + self.secrets.len()
            + self.operators.len()
            + self.releases.len()
            + self.applications.len()
            + self.kustomizations.len()
            + self.helm_releases.len()
    }

    /// How many of the resources that should be followed are not just now.
    pub(crate) fn troubled(&self, options: &IndexOptions, now: Timestamp) -> usize {
        [
            self.nodes.is_fresh(now),
            self.pods.is_fresh(now),
            self.services.is_fresh(now),
            self.events.is_fresh(now),
            self.deployments.is_fresh(now),
            self.stateful_sets.is_fresh(now),
            self.daemon_sets.is_fresh(now),
            self.replica_sets.is_fresh(now),
            self.controller_revisions.is_fresh(now),
            self.config_maps.is_fresh(now),
            self.secrets.is_fresh(now) || !options.secrets,
            self.operators.is_fresh(now),
            self.releases.is_fresh(now),
            self.applications.is_fresh(now),
            self.kustomizations.is_fresh(now),
            self.helm_releases.is_fresh(now),
        ]
        .into_iter()
        .filter(|fresh| !fresh)
        .count()
    }
}

impl State {
    /// What is known now.
    fn snapshot(&self) -> Snapshot {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// For the writer only. A table that a reader still looks at is copied, and the reader's stays
    /// as it is.
    fn write<R>(&self, change: impl FnOnce(&mut Snapshot) -> R) -> R {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Index {
    /// An index that knows nothing yet; a [`Keeper`] fills it.
    pub fn new(options: IndexOptions, clock: Arc<dyn Clock>) -> Self {
        let clusters = RwLock::default();
        Self {
            shared: Arc::new(Shared {
                options,
                clock,
                clusters,
            }),
        }
    }

    /// What is known of a cluster and when it was asked; nothing where it is not followed at the
    /// endpoint that is registered now.
    pub(crate) fn of(&self, cluster: &Cluster) -> Option<(Snapshot, Timestamp)> {
        let endpoint = cluster.draft.endpoints.kubernetes.as_ref()?;
        let clusters = self.shared.clusters.read();
        let clusters = clusters.unwrap_or_else(PoisonError::into_inner);
        let held = clusters.get(&cluster.id)?;
        (held.endpoint == *endpoint).then(|| (held.state.snapshot(), self.shared.clock.now()))
    }

    /// Nothing of it is known any more, and what followed it ends.
    fn forget(&self, wanted: impl Fn(&ClusterId, &Held) -> bool) -> usize {
        let clusters = self.shared.clusters.write();
        let mut clusters = clusters.unwrap_or_else(PoisonError::into_inner);
        let before = clusters.len();
        clusters.retain(|id, held| !wanted(id, held));
        before - clusters.len()
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
