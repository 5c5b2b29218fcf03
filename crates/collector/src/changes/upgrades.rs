//! Upgrades of an OpenShift cluster and of its operators.

use fleetscope_kubernetes::{Operator, Release};
use fleetscope_model::{Change, ChangeKind, Entity, EntityKind};
use jiff::Timestamp;

use crate::changes::Objects;
use crate::owners::Owners;
use crate::site::Site;

/// Upgrades, whenever they were.
pub(crate) fn changes(site: &Site, objects: &Objects, owners: &Owners) -> Vec<Change> {
    let of_cluster = objects.releases.iter().flat_map(|one| updates(site, one));
    let of_operators = objects.operators.iter();
    let of_operators = of_operators.flat_map(|one| installed(site, owners, one));
    of_cluster.chain(of_operators).collect()
}

fn change(entity: Entity, at: Timestamp, version: &str, summary: String) -> Change {
    Change {
        entity,
        kind: ChangeKind::Upgrade,
        at,
        revision: Some(version.to_owned()),
        summary,
    }
}

/// When each version was begun and done. The oldest is the installation.
fn updates(site: &Site, release: &Release) -> Vec<Change> {
    let mut changes = Vec::new();
    for (place, update) in release.history.iter().enumerate() {
        let Some(before) = release.history.get(place + 1) else {
            continue;
        };
        let (from, to) = (&before.version, &update.version);
        let mut tell = |at: Option<Timestamp>, what: &str| {
            let told = format!("upgrade of the cluster from {from} to {to} {what}");
            changes.extend(at.map(|at| change(site.whole(), at, to, told)));
        };
        tell(update.started_time, "was begun");
        tell(update.completion_time, "was done");
    }
    changes
}

/// A release of an operator in the place of another, told of the workloads that it brings.
fn installed(site: &Site, owners: &Owners, operator: &Operator) -> Vec<Change> {
    let (namespace, name) = operator.meta.place();
    let state = match operator.phase.as_str() {
        "Succeeded" | "" => String::new(),
        phase => format!(", {}", phase.to_lowercase()),
    };
    let summary = match &operator.replaces {
        Some(before) => format!("operator {name} took the place of {before}{state}"),
        None => format!("operator {name} was installed{state}"),
    };
    let at = operator.meta.created_at;
    if operator.deployments.is_empty() {
        return vec![change(site.whole(), at, name, summary)];
    }
    let deployments = operator.deployments.iter();
    deployments
        .map(|deployment| {
            let entity = owners.entity(EntityKind::Workload, namespace, deployment);
            change(entity, at, name, summary.clone())
        })
        .collect()
}
