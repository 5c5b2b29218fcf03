//! Names without what differs from one instance, and from one cluster, to the next.

use fleetscope_model::{Entity, EntityKind};

/// Characters of the hashes that Kubernetes makes: no vowels, no digits that look like letters
/// (`k8s.io/apimachinery/pkg/util/rand`).
const HASH: &str = "bcdfghjklmnpqrstvwxz2456789";
/// Length of the part that tells a pod from its siblings.
const POD: usize = 5;
/// Lengths of the part that tells one template from another.
const TEMPLATE: std::ops::RangeInclusive<usize> = 6..=10;
/// A number of so many digits is a time or a count (the Jobs of a `CronJob`), and no name.
const SERIAL: usize = 5;

/// Whether people gave it its name: what has a namespace; nodes and devices are numbered.
pub(super) const fn is_named(entity: &Entity) -> bool {
    entity.namespace.is_some()
}

/// `workload shop/cart`, `node worker-#`, whatever the cluster.
pub(super) fn place(entity: &Entity) -> String {
    let name = match entity.kind {
        EntityKind::Pod => of_pod(&entity.name),
        EntityKind::Workload | EntityKind::Service => of_workload(&entity.name),
        EntityKind::Node | EntityKind::Gpu | EntityKind::PtpClock | EntityKind::Interface => {
            numbered(&entity.name)
        }
        EntityKind::Cluster => String::new(),
    };
    // A pod stands for its workload: which of the two is told depends on what was read.
    let kind = match entity.kind {
        EntityKind::Pod | EntityKind::Service => EntityKind::Workload,
        kind => kind,
    };
    let namespace = entity.namespace.as_deref().unwrap_or_default();
    format!("{} {namespace}/{name}", kind.title())
}

/// Without the hashes of template and pod, or the number in a set.
fn of_pod(name: &str) -> String {
    let Some((stem, last)) = name.rsplit_once('-') else {
        return name.to_owned();
    };
    if is_number(last) {
        return of_workload(stem);
    }
    if last.len() != POD || !is_hash(last) {
        return name.to_owned();
    }
    match stem.rsplit_once('-') {
        Some((workload, template)) if TEMPLATE.contains(&template.len()) && is_hash(template) => {
            workload.to_owned()
        }
        _ => of_workload(stem),
    }
}

/// Without the serial number of a Job.
fn of_workload(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((stem, last)) if last.len() >= SERIAL && is_number(last) => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// With one sign for each number.
fn numbered(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for char in name.chars() {
        if !char.is_ascii_digit() {
            text.push(char);
        } else if !text.ends_with('#') {
            text.push('#');
        }
    }
    text
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A word of the same letters is no hash; one without a digit may be either.
fn is_hash(text: &str) -> bool {
    text.chars().all(|char| HASH.contains(char))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::ClusterId;

    use super::*;

    fn place_of(kind: EntityKind, name: &str) -> String {
        let cluster: ClusterId = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        place(&Entity::new(cluster, kind, name))
    }

    #[test]
    fn a_pod_is_told_by_its_workload() {
        let cases = [
            ("cart-7d9f8c6b5-x2x4z", "workload /cart"),
            ("cart-7d9f8c6b5d-x2x4z", "workload /cart"),
            ("exporter-x2x4z", "workload /exporter"),
            ("records-0", "workload /records"),
            ("records-12", "workload /records"),
            ("backup-28912345-x2x4z", "workload /backup"),
            ("cart", "workload /cart"),
            ("price-index", "workload /price-index"),
        ];
        for (pod, told) in cases {
            assert_eq!(place_of(EntityKind::Pod, pod), told, "{pod}");
        }
    }

    #[test]
    fn numbers_of_nodes_and_jobs_are_no_names() {
        let node = |name| place_of(EntityKind::Node, name);
        assert_eq!(node("worker-12"), node("worker-3"));
        assert_eq!(node("ip-10-0-3-17"), "node /ip-#-#-#-#");
        let job = place_of(EntityKind::Workload, "backup-28912345");
        assert_eq!(job, "workload /backup");
        assert_eq!(
            place_of(EntityKind::Workload, "cart-v2"),
            "workload /cart-v2"
        );
    }
}
