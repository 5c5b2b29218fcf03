//! Clusters that can reach each other: trouble in one may have its cause in another.

use std::collections::BTreeSet;

use fleetscope_model::{ClusterId, Investigation};

/// Clusters that are joined, directly or over others.
pub(super) type Group = BTreeSet<ClusterId>;

/// The clusters in groups, each in exactly one, in the order of their least id.
pub(super) fn groups(
    clusters: impl IntoIterator<Item = ClusterId>,
    joined: impl IntoIterator<Item = (ClusterId, ClusterId)>,
) -> Vec<Group> {
    let mut groups: Vec<Group> = clusters
        .into_iter()
        .map(|cluster| Group::from([cluster]))
        .collect();
    for (one, other) in joined {
        let first = groups.iter().position(|group| group.contains(&one));
        let second = groups.iter().position(|group| group.contains(&other));
        if let (Some(first), Some(second)) = (first, second)
            && first != second
        {
            let moved = groups.remove(first.max(second));
            groups[first.min(second)].extend(moved);
        }
    }
    groups.sort();
    groups
}

/// The clusters that an investigation is about, and those that reach one of them.
pub(super) fn reach(investigation: &Investigation, groups: &[Group]) -> Group {
    let own: Group = investigation.clusters.keys().copied().collect();
    groups
        .iter()
        .filter(|group| !group.is_disjoint(&own))
        .flatten()
        .copied()
        .chain(own.iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn joined_clusters_are_one_group_also_over_a_third() {
        let id = |number| ClusterId::new(Uuid::from_u128(number));
        let found = groups(
            (1..=5).map(id),
            [(id(4), id(2)), (id(2), id(1)), (id(9), id(1))],
        );
        let expected = [
            Group::from([id(1), id(2), id(4)]),
            Group::from([id(3)]),
            Group::from([id(5)]),
        ];
        assert_eq!(found, expected);
    }
}
