//! Which clusters are followed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{Caller, Cluster, ClusterId, Endpoint, Selection, Source};
use fleetscope_outbound::{Lane, Outbound};
use fleetscope_ports::{Clusters, Result};
use tokio::sync::watch;

use super::{Following, Held, Index, State};

/// Sees to it that the clusters that are registered are followed, and no others.
#[derive(Clone)]
pub struct Keeper {
    index: Index,
    clusters: Arc<dyn Clusters>,
    outbound: Outbound,
}

/// What one round did.
#[derive(Debug)]
pub struct Kept {
    /// Clusters to be followed from now on, each by a task of its own.
    pub begun: Vec<Following>,
    /// How many are no longer followed.
    pub ended: usize,
    /// How many are followed.
    pub followed: usize,
    /// Resources that are not followed just now although they should be, or not yet.
    pub troubled: usize,
    /// How many objects are known in all.
    pub objects: usize,
}

impl std::fmt::Display for Kept {
    /// `3 clusters followed (1 begun, 0 ended), 812 objects, 2 resources not followed`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (followed, begun, ended) = (self.followed, self.begun.len(), self.ended);
        let (objects, troubled) = (self.objects, self.troubled);
        write!(
            f,
            "{followed} clusters followed ({begun} begun, {ended} ended), {objects} objects, \
             {troubled} resources not followed"
        )
    }
}

impl Keeper {
    /// A keeper of an index, which reads the clusters of a registry.
    pub fn new(index: Index, clusters: Arc<dyn Clusters>, outbound: Outbound) -> Self {
        Self {
            index,
            clusters,
            outbound,
        }
    }

    /// Lets go of what is registered no longer or elsewhere by now, and begins what is new. What
    /// is begun knows nothing before it runs.
    pub async fn activate(&self) -> Result<Kept> {
        let caller = Caller::system("index");
        let clusters = self.clusters.select(&caller, &Selection::All).await?;
        let mut wanted: HashMap<ClusterId, Endpoint> = HashMap::new();
        for cluster in clusters {
            let Cluster { id, draft, .. } = cluster;
            wanted.extend(draft.endpoints.kubernetes.map(|endpoint| (id, endpoint)));
        }
        let ended = self.index.forget(|id, held| {
            let gone = wanted.get(id) != Some(&held.endpoint);
            // A task that broke is begun anew.
            gone || held.end.is_closed()
        });
        let begun = self.begin(wanted);
        let (followed, troubled, objects) = self.standing();
        Ok(Kept {
            begun,
            ended,
            followed,
            troubled,
            objects,
        })
    }

    /// What is shown to a cluster is another now, or the cluster is: what is known of it was read
    /// with other rights, and is forgotten. Of all clusters, where none is named.
    pub fn changed(&self, cluster: Option<ClusterId>) {
        let _ = self
            .index
            .forget(|id, _| cluster.is_none_or(|changed| changed == *id));
    }

    fn begin(&self, wanted: HashMap<ClusterId, Endpoint>) -> Vec<Following> {
        let shared = &self.index.shared;
        let clusters = shared.clusters.write();
        let mut clusters = clusters.unwrap_or_else(PoisonError::into_inner);
        let mut begun = Vec::new();
        for (cluster, endpoint) in wanted {
            if clusters.contains_key(&cluster) {
                continue;
            }
            // An address that may not be called is a gap in each answer, and nothing to follow.
            let upstream = self
                .outbound
                .upstream(cluster, Source::Kubernetes, &endpoint);
            let Ok(upstream) = upstream else { continue };
            let (sender, receiver) = watch::channel(());
            let state = State::default();
            begun.push(Following {
                cluster,
                kubernetes: Kubernetes::new(upstream.lane(Lane::Scheduled)),
                state: state.clone(),
                options: shared.options,
                clock: Arc::clone(&shared.clock),
                end: receiver,
            });
            let held = Held {
                endpoint,
                state,
                end: sender,
            };
            clusters.insert(cluster, held);
        }
        begun
    }

    fn standing(&self) -> (usize, usize, usize) {
        let shared = &self.index.shared;
        let now = shared.clock.now();
        let clusters = shared.clusters.read();
        let clusters = clusters.unwrap_or_else(PoisonError::into_inner);
        let snapshots = clusters.values().map(|held| held.state.snapshot());
        let (mut followed, mut troubled, mut objects) = (0, 0, 0);
        for snapshot in snapshots {
            followed += 1;
            troubled += snapshot.troubled(&shared.options, now);
            objects += snapshot.objects();
        }
        (followed, troubled, objects)
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
