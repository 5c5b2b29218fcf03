//! Going through an investigation: gather, diagnose, say it in words.

use std::collections::BTreeMap;

use fleetscope_engine::{Input, diagnose, narrate};
use fleetscope_model::{
    Anomaly, ClusterId, Evidence, EvidenceId, Findings, Gap, Investigation, Place, Status, Suspect,
    TimeRange, Verdict,
};
use jiff::Timestamp;

use crate::analyses::perform::{on_behalf, only};
use crate::gather::{Scope, compute, shortened};
use crate::visible::investigation::{entities, told};
use crate::{Intelligence, Result};

/// What one pass over the evidence came to.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    pub(crate) clusters: BTreeMap<ClusterId, String>,
    pub(crate) window: TimeRange,
    pub(crate) findings: Findings,
    pub(crate) narrative: Vec<String>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) gaps: Vec<Gap>,
    /// What was looked at, for whoever wants to go through it again.
    pub(crate) input: Input,
}

impl Intelligence {
    /// The investigation that was asked for, with its result.
    pub(crate) async fn perform_investigation(
        &self,
        mut investigation: Investigation,
    ) -> Result<Investigation> {
        let caller = on_behalf(investigation.asker.as_ref(), &investigation.requested_by);
        let scope = self.scope(caller, &investigation.clusters).await?;
        let now = self.clock.now();
        let alarms = investigation.alarms.clone();
        let pass = self.pass(scope, investigation.window, alarms, now).await?;
        let input = pass.write_into(&mut investigation, now);
        self.recall(&mut investigation).await;
        self.keep_replay(&investigation, input).await;
        Ok(investigation)
    }

    /// Goes through the window once.
    pub(crate) async fn pass(
        &self,
        scope: Scope,
        window: TimeRange,
        alarms: Vec<Anomaly>,
        now: Timestamp,
    ) -> Result<Pass> {
        let gathered = self.gather(scope, window, alarms, now).await?;
        compute(move || {
            let findings = diagnose(&gathered.input);
            let narrative = narrate(&findings, &gathered.input.clusters);
            let cited = cited(&findings);
            Pass {
                evidence: only(&gathered.evidence, cited.into_iter()),
                clusters: gathered.input.clusters.clone(),
                gaps: gathered.input.gaps.clone(),
                input: gathered.input,
                findings,
                narrative,
                window,
            }
        })
        .await
    }
}

impl Pass {
    /// Makes this pass the newest revision of the investigation, and gives what was looked at.
    pub(crate) fn write_into(self, investigation: &mut Investigation, now: Timestamp) -> Input {
        investigation.updated_at = now;
        investigation.revision += 1;
        investigation.status = Status::Complete;
        investigation.clusters.extend(self.clusters);
        investigation.window = self.window;
        investigation.findings = Some(self.findings);
        investigation.narrative = self.narrative;
        investigation.evidence = self.evidence;
        investigation.gaps = self.gaps;
        investigation.failure = None;
        self.input
    }
}

/// The conclusion in a line, for the event log.
pub(crate) fn conclusion(findings: &Findings) -> String {
    let text = match (&findings.verdict, findings.candidates.first()) {
        (Verdict::Cause, Some(first)) => format!(
            "cause: {}: {} (confidence {}, {:.2})",
            first.entity,
            first.mechanism,
            first.confidence.in_words(),
            first.confidence.0
        ),
        (Verdict::Cause, None) => "a cause was found, but none is named".to_owned(),
        (Verdict::InsufficientEvidence { next_look }, Some(first)) => format!(
            "not enough evidence, most likely {} (confidence {:.2}); next: {next_look}",
            first.entity, first.confidence.0
        ),
        (Verdict::InsufficientEvidence { next_look }, None) => {
            format!("not enough evidence; next: {next_look}")
        }
        (Verdict::NothingWrong, _) => "nothing is wrong".to_owned(),
    };
    shortened(&text, 300)
}

/// The parts of the fleet that an event about the investigation tells of; its clusters, where it
/// names nothing in them.
pub(crate) fn places(investigation: &Investigation) -> Vec<Place> {
    or_clusters(Place::all(entities(investigation)), investigation)
}

/// The parts of the fleet that a text about it tells of; its clusters, where they name nothing in
/// them.
pub(crate) fn told_of(investigation: &Investigation) -> Vec<Place> {
    or_clusters(Place::all(told(investigation)), investigation)
}

fn or_clusters(places: Vec<Place>, investigation: &Investigation) -> Vec<Place> {
    if places.is_empty() {
        let clusters = investigation.clusters.keys();
        return clusters.map(|&id| Place::record(id)).collect();
    }
    places
}

/// What the part of the ranking cites that is told with reasons, and what affected things do.
fn compared(findings: &Findings) -> impl Iterator<Item = &EvidenceId> {
    let told = findings.ranking.iter().take(Suspect::WITH_REASONS);
    let reasons = told.flat_map(|suspect| &suspect.reasons);
    let affected = findings.blast.iter().flat_map(|blast| &blast.affected);
    let felt = affected.flat_map(|impact| &impact.signals);
    let felt = felt.map(|felt| &felt.evidence);
    reasons.flat_map(|reason| &reason.evidence).chain(felt)
}

/// Everything that the findings cite.
fn cited(findings: &Findings) -> Vec<&EvidenceId> {
    let anomalies = findings.anomalies.iter().map(|anomaly| &anomaly.evidence);
    let reasons = findings
        .candidates
        .iter()
        .flat_map(|candidate| &candidate.reasons)
        .flat_map(|reason| &reason.evidence);
    let attributions = findings.attribution.iter();
    let blamed = attributions.flat_map(|attribution| {
        let suspects = attribution
            .suspects
            .iter()
            .flat_map(|suspect| &suspect.reasons);
        suspects.chain(&attribution.otherwise_reasons)
    });
    let blamed = blamed.flat_map(|reason| &reason.evidence);
    let timeline = findings.timeline.iter().flat_map(|entry| &entry.evidence);
    anomalies
        .chain(compared(findings))
        .chain(reasons)
        .chain(blamed)
        .chain(timeline)
        .collect()
}
