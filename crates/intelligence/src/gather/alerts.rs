//! The alerts that fire, each with what it is about and the evidence by which it is cited.

use std::collections::BTreeMap;

use fleetscope_engine::CitedAlert;
use fleetscope_model::{
    Alert, Entity, EntityKind, Evidence, EvidenceId, EvidenceKind, Gap, Labels, TimeRange,
};
use jiff::SignedDuration;

use super::evidence::Read;
use super::subject::{named, resolved, value};
use super::{Scope, Structure};
use crate::{Intelligence, Result};

/// More alerts than this in one window are a storm; the first are kept, as the others follow.
const MOST_ALERTS: usize = 200;

/// How long before the window an alert may have begun to fire: what has fired for days is no part
/// of what happens now.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// The severity of alerts that are no news, as Prometheus' mixins and OpenShift mark them: one that
/// always fires, and one that only keeps others quiet.
const NO_NEWS: &str = "none";

/// Labels that name a workload, as kube-state-metrics has them.
const WORKLOADS: [&str; 5] = [
    "deployment",
    "statefulset",
    "daemonset",
    "workload",
    "job_name",
];

/// Jobs whose series are about nodes: their `pod` and `namespace` are those of the exporter.
const OF_NODES: [&str; 2] = ["node-exporter", "kubelet"];

/// Alerts as the engine takes them.
#[derive(Debug, Default)]
pub(super) struct FiringAlerts {
    pub(super) alerts: Vec<CitedAlert>,
    pub(super) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(super) gaps: Vec<Gap>,
}

impl Intelligence {
    /// Alerts that fire, and began to in the window or shortly before.
    pub(super) async fn firing(
        &self,
        scope: &Scope,
        window: TimeRange,
        structure: &Structure,
    ) -> Result<FiringAlerts> {
        let found = self
            .telemetry
            .firing(&scope.caller, &scope.selection())
            .await?;
        let mut firing = FiringAlerts {
            gaps: found.gaps,
            ..FiringAlerts::default()
        };
        let around = TimeRange::ending(window.end, window.length() + BEFORE);
        let mut alerts: Vec<Alert> = found
            .items
            .into_iter()
            .filter(|alert| around.contains(alert.starts_at))
            .filter(|alert| value(&alert.labels, "severity") != Some(NO_NEWS))
            .collect();
        alerts.sort_by(|a, b| {
            let key = |alert: &Alert| (alert.starts_at, alert.cluster);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        alerts.truncate(MOST_ALERTS);
        for alert in alerts {
            let whole = Entity::new(
                alert.cluster,
                EntityKind::Cluster,
                scope.name_of(alert.cluster),
            );
            let entity = about(&alert, structure).unwrap_or(whole);
            firing.cite(&alert, entity, around);
        }
        Ok(firing)
    }
}

impl FiringAlerts {
    fn cite(&mut self, alert: &Alert, entity: Entity, window: TimeRange) {
        let of = |labels: &Labels, name| value(labels, name).unwrap_or_default().to_owned();
        let name = of(&alert.labels, "alertname");
        let summary = ["summary", "message", "description"]
            .into_iter()
            .find_map(|name| value(&alert.annotations, name));
        let labels: Vec<String> = alert
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        let query = format!("alert {{{}}}", labels.join(", "));
        let told = format!(
            "{name} since {}: {}",
            alert.starts_at,
            summary.unwrap_or("")
        );
        let evidence = Read {
            cluster: alert.cluster,
            kind: EvidenceKind::Alert,
            query: &query,
            window,
        }
        .text(&told, &told);
        self.alerts.push(CitedAlert {
            entity,
            name,
            severity: of(&alert.labels, "severity"),
            summary: summary.unwrap_or_default().to_owned(),
            since: alert.starts_at,
            evidence: evidence.id.clone(),
        });
        self.evidence.insert(evidence.id.clone(), evidence);
    }
}

/// What an alert's labels say that it is about; none where they name nothing.
fn about(alert: &Alert, structure: &Structure) -> Option<Entity> {
    let (labels, cluster) = (&alert.labels, alert.cluster);
    let named = |kind, namespace, name: &str| named(cluster, kind, namespace, name);
    let namespace = value(labels, "namespace");
    let of_node = value(labels, "job").is_some_and(|job| OF_NODES.contains(&job));
    let node = value(labels, "node").or_else(|| value(labels, "instance"));
    if let Some(node) = node.filter(|_| of_node || namespace.is_none()) {
        return Some(named(EntityKind::Node, None, node));
    }
    let namespace = namespace?;
    if let Some(pod) = value(labels, "pod") {
        let pod = named(EntityKind::Pod, Some(namespace), pod);
        return Some(structure.owner(&pod).cloned().unwrap_or(pod));
    }
    if let Some(name) = WORKLOADS.iter().find_map(|label| value(labels, label)) {
        return Some(named(EntityKind::Workload, Some(namespace), name));
    }
    let service = value(labels, "service").map(|name| named(EntityKind::Service, None, name));
    service.map(|service| resolved(service, structure))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{AlertState, ClusterId, Edge, EdgeKind, Topology};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn cluster() -> ClusterId {
        ClusterId::new(Uuid::from_u128(1))
    }

    fn alert(labels: &[(&str, &str)]) -> Alert {
        let labels = labels
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Alert {
            cluster: cluster(),
            fingerprint: "f".to_owned(),
            labels: labels.collect(),
            annotations: Labels::new(),
            state: AlertState::Active,
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            generator_url: String::new(),
            receivers: Vec::new(),
        }
    }

    #[test]
    fn labels_say_what_an_alert_is_about_and_an_exporter_is_not_it() {
        let workload = Entity::new(cluster(), EntityKind::Workload, "cart").in_namespace("shop");
        let pod = Entity::new(cluster(), EntityKind::Pod, "cart-1").in_namespace("shop");
        let structure = Structure::new(vec![Topology {
            edges: vec![Edge {
                from: workload,
                to: pod,
                kind: EdgeKind::Owns,
            }],
        }]);
        let of = |labels: &[(&str, &str)]| {
            about(&alert(labels), &structure).map(|entity| entity.to_string())
        };
        let shop = ("namespace", "shop");
        let expected = [
            (of(&[shop, ("pod", "cart-1")]), Some("workload shop/cart")),
            (of(&[shop, ("pod", "other")]), Some("pod shop/other")),
            (of(&[shop, ("deployment", "db")]), Some("workload shop/db")),
            (of(&[shop, ("service", "cart")]), Some("workload shop/cart")),
            (of(&[("node", "n1")]), Some("node n1")),
            (
                of(&[
                    ("job", "node-exporter"),
                    ("instance", "n1:9100"),
                    ("namespace", "monitoring"),
                    ("pod", "node-exporter-x"),
                ]),
                Some("node n1"),
            ),
            (of(&[shop]), None),
            (of(&[("alertname", "x")]), None),
        ];
        for (found, wanted) in expected {
            assert_eq!(found.as_deref(), wanted);
        }
    }
}
