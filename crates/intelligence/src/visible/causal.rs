//! The causal graph as a reader sees it, and what else is wrong at the same time.

use std::collections::BTreeSet;

use fleetscope_model::{CausalGraph, Concurrent, Entity, Verdict};

use super::findings::{Citations, ELSEWHERE, Hidden, UNTOLD, narrow};

/// The nodes that are seen, and the edges between them.
///
/// What leads through something hidden is not drawn as if it led straight: an edge with a hidden end
/// vanishes, and so does a reason that names something hidden.
pub(crate) fn graph(
    graph: &mut CausalGraph,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) {
    graph.nodes.retain(|node| seen.contains(&node.entity));
    for node in &mut graph.nodes {
        node.evidence.retain(|id| citations.show(id));
    }
    graph
        .edges
        .retain(|edge| seen.contains(&edge.from) && seen.contains(&edge.to));
    for edge in &mut graph.edges {
        edge.evidence.retain(|id| citations.show(id));
        let told = !hidden.named_in(&edge.reason);
        let known = |association: &fleetscope_model::Association| {
            let by = association.explained_by.as_ref();
            by.is_none_or(|by| seen.contains(by))
        };
        edge.association = edge.association.take().filter(|a| told && known(a));
        if !told {
            UNTOLD.clone_into(&mut edge.reason);
        }
    }
}

/// Other trouble, where anything of it is seen. Its verdict stands where its cause is seen.
pub(crate) fn also(
    also: &mut Vec<Concurrent>,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) {
    for one in also.iter_mut() {
        let first = one.candidates.first();
        let cause_seen = first.is_none_or(|first| seen.contains(&first.entity));
        let told = match &one.verdict {
            Verdict::Cause => cause_seen,
            Verdict::InsufficientEvidence { next_look } => {
                cause_seen && !hidden.named_in(next_look)
            }
            Verdict::NothingWrong => true,
        };
        if !told {
            one.verdict = Verdict::InsufficientEvidence {
                next_look: ELSEWHERE.to_owned(),
            };
        }
        one.symptoms.retain(|entity| seen.contains(entity));
        one.candidates
            .retain(|candidate| seen.contains(&candidate.entity));
        for candidate in &mut one.candidates {
            narrow(candidate, seen, citations, hidden);
        }
        if hidden.named_in(&one.apart) {
            UNTOLD.clone_into(&mut one.apart);
        }
    }
    also.retain(|one| !one.symptoms.is_empty() || !one.candidates.is_empty());
}
