//! The evidence, each piece under its id, so that citations lead to it.

use fleetscope_model::{Evidence, EvidenceKind, Investigation};
use fleetscope_report::{Section, Text};

use super::prose::window;

/// Every piece of evidence of the investigation.
pub(super) fn appendix(investigation: &Investigation) -> Section {
    let section = Section::new("Evidence");
    if investigation.evidence.is_empty() {
        return section.paragraph("Nothing is cited.");
    }
    investigation
        .evidence
        .iter()
        .fold(section, |section, evidence| {
            let name = investigation.clusters.get(&evidence.cluster);
            section.section(piece(evidence, name.map_or("", String::as_str)))
        })
}

fn piece(evidence: &Evidence, cluster: &str) -> Section {
    Section::new(evidence.id.0.clone())
        .list(vec![
            Text::new()
                .plain(kind(evidence.kind))
                .plain(" of cluster ")
                .code(cluster),
            window(evidence.window),
            Text::new()
                .plain("SHA-256 of the result: ")
                .code(evidence.hash.clone()),
        ])
        .verbatim(evidence.query.clone())
        .verbatim(evidence.extract.clone())
}

const fn kind(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Metric => "Metric",
        EvidenceKind::Logs => "Log lines",
        EvidenceKind::Traces => "Traces",
        EvidenceKind::Change => "Change",
        EvidenceKind::Event => "Kubernetes event",
        EvidenceKind::Topology => "Structure",
        EvidenceKind::Alert => "Alert",
    }
}
