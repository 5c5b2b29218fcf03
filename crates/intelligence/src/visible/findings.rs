//! Findings as a reader sees them.

use std::collections::BTreeSet;

use fleetscope_model::{
    Attribution, Blame, Candidate, ClusterId, Entity, Evidence, EvidenceId, Findings, Gap, Reason,
    SuspectChange, Verdict,
};

use super::{Eyes, blast, causal};
use crate::Result;

/// Stands for a text that the reader may not see.
pub(crate) const UNTOLD: &str = "the reason tells also of what you may not see";

/// Stands for a cause that the reader may not see.
pub(crate) const ELSEWHERE: &str =
    "what you may see does not tell the cause: ask somebody who sees more";

/// Which pieces of evidence are cited by what is shown, and which by what is not.
#[derive(Debug, Default)]
pub(crate) struct Citations {
    shown: BTreeSet<EvidenceId>,
    hidden: BTreeSet<EvidenceId>,
}

impl Citations {
    pub(crate) fn cite<'e>(
        &mut self,
        shown: bool,
        evidence: impl IntoIterator<Item = &'e EvidenceId>,
    ) {
        let of = if shown {
            &mut self.shown
        } else {
            &mut self.hidden
        };
        of.extend(evidence.into_iter().cloned());
    }

    /// Whether a piece is cited by something shown, and by nothing hidden: what both rest on may
    /// show both.
    pub(crate) fn show(&self, id: &EvidenceId) -> bool {
        self.shown.contains(id) && !self.hidden.contains(id)
    }

    pub(crate) fn retain(&self, evidence: &mut Vec<Evidence>) {
        evidence.retain(|piece| self.show(&piece.id));
    }
}

/// Leaves the clusters that are seen, and their gaps.
pub(crate) async fn retain_clusters(
    eyes: &mut Eyes<'_>,
    clusters: &mut Vec<ClusterId>,
    gaps: &mut Vec<Gap>,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    let gaps_of = gaps.iter().map(|gap| gap.cluster);
    for cluster in clusters.iter().copied().chain(gaps_of) {
        if eyes.sees_cluster(cluster).await? {
            seen.insert(cluster);
        }
    }
    clusters.retain(|cluster| seen.contains(cluster));
    gaps.retain(|gap| seen.contains(&gap.cluster));
    Ok(())
}

/// What is hidden, by name.
#[derive(Debug, Default)]
pub(crate) struct Hidden(BTreeSet<String>);

impl Hidden {
    pub(crate) fn add(&mut self, name: &str) {
        if !name.is_empty() {
            self.0.insert(name.to_owned());
        }
    }

    /// Whether a text names something hidden.
    pub(crate) fn named_in(&self, text: &str) -> bool {
        self.0.iter().any(|name| text.contains(name.as_str()))
    }
}

/// The findings about what is seen. The verdict stands where its cause is seen.
pub(crate) fn visible(
    mut findings: Findings,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) -> Findings {
    let cause_seen = findings
        .candidates
        .first()
        .is_none_or(|first| seen.contains(&first.entity));
    findings.verdict = match findings.verdict {
        Verdict::Cause if !cause_seen => Verdict::InsufficientEvidence {
            next_look: ELSEWHERE.to_owned(),
        },
        Verdict::InsufficientEvidence { next_look }
            if !cause_seen || hidden.named_in(&next_look) =>
        {
            Verdict::InsufficientEvidence {
                next_look: ELSEWHERE.to_owned(),
            }
        }
        verdict => verdict,
    };
    findings
        .candidates
        .retain(|candidate| seen.contains(&candidate.entity));
    for candidate in &mut findings.candidates {
        narrow(candidate, seen, citations, hidden);
    }
    findings
        .ranking
        .retain(|suspect| seen.contains(&suspect.entity));
    for suspect in &mut findings.ranking {
        told(&mut suspect.reasons, citations, hidden);
    }
    findings
        .anomalies
        .retain(|anomaly| seen.contains(&anomaly.entity));
    findings.timeline.retain(|entry| {
        let cited = entry.evidence.iter().all(|id| citations.show(id));
        seen.contains(&entry.entity) && cited && !hidden.named_in(&entry.text)
    });
    findings.reasoning.clear();
    findings.blast = findings.blast.take().filter(|_| cause_seen);
    if let Some(blast) = &mut findings.blast {
        blast::narrow(blast, seen);
    }
    if let Some(attribution) = &mut findings.attribution {
        attribute(attribution, seen, citations, hidden);
    }
    causal::graph(&mut findings.graph, seen, citations, hidden);
    causal::also(&mut findings.also, seen, citations, hidden);
    findings
}

/// The attribution among what is seen. Without its first suspect it blames nobody.
fn attribute(
    attribution: &mut Attribution,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) {
    let is_seen = |suspect: &SuspectChange| {
        seen.contains(&suspect.change.entity) && !hidden.named_in(&suspect.change.summary)
    };
    if !attribution.suspects.first().is_none_or(is_seen) {
        attribution.blame = Blame::Undecided;
    }
    attribution.suspects.retain(is_seen);
    for suspect in &mut attribution.suspects {
        told(&mut suspect.reasons, citations, hidden);
    }
    told(&mut attribution.otherwise_reasons, citations, hidden);
}

fn told(reasons: &mut Vec<Reason>, citations: &Citations, hidden: &Hidden) {
    reasons.retain(|reason| {
        let cited = reason.evidence.iter().all(|id| citations.show(id));
        cited && !hidden.named_in(&reason.text)
    });
}

pub(crate) fn narrow(
    candidate: &mut Candidate,
    seen: &BTreeSet<Entity>,
    citations: &Citations,
    hidden: &Hidden,
) {
    candidate.reaches.retain(|entity| seen.contains(entity));
    told(&mut candidate.reasons, citations, hidden);
    let change = candidate.change.take();
    candidate.change = change.filter(|change| seen.contains(&change.entity));
    if hidden.named_in(&candidate.mechanism) {
        UNTOLD.clone_into(&mut candidate.mechanism);
    }
}
