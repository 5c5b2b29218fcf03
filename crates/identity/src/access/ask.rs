//! Asking API servers, and remembering what they said.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{Action, Caller, Cluster, ClusterId, Fault as _, GapKind, Question, Source};
use fleetscope_outbound::{Failure, Outbound};
use fleetscope_ports::{Clock, ClusterStore, Unasked};

use super::{key, question};
use crate::cache::{Cache, Found};

/// How long a yes holds. A revocation is felt after this and the API server's own cache.
pub const KEEP_YES: Duration = Duration::from_secs(10);
/// How long a no holds: whoever was just given a right should not wait for it.
pub const KEEP_NO: Duration = Duration::from_secs(2);
/// How long the names of a cluster's namespaces hold. A name is no right: each is asked about.
const KEEP_NAMESPACES: Duration = Duration::from_secs(30);
/// Answers that are remembered: some 100 bytes each.
const MOST_ANSWERS: usize = 50_000;
/// Clusters whose namespaces are remembered.
const MOST_CLUSTERS: usize = 1_000;

type Asked<T> = Result<T, Unasked>;

/// The hub's answers. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct HubReviews {
    hub: Kubernetes,
    answers: Cache<[u8; 32], bool, Unasked>,
}

impl HubReviews {
    /// Asks this API server.
    pub fn new(hub: Kubernetes, clock: Arc<dyn Clock>) -> Self {
        Self {
            hub,
            answers: Cache::new(MOST_ANSWERS, clock),
        }
    }

    /// Whether the hub lets a caller do something. About whom no API server can be asked it is no.
    pub(super) async fn allow(&self, caller: &Caller, action: Action) -> Asked<bool> {
        let Some(question) = question::about(caller, action) else {
            return Ok(false);
        };
        let hub = self.hub.clone();
        let key = key::of(None, &question);
        let ask = || async move { hub.allows(&question).await.map(held).map_err(unasked) };
        self.answers.get(key, ask).await
    }
}

/// The answers of clusters. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub(super) struct ClusterReviews {
    way: Way,
    answers: Cache<[u8; 32], bool, Unasked>,
    namespaces: Cache<ClusterId, Arc<Vec<String>>, Unasked>,
}

/// How clusters are reached.
#[derive(Clone)]
struct Way {
    clusters: Arc<dyn ClusterStore>,
    outbound: Outbound,
}

impl ClusterReviews {
    /// Asks the clusters of a store over this way out.
    pub(super) fn new(
        clusters: Arc<dyn ClusterStore>,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            way: Way { clusters, outbound },
            answers: Cache::new(MOST_ANSWERS, Arc::clone(&clock)),
            namespaces: Cache::new(MOST_CLUSTERS, clock),
        }
    }

    /// Whether a cluster lets a caller do something. About whom no API server can be asked it is
    /// no.
    pub(super) async fn allow(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        action: Action,
    ) -> Asked<bool> {
        let Some(question) = question::about(caller, action) else {
            return Ok(false);
        };
        let way = self.way.clone();
        let key = key::of(Some(cluster), &question);
        let ask = || async move { way.ask(cluster, &question).await.map(held) };
        self.answers.get(key, ask).await
    }

    /// The names of a cluster's namespaces.
    pub(super) async fn namespaces(&self, cluster: ClusterId) -> Asked<Arc<Vec<String>>> {
        let way = self.way.clone();
        let ask = || async move {
            let names = way.api_server(cluster).await?.namespaces().await;
            let names = Arc::new(names.map_err(unasked)?);
            Ok(Found::new(names, KEEP_NAMESPACES))
        };
        self.namespaces.get(cluster, ask).await
    }
}

impl Way {
    async fn ask(&self, cluster: ClusterId, question: &Question) -> Asked<bool> {
        let server = self.api_server(cluster).await?;
        server.allows(question).await.map_err(unasked)
    }

    async fn api_server(&self, id: ClusterId) -> Asked<Kubernetes> {
        let cluster: Cluster = self.clusters.get(id).await.map_err(|error| Unasked {
            kind: GapKind::NotConfigured,
            detail: error.message(),
        })?;
        let endpoint = cluster.draft.endpoints.kubernetes.as_ref();
        let endpoint = endpoint.ok_or_else(|| Unasked {
            kind: GapKind::NotConfigured,
            detail: "no endpoint of its Kubernetes API is registered, which is what knows: add \
                     one to the cluster"
                .to_owned(),
        })?;
        let upstream = self.outbound.upstream(id, Source::Kubernetes, endpoint);
        Ok(Kubernetes::new(upstream.map_err(unasked)?))
    }
}

/// An answer, for as long as it holds.
fn held(allowed: bool) -> Found<bool> {
    Found::new(allowed, if allowed { KEEP_YES } else { KEEP_NO })
}

fn unasked(failure: Failure) -> Unasked {
    Unasked {
        kind: failure.kind,
        detail: failure.detail,
    }
}
