//! Patterns.

use fleetscope_client::wire;
use fleetscope_intelligence::MinedLogs;
use fleetscope_model::Cluster;

use super::Names;
use crate::convert::metrics;

/// What lines say again and again.
pub fn patterns(mined: MinedLogs, clusters: &[Cluster]) -> wire::LogPatterns {
    let names = Names::of(clusters);
    let pattern = |pattern: fleetscope_intelligence::Pattern| wire::LogPattern {
        id: pattern.id,
        template: pattern.template,
        count: pattern.count,
        clusters: pattern
            .clusters
            .into_iter()
            .map(|(id, count)| (names.name(id).to_owned(), count))
            .collect(),
        severity: pattern
            .severity
            .map(|severity| severity.as_str().to_owned()),
        first_at: pattern.first_at,
        last_at: pattern.last_at,
        example: pattern.example,
        counts: pattern
            .counts
            .into_iter()
            .map(|(at, count)| wire::PatternCount { at, count })
            .collect(),
    };
    wire::LogPatterns {
        items: mined.found.patterns.into_iter().map(pattern).collect(),
        lines: mined.lines,
        unmatched: mined.found.unmatched,
        complete: mined.complete,
        window_seconds: mined.found.window.as_secs().unsigned_abs(),
        gaps: mined.gaps.into_iter().map(metrics::gap).collect(),
    }
}
