//! The platform: version, distribution, operators, and what watches it already.

use fleetscope_kubernetes::{Custom, Resource};
use fleetscope_model::ObjectRef;

use super::conclude::{Conclusion, custom};
use super::look::{
    CLUSTER_SERVICES, CLUSTER_VERSIONS, LOKI_STACKS, Look, ROUTES, SUBSCRIPTIONS, Sight,
    TEMPO_STACKS,
};

/// Operators that are looked for by name: the beginning of their packages, and what they are.
const KNOWN: [(&str, &str); 8] = [
    ("odf-operator", "odf"),
    ("nfd", "nfd"),
    ("gpu-operator", "gpu"),
    ("ptp-operator", "ptp"),
    ("sriov-network-operator", "sriov"),
    ("cluster-logging", "logging"),
    ("tempo-", "tempo"),
    ("advanced-cluster-management", "acm"),
];

/// Ends of versions that managed services put there.
const DISTRIBUTIONS: [(&str, &str); 5] = [
    ("-eks-", "eks"),
    ("-gke.", "gke"),
    ("+k3s", "k3s"),
    ("+rke2", "rke2"),
    ("+vmware", "vmware"),
];

pub(super) fn kubernetes(sight: &Sight) -> Conclusion {
    let version = &sight.version;
    let openshift = openshift_version(sight);
    let mark = DISTRIBUTIONS
        .iter()
        .find(|(mark, _)| version.contains(mark));
    let distribution = match (openshift, mark) {
        (Some(_), _) => "openshift",
        (None, Some((_, name))) => name,
        (None, None) => "",
    };
    let answered = Look::Seen(vec![()]);
    let summary = match openshift {
        Some(openshift) => format!("{version}, OpenShift {openshift}"),
        None => version.clone(),
    };
    Conclusion::default()
        .seeing(&answered, |()| {
            Some(ObjectRef {
                api_version: String::new(),
                kind: "Path".to_owned(),
                namespace: String::new(),
                name: "/version".to_owned(),
                by: format!("gitVersion {version}"),
            })
        })
        .fact("version", &version)
        .fact("distribution", &distribution)
        .saying(summary)
}

pub(super) fn openshift(sight: &Sight) -> Conclusion {
    let version = openshift_version(sight).unwrap_or_default();
    let first = sight.cluster_versions.items().first();
    let id = first.and_then(|v| v.spec["clusterID"].as_str());
    let channel = first.and_then(|v| v.spec["channel"].as_str());
    Conclusion::default()
        .all_of(&sight.cluster_versions, CLUSTER_VERSIONS)
        .fact("version", &version)
        .fact("cluster_id", &id.unwrap_or_default())
        .fact("channel", &channel.unwrap_or_default())
        .saying(version)
}

fn openshift_version(sight: &Sight) -> Option<&str> {
    let version = sight.cluster_versions.items().first()?;
    version.status["desired"]["version"].as_str()
}

pub(super) fn operators(sight: &Sight) -> Conclusion {
    let subscribed = sight.subscriptions.items().iter();
    let packages = subscribed.filter_map(|s| s.spec["name"].as_str());
    let installed = sight.cluster_services.items().iter();
    let names = packages.chain(installed.map(|csv| csv.metadata.name.as_str()));
    let names: Vec<&str> = names.collect();
    let known: Vec<&str> = KNOWN
        .iter()
        .filter(|(beginning, _)| names.iter().any(|name| name.starts_with(beginning)))
        .map(|(_, known)| *known)
        .collect();
    let concluded = Conclusion::default()
        .seeing(&sight.subscriptions, |subscription| {
            let package = subscription.spec["name"].as_str().unwrap_or_default();
            Some(custom(
                subscription,
                SUBSCRIPTIONS,
                &format!("package {package}"),
            ))
        })
        .seeing(&sight.cluster_services, |csv| {
            let phase = csv.status["phase"].as_str().unwrap_or("unknown");
            Some(custom(csv, CLUSTER_SERVICES, &format!("phase {phase}")))
        });
    concluded
        .fact("subscriptions", &sight.subscriptions.items().len())
        .fact("known", &known.join(", "))
        .saying(known.join(", "))
}

/// An installed operator, by the beginning of its name.
pub(super) fn operator(csv: &Custom, beginning: &str) -> Option<ObjectRef> {
    let name = csv.metadata.name.as_str();
    let phase = csv.status["phase"].as_str().unwrap_or("unknown");
    name.starts_with(beginning)
        .then(|| custom(csv, CLUSTER_SERVICES, &format!("phase {phase}")))
}

/// The stack of OpenShift; another is only known by its registered endpoint.
pub(super) fn monitoring(sight: &Sight) -> Conclusion {
    let shows = |route: &Custom| {
        let monitoring = route.metadata.namespace == "openshift-monitoring";
        let known = ["thanos-querier", "prometheus-k8s", "alertmanager-main"];
        let is = monitoring && known.contains(&route.metadata.name.as_str());
        is.then(|| custom(route, ROUTES, ""))
    };
    Conclusion::default().seeing(&sight.routes, shows)
}

pub(super) fn logging(sight: &Sight) -> Conclusion {
    stack(&sight.loki_stacks, LOKI_STACKS)
}

pub(super) fn tracing(sight: &Sight) -> Conclusion {
    stack(&sight.tempo_stacks, TEMPO_STACKS)
}

fn stack(look: &Look<Custom>, resource: Resource) -> Conclusion {
    let names: Vec<String> = look
        .items()
        .iter()
        .map(|stack| format!("{}/{}", stack.metadata.namespace, stack.metadata.name))
        .collect();
    Conclusion::default()
        .all_of(look, resource)
        .saying(names.join(", "))
}
