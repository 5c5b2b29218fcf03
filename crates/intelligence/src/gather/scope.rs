//! Which clusters a piece of work is about, as they are now.

use std::collections::BTreeMap;

use fleetscope_model::{
    Caller, Cluster, ClusterId, ErrorKind, Fault, Gap, GapKind, Selection, Source,
};

use crate::{Error, Intelligence, Result};

/// The clusters of a piece of work, and for whom it is done.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) caller: Caller,
    /// By id, with their names; never empty.
    pub(crate) clusters: BTreeMap<ClusterId, String>,
    /// The clusters that are gone since the work was asked for.
    pub(crate) gaps: Vec<Gap>,
}

impl Scope {
    /// The scope of these clusters.
    pub(crate) fn of(caller: Caller, clusters: &[Cluster]) -> Self {
        Self {
            caller,
            clusters: clusters
                .iter()
                .map(|cluster| (cluster.id, cluster.draft.name.clone()))
                .collect(),
            gaps: Vec::new(),
        }
    }

    /// All of its clusters.
    pub(crate) fn selection(&self) -> Selection {
        Selection::Only(self.clusters.keys().copied().collect())
    }

    /// The name of a cluster, for people.
    pub(crate) fn name_of(&self, cluster: ClusterId) -> &str {
        self.clusters.get(&cluster).map_or("", String::as_str)
    }
}

impl Intelligence {
    /// The scope of clusters that were known under these names when the work was asked for. One
    /// that was removed since, or that the caller may no longer see, is a gap; if none is left,
    /// the work can't be done.
    pub(crate) async fn scope(
        &self,
        caller: Caller,
        wanted: &BTreeMap<ClusterId, String>,
    ) -> Result<Scope> {
        let mut scope = Scope {
            caller,
            clusters: BTreeMap::new(),
            gaps: Vec::new(),
        };
        for (&id, name) in wanted {
            match self.clusters.cluster(&scope.caller, id).await {
                Ok(cluster) => {
                    scope.clusters.insert(id, cluster.draft.name);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    scope.gaps.push(removed(id, name));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if scope.clusters.is_empty() {
            return Err(Error::invalid(
                "no_clusters",
                "/clusters",
                "none of the clusters is registered any more",
            ));
        }
        Ok(scope)
    }
}

fn removed(cluster: ClusterId, name: &str) -> Gap {
    Gap {
        cluster,
        cluster_name: name.to_owned(),
        source: Source::Prometheus,
        kind: GapKind::NotConfigured,
        detail: "the cluster is no longer registered: nothing of it was read".to_owned(),
    }
}
