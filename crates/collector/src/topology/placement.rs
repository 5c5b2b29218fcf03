//! Workloads, their pods, and the nodes they run on, from the Kubernetes API.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use fleetscope_kubernetes::{Pod, Revision, Workload};
use fleetscope_model::{Edge, EdgeKind, Entity, EntityKind, Gap};
use fleetscope_outbound::Failure;

use crate::index::Reading;
use crate::owners::Owners;
use crate::site::Site;
use crate::topology::edge;
use crate::topology::selected::Selected;

/// What runs where.
pub(crate) struct Placement {
    site: Site,
    owners: Owners,
    pods: Vec<Arc<Pod>>,
    /// Places in `pods` by namespace and name.
    by_name: HashMap<(String, String), usize>,
    /// Namespaces by name of workload.
    workloads: BTreeMap<String, BTreeSet<String>>,
    nodes: BTreeSet<String>,
    selected: Selected,
}

impl Placement {
    /// Live pods, the workloads there are, and gaps where lists are not whole.
    pub(crate) async fn read(site: &Site) -> Result<(Self, Vec<Gap>), Failure> {
        let kubernetes = site.kubernetes()?;
        let reading = Reading::of(site.known());
        let (pods, replica_sets, stateful_sets, daemon_sets, services) = tokio::join!(
            reading.objects(|known| &known.pods, kubernetes.pods()),
            reading.objects(|known| &known.replica_sets, kubernetes.replica_sets()),
            reading.objects(|known| &known.stateful_sets, kubernetes.stateful_sets()),
            reading.objects(|known| &known.daemon_sets, kubernetes.daemon_sets()),
            reading.objects(|known| &known.services, kubernetes.services()),
        );
        let mut gaps = Vec::new();
        let mut pods = site.take(pods, &mut gaps);
        pods.retain(|pod| pod.is_live());
        let replica_sets = site.take(replica_sets, &mut gaps);
        let mut others = site.take(stateful_sets, &mut gaps);
        others.extend(site.take(daemon_sets, &mut gaps));
        let services = site.take(services, &mut gaps);
        gaps.sort();
        gaps.dedup();
        let mut placement = Self::new(site, pods, &replica_sets, &others);
        placement.selected = Selected::by(&services, &placement);
        Ok((placement, gaps))
    }

    /// A placement of which nothing is known.
    pub(crate) fn unknown(site: &Site) -> Self {
        Self::new(site, Vec::new(), &[], &[])
    }

    fn new(
        site: &Site,
        pods: Vec<Arc<Pod>>,
        replica_sets: &[Arc<Revision>],
        others: &[Arc<Workload>],
    ) -> Self {
        let owners = Owners::new(site, replica_sets);
        let of_pods = pods
            .iter()
            .filter_map(|pod| owners.workload_of_pod(&pod.meta));
        // A workload may have no pod just now, and still be what a service is named after.
        let of_sets = replica_sets.iter().filter_map(|set| {
            let owner = set.meta.owner.as_ref()?;
            Some(owners.workload(set.meta.namespace.as_deref()?, owner))
        });
        let of_others = others.iter().filter_map(|workload| {
            let namespace = workload.meta.namespace.as_deref()?;
            Some(owners.entity(EntityKind::Workload, namespace, &workload.meta.name))
        });
        let mut workloads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for workload in of_pods.chain(of_sets).chain(of_others) {
            let namespaces = workloads.entry(workload.name).or_default();
            namespaces.extend(workload.namespace);
        }
        let nodes = pods.iter().filter_map(|pod| pod.node.clone()).collect();
        let by_name = pods.iter().enumerate().map(|(place, pod)| {
            let (namespace, name) = pod.meta.place();
            ((namespace.to_owned(), name.to_owned()), place)
        });
        Self {
            site: site.clone(),
            owners,
            by_name: by_name.collect(),
            pods,
            workloads,
            nodes,
            selected: Selected::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pods.is_empty() && self.workloads.is_empty()
    }

    /// Workload owns pod, workload runs on node; a pod without a workload runs on its node.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for pod in &self.pods {
            let node = pod.node.as_deref().map(|name| self.node(name));
            let workload = self.owners.workload_of_pod(&pod.meta);
            let entity = self.pod_entity(pod);
            if let Some(workload) = &workload {
                edges.push(edge(workload.clone(), EdgeKind::Owns, entity.clone()));
            }
            if let Some(node) = node {
                let runner = workload.unwrap_or(entity);
                edges.push(edge(runner, EdgeKind::RunsOn, node));
            }
        }
        edges.extend(self.selected.edges());
        edges
    }

    /// Live pods.
    pub(super) fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.iter().map(|pod| &**pod)
    }

    /// What a pod stands for: its workload, or itself where it has none.
    pub(super) fn stands_for(&self, pod: &Pod) -> Entity {
        let workload = self.owners.workload_of_pod(&pod.meta);
        workload.unwrap_or_else(|| self.pod_entity(pod))
    }

    pub(super) fn service_entity(&self, namespace: &str, name: &str) -> Entity {
        self.owners.entity(EntityKind::Service, namespace, name)
    }

    /// What a service of this name is: the workload of the same name if exactly one namespace has
    /// one; else the only workload behind the only Service of that name; else a service of which
    /// nothing more is known.
    pub(crate) fn service(&self, name: &str) -> Entity {
        let namespaces = self.workloads.get(name).into_iter().flatten();
        let namespaces: Vec<&String> = namespaces.collect();
        match namespaces.as_slice() {
            [namespace] => self.owners.entity(EntityKind::Workload, namespace, name),
            [] if let Some(only) = self.selected.only(name) => only.clone(),
            _ => self.site.entity(EntityKind::Service, name),
        }
    }

    /// Live pods that request a device whose resource begins with the prefix.
    pub(crate) fn pods_with(&self, prefix: &str) -> impl Iterator<Item = &Pod> {
        self.pods()
            .filter(move |pod| pod.devices.keys().any(|name| name.starts_with(prefix)))
    }

    pub(crate) fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        let key = (namespace.to_owned(), name.to_owned());
        self.pods.get(*self.by_name.get(&key)?).map(|pod| &**pod)
    }

    pub(crate) fn pod_entity(&self, pod: &Pod) -> Entity {
        let (namespace, name) = pod.meta.place();
        self.owners.entity(EntityKind::Pod, namespace, name)
    }

    pub(crate) fn node(&self, name: &str) -> Entity {
        self.site.entity(EntityKind::Node, name)
    }

    /// A part of a node, as entities of that kind are named.
    pub(crate) fn part(&self, kind: EntityKind, node: &str, part: &str) -> Entity {
        self.site.entity(kind, format!("{node}/{part}"))
    }

    /// The node that a host name means: exporters write the short name of a node whose name is
    /// the long one, or the other way round.
    pub(crate) fn node_of_host<'n>(&'n self, host: &'n str) -> &'n str {
        let short = |name: &'n str| name.split('.').next().unwrap_or(name);
        if self.nodes.contains(host) {
            return host;
        }
        self.nodes
            .iter()
            .find(|node| short(node) == host || node.as_str() == short(host))
            .map_or(host, String::as_str)
    }
}
