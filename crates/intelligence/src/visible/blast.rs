//! A blast radius as a reader sees it.

use std::collections::BTreeSet;

use fleetscope_model::{BlastRadius, Entity, EvidenceId, Impact, Investigation};

/// The radius among what is seen. A way that leads through something hidden is not told, nor how
/// long it is; nor is how many there are beyond those that are listed, for some may be hidden.
pub(super) fn narrow(blast: &mut BlastRadius, seen: &BTreeSet<Entity>) {
    for impacts in [&mut blast.affected, &mut blast.at_risk] {
        impacts.retain(|impact| seen.contains(&impact.entity));
        for impact in impacts {
            if !impact.path.iter().all(|hop| seen.contains(&hop.entity)) {
                impact.path.clear();
            }
        }
    }
    (blast.more_affected, blast.more_at_risk) = (0, 0);
}

/// Everything that it names.
pub(super) fn named(investigation: &Investigation) -> impl Iterator<Item = &Entity> {
    impacts(investigation).flat_map(|impact| {
        let on_the_way = impact.path.iter().map(|hop| &hop.entity);
        on_the_way.chain([&impact.entity])
    })
}

/// What it rests on, with what each piece is about.
pub(super) fn cited(
    investigation: &Investigation,
) -> impl Iterator<Item = (&Entity, &[EvidenceId])> {
    impacts(investigation).flat_map(|impact| {
        let signals = impact.signals.iter();
        signals.map(|felt| (&impact.entity, std::slice::from_ref(&felt.evidence)))
    })
}

fn impacts(investigation: &Investigation) -> impl Iterator<Item = &Impact> {
    let found = investigation.findings.iter();
    let blasts = found.filter_map(|found| found.blast.as_ref());
    blasts.flat_map(|blast| blast.affected.iter().chain(&blast.at_risk))
}
