//! Keeping gaps readable: thirty queries that fail for one reason are one gap, or three.

use std::collections::BTreeMap;

use fleetscope_model::Gap;

/// As many details of one kind are shown for one endpoint.
const EACH: usize = 3;

/// As many gaps are kept in all.
const MOST: usize = 100;

/// The gaps sorted, without repeats, and bounded.
pub(crate) fn tidy_gaps(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort();
    gaps.dedup();
    let mut seen = BTreeMap::new();
    gaps.retain(|gap| {
        let count = seen.entry((gap.cluster, gap.source, gap.kind)).or_insert(0);
        *count += 1;
        *count <= EACH
    });
    gaps.truncate(MOST);
    gaps
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{ClusterId, GapKind, Source};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn many_gaps_of_one_kind_are_shown_as_three() {
        let gap = |kind, number: usize| Gap {
            cluster: ClusterId::new(Uuid::from_u128(1)),
            cluster_name: "shop".to_owned(),
            source: Source::Prometheus,
            kind,
            detail: format!("query {number}"),
        };
        let mut gaps: Vec<Gap> = (0..40).map(|at| gap(GapKind::Timeout, at)).collect();
        gaps.push(gap(GapKind::Forbidden, 0));
        gaps.push(gap(GapKind::Forbidden, 0));
        let tidy = tidy_gaps(gaps);
        assert_eq!(tidy.len(), 4);
        assert_eq!(tidy[0].kind, GapKind::Forbidden);
    }
}
