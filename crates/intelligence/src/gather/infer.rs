//! Which entity a series of a free query is about: by the labels that Kubernetes' usual exporters
//! set, the most particular thing first.

use fleetscope_model::{ClusterId, Entity, EntityKind, Labels};

use super::structure::Structure;
use super::subject::{named, resolved, value};

/// Labels that name a workload beside a namespace (kube-state-metrics, kubernetes-mixin).
const WORKLOAD_LABELS: [&str; 5] = [
    "workload",
    "deployment",
    "statefulset",
    "daemonset",
    "job_name",
];

/// Labels that name a node.
const NODE_LABELS: [&str; 4] = ["node", "nodename", "Hostname", "instance"];

/// The entity by the series' labels; the cluster itself where they name nothing we know.
pub(crate) fn infer(
    cluster: ClusterId,
    cluster_name: &str,
    labels: &Labels,
    structure: &Structure,
) -> Entity {
    device(cluster, labels)
        .or_else(|| namespaced(cluster, labels))
        .or_else(|| service(cluster, labels, structure))
        .or_else(|| node(cluster, labels))
        .unwrap_or_else(|| Entity::new(cluster, EntityKind::Cluster, cluster_name))
}

fn device(cluster: ClusterId, labels: &Labels) -> Option<Entity> {
    if let (Some(host), Some(gpu)) = (value(labels, "Hostname"), value(labels, "gpu")) {
        let name = format!("{host}/gpu{}", gpu.trim_start_matches("gpu"));
        return Some(Entity::new(cluster, EntityKind::Gpu, name));
    }
    let node = value(labels, "node")?;
    if let Some(iface) = value(labels, "iface") {
        return Some(Entity::new(
            cluster,
            EntityKind::PtpClock,
            format!("{node}/{iface}"),
        ));
    }
    let port = value(labels, "pf")?;
    Some(Entity::new(
        cluster,
        EntityKind::Interface,
        format!("{node}/{port}"),
    ))
}

fn namespaced(cluster: ClusterId, labels: &Labels) -> Option<Entity> {
    let namespace = value(labels, "namespace")?;
    if let Some(pod) = value(labels, "pod") {
        return Some(named(cluster, EntityKind::Pod, Some(namespace), pod));
    }
    let workload = WORKLOAD_LABELS
        .iter()
        .find_map(|label| value(labels, label))?;
    Some(named(
        cluster,
        EntityKind::Workload,
        Some(namespace),
        workload,
    ))
}

fn service(cluster: ClusterId, labels: &Labels, structure: &Structure) -> Option<Entity> {
    let service = value(labels, "service").or_else(|| value(labels, "server"))?;
    let entity = named(
        cluster,
        EntityKind::Service,
        value(labels, "namespace"),
        service,
    );
    Some(resolved(entity, structure))
}

fn node(cluster: ClusterId, labels: &Labels) -> Option<Entity> {
    let node = NODE_LABELS.iter().find_map(|label| value(labels, label))?;
    Some(named(cluster, EntityKind::Node, None, node))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_most_particular_thing_is_named() {
        let cases: [(&[(&str, &str)], &str); 8] = [
            (
                &[("Hostname", "g1"), ("gpu", "0"), ("instance", "g1")],
                "GPU g1/gpu0",
            ),
            (
                &[("node", "e0"), ("iface", "ens5f0")],
                "PTP clock e0/ens5f0",
            ),
            (&[("node", "e0"), ("pf", "ens6f0")], "interface e0/ens6f0"),
            (
                &[("namespace", "a"), ("pod", "b-1"), ("instance", "x:1")],
                "pod a/b-1",
            ),
            (&[("namespace", "a"), ("deployment", "b")], "workload a/b"),
            (&[("service", "cart")], "service cart"),
            (&[("instance", "worker-1:9100")], "node worker-1"),
            (&[("quantile", "0.9")], "cluster shop"),
        ];
        for (labels, expected) in cases {
            let labels = labels
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let cluster = ClusterId::new(Uuid::from_u128(1));
            let entity = infer(cluster, "shop", &labels, &Structure::default());
            assert_eq!(entity.to_string(), expected);
        }
    }
}
