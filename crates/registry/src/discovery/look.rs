//! Everything that is looked at on a cluster, once.

use std::collections::BTreeSet;

use fleetscope_kubernetes::{Custom, Kubernetes, Listed, Machine, NetworkPod, Resource};
use fleetscope_model::{Ability, GapKind, NEEDS, Right};
use fleetscope_outbound::Failure;

/// Resources that are looked at.
pub(super) const CLUSTER_VERSIONS: Resource = of(
    "config.openshift.io",
    "v1",
    "clusterversions",
    "ClusterVersion",
);
pub(super) const CLUSTER_POLICIES: Resource =
    of("nvidia.com", "v1", "clusterpolicies", "ClusterPolicy");
pub(super) const NODE_STATES: Resource = of(
    "sriovnetwork.openshift.io",
    "v1",
    "sriovnetworknodestates",
    "SriovNetworkNodeState",
);
pub(super) const PTP_DEVICES: Resource =
    of("ptp.openshift.io", "v1", "nodeptpdevices", "NodePtpDevice");
pub(super) const PTP_CONFIGS: Resource = of("ptp.openshift.io", "v1", "ptpconfigs", "PtpConfig");
pub(super) const SUBSCRIPTIONS: Resource = of(
    "operators.coreos.com",
    "v1alpha1",
    "subscriptions",
    "Subscription",
);
pub(super) const CLUSTER_SERVICES: Resource = of(
    "operators.coreos.com",
    "v1alpha1",
    "clusterserviceversions",
    "ClusterServiceVersion",
);
pub(super) const LOKI_STACKS: Resource = of("loki.grafana.com", "v1", "lokistacks", "LokiStack");
pub(super) const TEMPO_STACKS: Resource =
    of("tempo.grafana.com", "v1alpha1", "tempostacks", "TempoStack");
pub(super) const ROUTES: Resource = of("route.openshift.io", "v1", "routes", "Route");

const fn of(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Resource {
    Resource {
        group,
        version,
        plural,
        kind,
    }
}

/// What came of looking at a resource.
#[derive(Debug, Clone)]
pub(super) enum Look<T> {
    /// These there are, all of them.
    Seen(Vec<T>),
    /// The cluster has no such resource.
    Absent,
    /// It may not be looked at without this right.
    Forbidden(Right),
    /// It could not be looked at.
    Failed(String),
}

impl<T> Look<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::Seen(items) => items,
            _ => &[],
        }
    }

    /// That some could not be seen: the missing right, or what went wrong.
    pub(super) fn blind(&self) -> Option<Blind> {
        match self {
            Self::Seen(_) | Self::Absent => None,
            Self::Forbidden(right) => Some(Blind::Needs(right.clone())),
            Self::Failed(problem) => Some(Blind::Problem(problem.clone())),
        }
    }

    fn failed(failure: Failure, right: Right) -> Self {
        match failure.kind {
            GapKind::Forbidden => Self::Forbidden(right),
            _ => Self::Failed(failure.detail),
        }
    }
}

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blind {
    Needs(Right),
    Problem(String),
}

/// What there is to see on a cluster.
pub(super) struct Sight {
    pub(super) version: String,
    pub(super) machines: Look<Machine>,
    pub(super) pods: Look<NetworkPod>,
    pub(super) cluster_versions: Look<Custom>,
    pub(super) cluster_policies: Look<Custom>,
    pub(super) node_states: Look<Custom>,
    pub(super) ptp_devices: Look<Custom>,
    pub(super) ptp_configs: Look<Custom>,
    pub(super) subscriptions: Look<Custom>,
    pub(super) cluster_services: Look<Custom>,
    pub(super) loki_stacks: Look<Custom>,
    pub(super) tempo_stacks: Look<Custom>,
    pub(super) routes: Look<Custom>,
}

impl Sight {
    /// Looks at a cluster. Fails only where its API can't be reached or does not know us.
    pub(super) async fn of(kubernetes: &Kubernetes) -> Result<Self, Failure> {
        let version = kubernetes.version().await?;
        // Where even this may not be asked, each resource is asked for.
        let groups = kubernetes.groups().await.ok();
        let custom = |resource| custom(kubernetes, resource, groups.as_ref());
        let (machines, pods, policies, states) = futures::join!(
            kubernetes.machines(),
            kubernetes.network_pods(),
            custom(CLUSTER_POLICIES),
            custom(NODE_STATES),
        );
        let (devices, configs, versions, subscriptions) = futures::join!(
            custom(PTP_DEVICES),
            custom(PTP_CONFIGS),
            custom(CLUSTER_VERSIONS),
            custom(SUBSCRIPTIONS),
        );
        let (services, loki, tempo, routes) = futures::join!(
            custom(CLUSTER_SERVICES),
            custom(LOKI_STACKS),
            custom(TEMPO_STACKS),
            custom(ROUTES),
        );
        Ok(Self {
            version,
            machines: listed(machines, "nodes"),
            pods: listed(pods, "pods"),
            cluster_versions: versions,
            cluster_policies: policies,
            node_states: states,
            ptp_devices: devices,
            ptp_configs: configs,
            subscriptions,
            cluster_services: services,
            loki_stacks: loki,
            tempo_stacks: tempo,
            routes,
        })
    }
}

fn listed<T>(listed: Listed<T>, plural: &str) -> Look<T> {
    match listed.failure {
        None => Look::Seen(listed.items),
        Some(failure) => Look::failed(failure, right("", plural)),
    }
}

/// A group that the server does not have has no resources, whoever asks.
async fn custom(
    kubernetes: &Kubernetes,
    resource: Resource,
    groups: Option<&BTreeSet<String>>,
) -> Look<Custom> {
    if groups.is_some_and(|groups| !groups.contains(resource.group)) {
        return Look::Absent;
    }
    match kubernetes.custom(resource).await {
        Ok(Some(items)) => Look::Seen(items),
        Ok(None) => Look::Absent,
        Err(failure) => Look::failed(failure, right(resource.group, resource.plural)),
    }
}

/// The right to list a resource, as the table of needs says it.
fn right(group: &str, plural: &str) -> Right {
    let need = NEEDS
        .iter()
        .find(|need| need.group == group && need.resources.contains(&plural));
    Right {
        ability: need.map_or(Ability::Base, |need| need.ability),
        verb: "list".to_owned(),
        group: group.to_owned(),
        resource: plural.to_owned(),
        name: String::new(),
        namespace: String::new(),
    }
}
