//! Investigations.

mod blast;
mod ranking;
mod recurrence;

use fleetscope_client::wire;
use fleetscope_model::{
    Attribution, Candidate, Change, EvidenceId, Findings, Investigation, Reason, SuspectChange,
    TimelineEntry,
};

use super::analysis::{anomaly, entity, evidence, status};
use super::causal::{concurrent, graph, verdict};
use super::metrics::gap;
use super::name;

/// An investigation.
pub fn investigation(investigation: Investigation) -> wire::Investigation {
    let found = investigation.findings.map(Found::from).unwrap_or_default();
    wire::Investigation {
        id: investigation.id.uuid(),
        origin: name(&investigation.origin),
        requested_by: investigation.requested_by,
        created_at: investigation.created_at,
        updated_at: investigation.updated_at,
        revision: investigation.revision,
        status: status(investigation.status),
        open: investigation.open,
        clusters: investigation
            .clusters
            .into_iter()
            .map(|(id, name)| (id.uuid(), name))
            .collect(),
        start: investigation.window.start,
        end: investigation.window.end,
        alarms: investigation.alarms.into_iter().map(anomaly).collect(),
        verdict: found.verdict,
        next_look: found.next_look,
        causes: found.causes,
        anomalies: found.anomalies,
        timeline: found.timeline,
        reasoning: found.reasoning,
        attribution: found.attribution,
        narrative: investigation.narrative,
        evidence: investigation.evidence.into_iter().map(evidence).collect(),
        gaps: investigation.gaps.into_iter().map(gap).collect(),
        failure: investigation.failure,
        ranking: found.ranking,
        blast: found.blast,
        recurrence: recurrence::recurrence(investigation.recurrence),
        also: found.also,
        graph: found.graph,
    }
}

/// Findings in the wire's shapes; empty before the first pass.
#[derive(Default)]
struct Found {
    verdict: Option<wire::Verdict>,
    next_look: Option<String>,
    causes: Vec<wire::Candidate>,
    anomalies: Vec<wire::Anomaly>,
    timeline: Vec<wire::TimelineEntry>,
    reasoning: Vec<String>,
    attribution: Option<wire::Attribution>,
    ranking: Vec<wire::Suspect>,
    blast: Option<wire::BlastRadius>,
    also: Vec<wire::Concurrent>,
    graph: wire::CausalGraph,
}

impl From<Findings> for Found {
    fn from(findings: Findings) -> Self {
        let (verdict, next_look) = verdict(findings.verdict);
        Self {
            verdict: Some(verdict),
            next_look,
            causes: findings.candidates.into_iter().map(candidate).collect(),
            anomalies: findings.anomalies.into_iter().map(anomaly).collect(),
            timeline: findings.timeline.into_iter().map(entry).collect(),
            reasoning: findings.reasoning,
            attribution: findings.attribution.map(attribution),
            ranking: ranking::ranking(findings.ranking),
            blast: findings.blast.map(blast::blast),
            also: findings.also.into_iter().map(concurrent).collect(),
            graph: graph(findings.graph),
        }
    }
}

/// A possible cause.
pub fn candidate(candidate: Candidate) -> wire::Candidate {
    wire::Candidate {
        entity: entity(candidate.entity),
        change: candidate.change.map(change),
        mechanism: candidate.mechanism,
        onset: candidate.onset,
        onset_within_seconds: candidate.onset_within.as_secs_f64(),
        confidence: candidate.confidence.0,
        confidence_in_words: candidate.confidence.in_words().to_owned(),
        explained: candidate.explained,
        reaches: candidate.reaches.into_iter().map(entity).collect(),
        reasons: candidate.reasons.into_iter().map(reason).collect(),
    }
}

/// A change.
pub fn change(change: Change) -> wire::Change {
    wire::Change {
        entity: entity(change.entity),
        kind: name(&change.kind),
        at: change.at,
        revision: change.revision,
        summary: change.summary,
    }
}

fn attribution(attribution: Attribution) -> wire::Attribution {
    wire::Attribution {
        blame: name(&attribution.blame),
        suspects: attribution.suspects.into_iter().map(suspect).collect(),
        otherwise: attribution.otherwise.0,
        otherwise_reasons: attribution
            .otherwise_reasons
            .into_iter()
            .map(reason)
            .collect(),
    }
}

fn suspect(suspect: SuspectChange) -> wire::SuspectChange {
    wire::SuspectChange {
        change: change(suspect.change),
        commit: suspect.commit,
        live_at: suspect.live_at,
        confidence: suspect.confidence.0,
        reasons: suspect.reasons.into_iter().map(reason).collect(),
    }
}

fn reason(reason: Reason) -> wire::Reason {
    wire::Reason {
        stance: name(&reason.stance),
        text: reason.text,
        evidence: ids(reason.evidence),
    }
}

fn entry(entry: TimelineEntry) -> wire::TimelineEntry {
    wire::TimelineEntry {
        at: entry.at,
        entity: entity(entry.entity),
        text: entry.text,
        evidence: ids(entry.evidence),
    }
}

fn ids(evidence: Vec<EvidenceId>) -> Vec<String> {
    evidence.into_iter().map(|id| id.0).collect()
}
