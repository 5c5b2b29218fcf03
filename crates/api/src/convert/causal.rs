//! The causal graph of an investigation, and what else is wrong at the same time.

use fleetscope_client::wire;
use fleetscope_model::{
    Association, CausalGraph, CausalLink, CausalNode, Concurrent, EvidenceId, Verdict,
};

use super::analysis::{entity, severity};
use super::investigation::candidate;

/// The graph.
pub fn graph(graph: CausalGraph) -> wire::CausalGraph {
    wire::CausalGraph {
        nodes: graph.nodes.into_iter().map(node).collect(),
        edges: graph.edges.into_iter().map(edge).collect(),
    }
}

fn node(node: CausalNode) -> wire::CausalNode {
    wire::CausalNode {
        entity: entity(node.entity),
        onset: node.onset,
        onset_within_seconds: node.onset_within.as_secs_f64(),
        severity: severity(node.severity),
        part: node.part.as_str().to_owned(),
        evidence: ids(node.evidence),
    }
}

fn edge(edge: CausalLink) -> wire::CausalEdge {
    wire::CausalEdge {
        from: entity(edge.from),
        to: entity(edge.to),
        relation: edge.relation.as_str().to_owned(),
        same_sign: edge.same_sign,
        lag_seconds: edge.lag.as_secs_f64(),
        strength: edge.strength,
        reason: edge.reason,
        evidence: ids(edge.evidence),
        association: edge.association.map(association),
    }
}

fn association(association: Association) -> wire::Association {
    wire::Association {
        cause: association.cause,
        effect: association.effect,
        confirmed: association.confirmed,
        correlation: association.correlation,
        partial_r2: association.partial_r2,
        lag_seconds: association.lag.as_secs_f64(),
        step_seconds: association.step.as_secs_f64(),
        p: association.p,
        samples: association.samples,
        explained_by: association.explained_by.map(entity),
    }
}

/// Trouble that has another cause.
pub fn concurrent(also: Concurrent) -> wire::Concurrent {
    let (verdict, next_look) = verdict(also.verdict);
    wire::Concurrent {
        verdict,
        next_look,
        causes: also.candidates.into_iter().map(candidate).collect(),
        symptoms: also.symptoms.into_iter().map(entity).collect(),
        apart: also.apart,
    }
}

/// A conclusion, and the look that would settle it.
pub fn verdict(verdict: Verdict) -> (wire::Verdict, Option<String>) {
    match verdict {
        Verdict::Cause => (wire::Verdict::Cause, None),
        Verdict::InsufficientEvidence { next_look } => {
            (wire::Verdict::InsufficientEvidence, Some(next_look))
        }
        Verdict::NothingWrong => (wire::Verdict::NothingWrong, None),
    }
}

fn ids(evidence: Vec<EvidenceId>) -> Vec<String> {
    evidence.into_iter().map(|id| id.0).collect()
}
