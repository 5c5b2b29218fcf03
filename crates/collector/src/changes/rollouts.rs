//! Rollouts: new revisions of pod templates, and old ones taken up again.

use std::collections::BTreeMap;

use fleetscope_kubernetes::{Origin, Owner, Revision, Workload};
use fleetscope_model::{Change, ChangeKind};
use jiff::Timestamp;

use crate::changes::scaling::Scaling;
use crate::changes::{Objects, template};
use crate::owners::Owners;

/// A rollout, and where its revision says that it came from.
pub(crate) struct Rollout<'o> {
    pub(crate) change: Change,
    pub(crate) origin: &'o Origin,
    /// The same of the revision before it, where that is kept.
    pub(crate) before: Option<&'o Origin>,
}

/// All rollouts that the revisions tell of, whenever they were.
pub(crate) fn rollouts<'o>(
    objects: &'o Objects,
    owners: &Owners,
    scalings: &[Scaling],
) -> Vec<Rollout<'o>> {
    let deployments: BTreeMap<_, _> = objects
        .deployments
        .iter()
        .map(|deployment| (deployment.meta.place(), &**deployment))
        .collect();
    let mut changes = Vec::new();
    for ((namespace, kind, name), revisions) in by_workload(objects) {
        let owner = Owner {
            kind: kind.to_owned(),
            name: name.to_owned(),
            uid: String::new(),
        };
        let entity = owners.workload(namespace, &owner);
        let lineage = Lineage {
            namespace,
            name,
            revisions: &revisions,
            deployment: deployments.get(&(namespace, name)).copied(),
            scalings,
        };
        changes.extend(lineage.steps().map(|step| Rollout {
            change: Change {
                entity: entity.clone(),
                kind: ChangeKind::Rollout,
                at: step.at,
                revision: Some(step.number.to_string()),
                summary: lineage.summary(&step),
            },
            origin: &step.revision.origin,
            before: lineage.before(step.number).map(|before| &before.origin),
        }));
    }
    changes
}

type WorkloadKey<'o> = (&'o str, &'o str, &'o str);

/// Revisions by namespace, kind and name of their workload.
fn by_workload(objects: &Objects) -> BTreeMap<WorkloadKey<'_>, Vec<&Revision>> {
    let mut workloads: BTreeMap<WorkloadKey<'_>, Vec<&Revision>> = BTreeMap::new();
    let revisions = objects.replica_sets.iter();
    for revision in revisions.chain(&objects.controller_revisions) {
        let (Some(namespace), Some(owner)) = (&revision.meta.namespace, &revision.meta.owner)
        else {
            continue;
        };
        workloads
            .entry((namespace, &owner.kind, &owner.name))
            .or_default()
            .push(revision);
    }
    workloads
}

/// The revisions of one workload.
struct Lineage<'l, 'o> {
    namespace: &'l str,
    name: &'l str,
    revisions: &'l [&'o Revision],
    deployment: Option<&'l Workload>,
    scalings: &'l [Scaling],
}

/// One step of a workload from one revision to another.
struct Step<'o> {
    revision: &'o Revision,
    number: u64,
    at: Timestamp,
    is_rollback: bool,
}

impl<'o> Lineage<'_, 'o> {
    /// Each revision when it was made, and when it was last taken up again.
    fn steps(&self) -> impl Iterator<Item = Step<'o>> {
        self.revisions
            .iter()
            .flat_map(|revision| [self.beginning(revision), self.rollback(revision)])
            .flatten()
    }

    fn beginning(&self, revision: &'o Revision) -> Option<Step<'o>> {
        let number = match revision.earlier_numbers.first() {
            Some(first) => *first,
            // A `ControllerRevision` taken up again keeps no earlier number.
            None if self.superseded(revision).is_some() => return None,
            None => revision.number?,
        };
        Some(Step {
            revision,
            number,
            at: revision.meta.created_at,
            is_rollback: false,
        })
    }

    /// When a rollback was done only an event tells, or, later, the Deployment's condition, which
    /// tells when it had succeeded.
    fn rollback(&self, revision: &'o Revision) -> Option<Step<'o>> {
        let number = revision.number?;
        let superseded = self.superseded(revision)?;
        let at = self
            .scaled_up_after(revision, superseded)
            .or_else(|| self.succeeded_after(revision, superseded))?;
        Some(Step {
            revision,
            number,
            at,
            is_rollback: true,
        })
    }

    /// For a revision that was taken up again, when it had last been superseded. A rollback gives
    /// an old revision the next number and leaves its age as it is, so it shows as a revision that
    /// is older than one with a lower number.
    fn superseded(&self, revision: &Revision) -> Option<Timestamp> {
        let number = revision.number?;
        self.revisions
            .iter()
            .filter(|other| other.number.is_some_and(|n| n < number))
            .map(|other| other.meta.created_at)
            .max()
            .filter(|newest| *newest > revision.meta.created_at)
    }

    fn scaled_up_after(&self, revision: &Revision, after: Timestamp) -> Option<Timestamp> {
        self.scalings
            .iter()
            .filter(|scaling| {
                scaling.up
                    && scaling.namespace == self.namespace
                    && scaling.deployment == self.name
                    && scaling.replica_set == revision.meta.name
            })
            // An event that came again keeps its first time: that may be of an earlier rollout.
            .flat_map(|scaling| [scaling.first_at, scaling.last_at])
            .filter(|at| *at > after)
            .min()
    }

    fn succeeded_after(&self, revision: &Revision, after: Timestamp) -> Option<Timestamp> {
        let progress = self.deployment?.progress.as_ref()?;
        (progress.at > after && progress.message.contains(&revision.meta.name))
            .then_some(progress.at)
    }

    fn summary(&self, step: &Step<'_>) -> String {
        let number = step.number;
        let template = &step.revision.template;
        let before = self.before(number);
        let what = match before {
            Some(before) => template::difference(&before.template, template),
            None => template::images(template),
        };
        let note = match (step.is_rollback, before) {
            (true, _) => step
                .revision
                .earlier_numbers
                .last()
                .map_or(" (a rollback)".to_owned(), |old| {
                    format!(" (a rollback to revision {old})")
                }),
            (false, None) if number <= 1 => " (the first)".to_owned(),
            (false, None) => " (what was before is not kept)".to_owned(),
            (false, Some(_)) => String::new(),
        };
        format!("revision {number}{note}: {what}")
    }

    /// The revision that had the highest number below this one.
    fn before(&self, number: u64) -> Option<&'o Revision> {
        let numbers = |revision: &'o Revision| {
            let earlier = revision.earlier_numbers.iter().copied();
            earlier.chain(revision.number).filter(|n| *n < number).max()
        };
        self.revisions
            .iter()
            .filter_map(|revision| Some((numbers(revision)?, *revision)))
            .max_by_key(|(number, _)| *number)
            .map(|(_, revision)| revision)
    }
}
