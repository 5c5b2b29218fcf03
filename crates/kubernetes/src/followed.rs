//! The resources that can be followed, and lists of those that are known by their metadata or come
//! with operators.

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;

use crate::custom::Resource;
use crate::gitops::{
    APPLICATIONS, HELM_RELEASES, KUSTOMIZATIONS, RawApplication, RawHelmRelease, RawKustomization,
};
use crate::upgrade::{CLUSTER_VERSIONS, OPERATORS, RawOperator, RawRelease};
use crate::watch::{Decoder, Told};
use crate::{
    Delivery, Event, Kubernetes, Listed, Node, Operator, Pod, Release, Revision, Service, Version,
    Watch, Workload,
};

/// What one list may hold at most.
const MOST: usize = 20_000;

const fn built_in(group: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource {
        group,
        version: "v1",
        plural,
        kind,
    }
}

const CONFIG_MAPS: Resource = built_in("", "configmaps", "ConfigMap");
const SECRETS: Resource = built_in("", "secrets", "Secret");

/// Watches of all namespaces, each of at most as many objects as it is told. Whoever follows one
/// holds a connection.
impl Kubernetes {
    /// Follows nodes.
    pub fn watch_nodes(&self, most: usize) -> Watch<Node> {
        let nodes = built_in("", "nodes", "Node");
        self.follow(Decoder::of::<core::Node>(nodes), most)
    }

    /// Follows pods.
    pub fn watch_pods(&self, most: usize) -> Watch<Pod> {
        let pods = built_in("", "pods", "Pod");
        self.follow(Decoder::of::<core::Pod>(pods), most)
    }

    /// Follows Services.
    pub fn watch_services(&self, most: usize) -> Watch<Service> {
        let services = built_in("", "services", "Service");
        self.follow(Decoder::of::<core::Service>(services), most)
    }

    /// Follows events.
    pub fn watch_events(&self, most: usize) -> Watch<Event> {
        let events = built_in("", "events", "Event");
        self.follow(Decoder::of::<core::Event>(events), most)
    }

    /// Follows Deployments.
    pub fn watch_deployments(&self, most: usize) -> Watch<Workload> {
        let deployments = built_in("apps", "deployments", "Deployment");
        self.follow(Decoder::of::<apps::Deployment>(deployments), most)
    }

    /// Follows `StatefulSets`.
    pub fn watch_stateful_sets(&self, most: usize) -> Watch<Workload> {
        let sets = built_in("apps", "statefulsets", "StatefulSet");
        self.follow(Decoder::of::<apps::StatefulSet>(sets), most)
    }

    /// Follows `DaemonSets`.
    pub fn watch_daemon_sets(&self, most: usize) -> Watch<Workload> {
        let sets = built_in("apps", "daemonsets", "DaemonSet");
        self.follow(Decoder::of::<apps::DaemonSet>(sets), most)
    }

    /// Follows `ReplicaSets`.
    pub fn watch_replica_sets(&self, most: usize) -> Watch<Revision> {
        let sets = built_in("apps", "replicasets", "ReplicaSet");
        self.follow(Decoder::of::<apps::ReplicaSet>(sets), most)
    }

    /// Follows `ControllerRevisions` of workloads.
    pub fn watch_controller_revisions(&self, most: usize) -> Watch<Revision> {
        let revisions = built_in("apps", "controllerrevisions", "ControllerRevision");
        self.follow(Decoder::of::<apps::ControllerRevision>(revisions), most)
    }

    /// Follows the versions of `ConfigMaps`, never what is in them.
    pub fn watch_config_maps(&self, most: usize) -> Watch<Version> {
        self.follow(Decoder::of_metadata(CONFIG_MAPS), most)
    }

    /// Follows the versions of `Secrets`, never what is in them.
    pub fn watch_secrets(&self, most: usize) -> Watch<Version> {
        self.follow(Decoder::of_metadata(SECRETS), most)
    }

    /// Follows releases of operators.
    pub fn watch_operators(&self, most: usize) -> Watch<Operator> {
        self.follow(Decoder::of::<RawOperator>(OPERATORS), most)
    }

    /// Follows Applications of Argo CD.
    pub fn watch_applications(&self, most: usize) -> Watch<Delivery> {
        self.follow(Decoder::of::<RawApplication>(APPLICATIONS), most)
    }

    /// Follows Kustomizations of Flux.
    pub fn watch_kustomizations(&self, most: usize) -> Watch<Delivery> {
        self.follow(Decoder::of::<RawKustomization>(KUSTOMIZATIONS), most)
    }

    /// Follows Helm releases of Flux.
    pub fn watch_helm_releases(&self, most: usize) -> Watch<Delivery> {
        self.follow(Decoder::of::<RawHelmRelease>(HELM_RELEASES), most)
    }

    /// Follows the versions of the cluster.
    pub fn watch_releases(&self, most: usize) -> Watch<Release> {
        self.follow(Decoder::of::<RawRelease>(CLUSTER_VERSIONS), most)
    }
}

impl Kubernetes {
    /// Services of all namespaces.
    pub async fn services(&self) -> Listed<Service> {
        once(self.watch_services(MOST)).await
    }

    /// The versions of `ConfigMaps` of all namespaces.
    pub async fn config_maps(&self) -> Listed<Version> {
        once(self.watch_config_maps(MOST)).await
    }

    /// Releases of operators; none where there is no Operator Lifecycle Manager.
    pub async fn operators(&self) -> Listed<Operator> {
        once(self.watch_operators(MOST)).await
    }

    /// Applications of Argo CD; none where there is no Argo CD.
    pub async fn applications(&self) -> Listed<Delivery> {
        once(self.watch_applications(MOST)).await
    }

    /// Kustomizations of Flux; none where there is no Flux.
    pub async fn kustomizations(&self) -> Listed<Delivery> {
        once(self.watch_kustomizations(MOST)).await
    }

    /// Helm releases of Flux; none where there is no Flux.
    pub async fn helm_releases(&self) -> Listed<Delivery> {
        once(self.watch_helm_releases(MOST)).await
    }

    /// The versions of the cluster; none where it is no OpenShift.
    pub async fn releases(&self) -> Listed<Release> {
        once(self.watch_releases(MOST)).await
    }
}

/// The first step of a watch, which lists.
async fn once<T>(mut watch: Watch<T>) -> Listed<T> {
    match watch.next().await {
        Ok(Told::TooMany) => {
            let (plural, most) = (watch.resource(), watch.most());
            let detail = format!("the list of {plural} is longer than {most}: it is left out");
            Listed {
                items: Vec::new(),
                failure: Some(Failure::new(GapKind::Truncated, detail)),
            }
        }
        Ok(Told::All(items)) => Listed {
            items: items.into_iter().map(|(_, object)| object).collect(),
            failure: None,
        },
        Ok(_) => Listed {
            items: Vec::new(),
            failure: None,
        },
        Err(failure) => Listed {
            items: Vec::new(),
            failure: Some(failure),
        },
    }
}
