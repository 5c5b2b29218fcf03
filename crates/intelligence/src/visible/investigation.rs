//! Investigations as a reader sees them.

use std::collections::BTreeSet;

use fleetscope_engine::narrate;
use fleetscope_model::{
    Aspect, CausalGraph, ClusterId, Entity, EvidenceId, EvidenceKind, Investigation, Place, Verdict,
};

use super::findings::{self, Citations, Hidden, UNTOLD, retain_clusters};
use super::{Eyes, aspect_of, blast};
use crate::Result;

/// The investigation as it is seen; none where nothing of it is. One that names nothing tells of
/// its clusters only.
pub(crate) async fn visible(
    eyes: &mut Eyes<'_>,
    mut investigation: Investigation,
) -> Result<Option<Investigation>> {
    let mut aspects: BTreeSet<Aspect> = kinds(&investigation).map(aspect_of).collect();
    aspects.insert(Aspect::Metrics);
    let mut clusters: Vec<ClusterId> = investigation.clusters.keys().copied().collect();
    if eyes.see_all() || eyes.see_whole(&clusters, &aspects).await? {
        return Ok(Some(investigation));
    }
    let about: BTreeSet<Entity> = entities(&investigation).cloned().collect();
    let named = about.iter().chain(mentioned(&investigation)).cloned();
    let named: BTreeSet<Entity> = named.collect();
    let seen = eyes.among(&named, Aspect::Metrics).await?;
    retain_clusters(eyes, &mut clusters, &mut investigation.gaps).await?;
    let nothing = if about.is_empty() {
        clusters.is_empty()
    } else {
        about.is_disjoint(&seen)
    };
    if nothing {
        return Ok(None);
    }
    let citations = citations(eyes, &investigation, &seen).await?;
    let mut hidden = Hidden::default();
    for entity in named.difference(&seen) {
        hidden.add(&entity.name);
    }
    for (id, name) in &investigation.clusters {
        if !clusters.contains(id) {
            hidden.add(name);
        }
    }
    investigation.clusters.retain(|id, _| clusters.contains(id));
    narrow(&mut investigation, &seen, &citations, &hidden);
    Ok(Some(investigation))
}

fn narrow(
    investigation: &mut Investigation,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) {
    investigation
        .alarms
        .retain(|alarm| seen.contains(&alarm.entity));
    citations.retain(&mut investigation.evidence);
    // It names what it is made of.
    investigation.fingerprint = None;
    let found = investigation.findings.take();
    investigation.findings = found.map(|found| findings::visible(found, seen, citations, hidden));
    investigation.narrative = match &investigation.findings {
        Some(found) => narrate(found, &investigation.clusters),
        None => Vec::new(),
    };
    let failure = investigation.failure.take();
    investigation.failure = failure.map(|_| UNTOLD.to_owned());
}

fn kinds(investigation: &Investigation) -> impl Iterator<Item = EvidenceKind> {
    investigation.evidence.iter().map(|piece| piece.kind)
}

/// Everything that it is about: who may see any of it may see that there is an investigation.
pub(crate) fn entities(investigation: &Investigation) -> impl Iterator<Item = &Entity> {
    let found = investigation.findings.iter();
    let also = found.clone().flat_map(|found| &found.also);
    let beside = also.clone().flat_map(|also| &also.candidates);
    let candidates = found.clone().flat_map(|found| &found.candidates);
    let candidates = candidates.chain(beside);
    let graphs = found.clone().map(|found| &found.graph);
    let drawn = graphs.flat_map(drawn);
    let causes = candidates.flat_map(|candidate| {
        let change = candidate.change.iter().map(|change| &change.entity);
        std::iter::once(&candidate.entity)
            .chain(&candidate.reaches)
            .chain(change)
    });
    let anomalies = found.clone().flat_map(|found| &found.anomalies);
    let attributions = found.clone().filter_map(|found| found.attribution.as_ref());
    let changed = attributions.flat_map(|attribution| &attribution.suspects);
    let timeline = found.flat_map(|found| &found.timeline);
    let alarms = investigation.alarms.iter().chain(anomalies);
    let causes = causes.chain(changed.map(|suspect| &suspect.change.entity));
    alarms
        .map(|anomaly| &anomaly.entity)
        .chain(causes)
        .chain(timeline.map(|entry| &entry.entity))
        .chain(also.flat_map(|also| &also.symptoms))
        .chain(drawn)
}

/// Everything that a causal graph names.
fn drawn(graph: &CausalGraph) -> impl Iterator<Item = &Entity> {
    let nodes = graph.nodes.iter().map(|node| &node.entity);
    let ends = graph.edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
    let associations = graph
        .edges
        .iter()
        .filter_map(|edge| edge.association.as_ref());
    let shared = associations.filter_map(|association| association.explained_by.as_ref());
    nodes.chain(ends).chain(shared)
}

/// Everything that a text about it names: what was compared is told where there is no cause.
pub(crate) fn told(investigation: &Investigation) -> impl Iterator<Item = &Entity> {
    let found = investigation.findings.iter();
    let open = found.filter(|found| found.verdict != Verdict::Cause);
    let compared = open.flat_map(|found| &found.ranking);
    entities(investigation)
        .chain(blast::named(investigation))
        .chain(compared.map(|suspect| &suspect.entity))
}

/// What it names beside what it is about: what was only compared, or is only at risk, makes
/// nobody a reader of it.
fn mentioned(investigation: &Investigation) -> impl Iterator<Item = &Entity> {
    let found = investigation.findings.iter();
    let compared = found.flat_map(|found| &found.ranking);
    let compared = compared.map(|suspect| &suspect.entity);
    compared.chain(blast::named(investigation))
}

/// What shown and hidden things rest on. A piece is only shown to whoever may see its own kind of
/// telemetry where the thing is.
async fn citations(
    eyes: &mut Eyes<'_>,
    investigation: &Investigation,
    seen: &BTreeSet<Entity>,
) -> Result<Citations> {
    let mut citations = Citations::default();
    let found = investigation.findings.iter();
    let anomalies = found.clone().flat_map(|found| &found.anomalies);
    let alarms = investigation.alarms.iter().chain(anomalies);
    let by_alarm = alarms.map(|anomaly| (&anomaly.entity, std::slice::from_ref(&anomaly.evidence)));
    let timeline = found.clone().flat_map(|found| &found.timeline);
    let by_entry = timeline.map(|entry| (&entry.entity, entry.evidence.as_slice()));
    let compared = found.flat_map(|found| &found.ranking);
    let by_reason = compared.flat_map(|suspect| {
        let reasons = suspect.reasons.iter();
        reasons.map(|reason| (&suspect.entity, reason.evidence.as_slice()))
    });
    let cited: Vec<(&Entity, &EvidenceId)> = by_alarm
        .chain(by_entry)
        .chain(by_reason)
        .chain(blast::cited(investigation))
        .flat_map(|(entity, ids)| ids.iter().map(move |id| (entity, id)))
        .collect();
    for (entity, id) in cited {
        let shown = seen.contains(entity) && shows(eyes, investigation, entity, id).await?;
        citations.cite(shown, [id]);
    }
    Ok(citations)
}

async fn shows(
    eyes: &mut Eyes<'_>,
    investigation: &Investigation,
    entity: &Entity,
    id: &EvidenceId,
) -> Result<bool> {
    let piece = investigation.evidence.iter().find(|piece| piece.id == *id);
    match piece {
        Some(piece) => eyes.sees(Place::of(entity), aspect_of(piece.kind)).await,
        None => Ok(false),
    }
}
