//! Which entity a series is about.

use fleetscope_model::{ClusterId, Entity, EntityKind, Labels, Subject};

use super::structure::Structure;

/// The entity that a watch's subject names by the series' labels; none where a label is missing.
pub(crate) fn entity(
    cluster: ClusterId,
    subject: &Subject,
    labels: &Labels,
    structure: &Structure,
) -> Option<Entity> {
    let parts: Option<Vec<&str>> = subject
        .name_labels
        .iter()
        .map(|label| value(labels, label))
        .collect();
    let name = parts?.join("/");
    let namespace = match &subject.namespace_label {
        Some(label) => Some(value(labels, label)?),
        None => None,
    };
    let named = named(cluster, subject.kind, namespace, &name);
    Some(resolved(named, structure))
}

/// An entity by its name; a node may be named by the address of its exporter.
pub(super) fn named(
    cluster: ClusterId,
    kind: EntityKind,
    namespace: Option<&str>,
    name: &str,
) -> Entity {
    let name = if kind == EntityKind::Node {
        without_port(name)
    } else {
        name
    };
    let entity = Entity::new(cluster, kind, name);
    match namespace {
        Some(namespace) => entity.in_namespace(namespace),
        None => entity,
    }
}

/// The workload of a service's name, where there is exactly one; as the topology does.
pub(super) fn resolved(entity: Entity, structure: &Structure) -> Entity {
    if entity.kind != EntityKind::Service {
        return entity;
    }
    match structure.only_workload(entity.cluster, &entity.name) {
        Some(workload) => workload.clone(),
        None => entity,
    }
}

/// The value of a label; an empty one is as good as none, as in Prometheus.
pub(super) fn value<'a>(labels: &'a Labels, name: &str) -> Option<&'a str> {
    labels
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

fn without_port(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            host
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{Edge, EdgeKind, Topology};
    use uuid::Uuid;

    use super::*;

    fn cluster() -> ClusterId {
        ClusterId::new(Uuid::from_u128(1))
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn by(kind: EntityKind, namespace: Option<&str>, names: &[&str]) -> Subject {
        Subject {
            kind,
            namespace_label: namespace.map(str::to_owned),
            name_labels: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn shop() -> Structure {
        let workload =
            |name| Entity::new(cluster(), EntityKind::Workload, name).in_namespace("shop");
        Structure::new(vec![Topology {
            edges: vec![Edge {
                from: workload("web"),
                to: workload("cart"),
                kind: EdgeKind::Calls,
            }],
        }])
    }

    #[test]
    fn a_service_is_the_workload_of_its_name() {
        let subject = by(EntityKind::Service, None, &["service"]);
        let name = |service| {
            let labels = labels(&[("service", service)]);
            entity(cluster(), &subject, &labels, &shop()).map(|entity| entity.to_string())
        };
        assert_eq!(name("cart").as_deref(), Some("workload shop/cart"));
        assert_eq!(name("mail").as_deref(), Some("service mail"));
        assert_eq!(name(""), None);
    }

    #[test]
    fn names_of_devices_are_joined_and_addresses_of_nodes_lose_their_port() {
        let gpu = by(EntityKind::Gpu, None, &["Hostname", "gpu"]);
        let labels_of_gpu = labels(&[("Hostname", "gpu-1"), ("gpu", "gpu3")]);
        let entity_of = |subject: &Subject, labels: &Labels| {
            entity(cluster(), subject, labels, &shop()).map(|entity| entity.name)
        };
        assert_eq!(
            entity_of(&gpu, &labels_of_gpu).as_deref(),
            Some("gpu-1/gpu3")
        );
        let node = by(EntityKind::Node, None, &["instance"]);
        let at = |instance| entity_of(&node, &labels(&[("instance", instance)]));
        assert_eq!(at("10.0.0.1:9100").as_deref(), Some("10.0.0.1"));
        assert_eq!(at("worker-2").as_deref(), Some("worker-2"));
        assert_eq!(at("[fd00::1]:9100").as_deref(), Some("[fd00::1]"));
    }

    #[test]
    fn a_series_without_the_labels_is_about_nothing() {
        let subject = by(EntityKind::Workload, Some("namespace"), &["workload"]);
        let labels = labels(&[("workload", "cart")]);
        assert_eq!(entity(cluster(), &subject, &labels, &shop()), None);
    }
}
