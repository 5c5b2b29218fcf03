//! Changes: what somebody or something did to the cluster, told from the objects as they are now
//! and from events. Kubernetes keeps no history of its own beside revisions; what neither leaves a
//! revision nor an event nor a timestamp behind is not seen.

mod nodes;
mod restarts;
mod rollouts;
mod scaling;
mod template;

use fleetscope_kubernetes::{Event, Kubernetes, Node, Pod, Revision, Workload};
use fleetscope_model::{Aspect, Change, Collection, Gap, Source, TimeRange};
use jiff::SignedDuration;

use crate::owners::Owners;
use crate::site::Site;

/// How long a rollout may take before Kubernetes itself calls it stuck: the default of a
/// Deployment's `progressDeadlineSeconds`. What happens to a workload's pods within it is the
/// rollout's doing.
const ROLLOUT: SignedDuration = SignedDuration::from_mins(10);

/// Changes made in the range, oldest first.
pub(crate) async fn read(site: Site, range: TimeRange) -> Collection<Change> {
    let kubernetes = match site.kubernetes() {
        Ok(kubernetes) => kubernetes,
        Err(failure) => return Collection::gap(site.gap(Source::Kubernetes, failure)),
    };
    let mut gaps = Vec::new();
    let objects = Objects::read(&site, &kubernetes, &mut gaps).await;
    let owners = Owners::new(&site, &objects.replica_sets);
    let scalings = scaling::scalings(&objects.events);

    let rollouts = rollouts::rollouts(&objects, &owners, &scalings);
    let scales = scaling::changes(&objects, &owners, &scalings, &rollouts);
    let mut causes = rollouts;
    causes.extend(scales);
    let restarts = restarts::changes(&objects, &owners, &causes);
    let nodes = nodes::changes(&site, &objects);

    let mut items: Vec<Change> = [causes, restarts, nodes]
        .into_iter()
        .flatten()
        .filter(|change| range.contains(change.at))
        .filter(|change| site.shows(Aspect::Changes, &change.entity))
        .collect();
    items.sort_by(|a, b| {
        let key = |change: &Change| (change.at, change.kind);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.entity.cmp(&b.entity))
            .then_with(|| a.summary.cmp(&b.summary))
    });
    items.dedup();
    Collection { items, gaps }
}

/// What changes are told from.
pub(crate) struct Objects {
    pub(crate) deployments: Vec<Workload>,
    pub(crate) replica_sets: Vec<Revision>,
    pub(crate) controller_revisions: Vec<Revision>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) events: Vec<Event>,
}

impl Objects {
    async fn read(site: &Site, kubernetes: &Kubernetes, gaps: &mut Vec<Gap>) -> Self {
        let (deployments, replica_sets, controller_revisions, pods, nodes, events) = tokio::join!(
            kubernetes.deployments(),
            kubernetes.replica_sets(),
            kubernetes.controller_revisions(),
            kubernetes.pods(),
            kubernetes.nodes(),
            kubernetes.events(),
        );
        Self {
            deployments: site.take(deployments, gaps),
            replica_sets: site.take(replica_sets, gaps),
            controller_revisions: site.take(controller_revisions, gaps),
            pods: site.take(pods, gaps),
            nodes: site.take(nodes, gaps),
            events: site.take(events, gaps),
        }
    }
}
