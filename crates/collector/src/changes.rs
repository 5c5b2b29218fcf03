//! Changes: what somebody or something did to the cluster, told from the objects as they are now,
//! from events, and from what the index saw happen. Kubernetes keeps no history of its own beside
//! revisions; what neither leaves a revision nor an event nor a timestamp behind is seen only
//! while the cluster is followed.

mod commits;
mod configs;
mod nodes;
mod restarts;
mod rollouts;
mod scaling;
mod template;
mod upgrades;

use std::sync::Arc;

use fleetscope_kubernetes::{
    Delivery, Event, Kubernetes, Listed, Node, Operator, Pod, Release, Revision, Version, Workload,
};
use fleetscope_model::{Aspect, Change, Collection, Gap, Source, TimeRange};
use jiff::SignedDuration;

use crate::index::{Journal, Reading};
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
    let objects = Box::pin(Objects::read(&site, &kubernetes, &mut gaps)).await;
    let owners = Owners::new(&site, &objects.replica_sets);
    let scalings = scaling::scalings(&objects.events);

    let rollouts = rollouts::rollouts(&objects, &owners, &scalings);
    let configs = configs::changes(&site, &objects, &owners);
    let commits = commits::changes(&site, &objects, &owners, (&rollouts, &configs));
    let mut causes: Vec<Change> = rollouts.into_iter().map(|rollout| rollout.change).collect();
    let scales = scaling::changes(&objects, &owners, &scalings, &causes);
    causes.extend(scales);
    let restarts = restarts::changes(&objects, &owners, &causes);
    let nodes = nodes::changes(&site, &objects);
    let upgrades = upgrades::changes(&site, &objects, &owners);

    let mut items: Vec<Change> = [causes, restarts, nodes, configs, upgrades, commits]
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
    pub(crate) deployments: Vec<Arc<Workload>>,
    pub(crate) replica_sets: Vec<Arc<Revision>>,
    pub(crate) controller_revisions: Vec<Arc<Revision>>,
    pub(crate) pods: Vec<Arc<Pod>>,
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) config_maps: Vec<Arc<Version>>,
    pub(crate) secrets: Vec<Arc<Version>>,
    pub(crate) operators: Vec<Arc<Operator>>,
    pub(crate) releases: Vec<Arc<Release>>,
    pub(crate) deliveries: Vec<Arc<Delivery>>,
    pub(crate) journal: Journal,
}

impl Objects {
    async fn read(site: &Site, kubernetes: &Kubernetes, gaps: &mut Vec<Gap>) -> Self {
        let reading = Reading::of(site.known());
        let (deployments, replica_sets, controller_revisions, pods, nodes, events) = tokio::join!(
            reading.objects(|known| &known.deployments, kubernetes.deployments()),
            reading.objects(|known| &known.replica_sets, kubernetes.replica_sets()),
            reading.objects(
                |known| &known.controller_revisions,
                kubernetes.controller_revisions()
            ),
            reading.objects(|known| &known.pods, kubernetes.pods()),
            reading.objects(|known| &known.nodes, kubernetes.nodes()),
            reading.objects(|known| &known.events, kubernetes.events()),
        );
        // A server that answers nothing is not asked for more.
        let answers = [
            deployments.failure.is_none(),
            replica_sets.failure.is_none(),
            controller_revisions.failure.is_none(),
            pods.failure.is_none(),
            nodes.failure.is_none(),
            events.failure.is_none(),
        ];
        let (config_maps, operators, releases, deliveries) = if answers.contains(&true) {
            tokio::join!(
                reading.objects(|known| &known.config_maps, kubernetes.config_maps()),
                reading.objects(|known| &known.operators, kubernetes.operators()),
                reading.objects(|known| &known.releases, kubernetes.releases()),
                deliveries(&reading, kubernetes),
            )
        } else {
            (
                reading.followed(|known| &known.config_maps),
                reading.followed(|known| &known.operators),
                reading.followed(|known| &known.releases),
                [
                    reading.followed(|known| &known.applications),
                    reading.followed(|known| &known.kustomizations),
                    reading.followed(|known| &known.helm_releases),
                ],
            )
        };
        let deliveries = deliveries.map(|listed| site.take(listed, gaps));
        let known = reading.known();
        Self {
            deployments: site.take(deployments, gaps),
            replica_sets: site.take(replica_sets, gaps),
            controller_revisions: site.take(controller_revisions, gaps),
            pods: site.take(pods, gaps),
            nodes: site.take(nodes, gaps),
            events: site.take(events, gaps),
            config_maps: site.take(config_maps, gaps),
            secrets: site.take(reading.followed(|known| &known.secrets), gaps),
            operators: site.take(operators, gaps),
            releases: site.take(releases, gaps),
            deliveries: deliveries.into_iter().flatten().collect(),
            journal: known.map(|known| known.journal.clone()).unwrap_or_default(),
        }
    }
}

/// What brings commits: of Argo CD, and of Flux.
async fn deliveries(reading: &Reading, kubernetes: &Kubernetes) -> [Listed<Arc<Delivery>>; 3] {
    tokio::join!(
        reading.objects(|known| &known.applications, kubernetes.applications()),
        reading.objects(|known| &known.kustomizations, kubernetes.kustomizations()),
        reading.objects(|known| &known.helm_releases, kubernetes.helm_releases()),
    )
    .into()
}
