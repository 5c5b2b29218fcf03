//! Rights: what may be done with a cluster, and which part of it may be seen.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::ids::ClusterId;

/// What may be done with a cluster, each a right of its own: the verbs of an access review of
/// `clusters.fleetscope.io`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterVerb {
    /// Know that it is there, and what is said of it.
    Get,
    /// Ask it for telemetry.
    Query,
    /// Change what is said of it.
    Update,
    /// Remove it.
    Delete,
    /// Start analyses and investigations of it.
    Investigate,
    /// Silence its alerts.
    Silence,
}

impl ClusterVerb {
    /// Every verb.
    pub const ALL: [Self; 6] = [
        Self::Get,
        Self::Query,
        Self::Update,
        Self::Delete,
        Self::Investigate,
        Self::Silence,
    ];

    /// The verb of the access review.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Query => "query",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Investigate => "investigate",
            Self::Silence => "silence",
        }
    }
}

/// A kind of telemetry. Each is a right of its own inside a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Series, and what is derived from them.
    Metrics,
    /// Log lines, and traces, which show requests as closely as logs do.
    Logs,
    /// Which pods there are, what they belong to and where they run.
    Objects,
    /// Rollouts, scaling, restarts.
    Changes,
    /// Kubernetes events.
    Events,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 5] = [
        Self::Metrics,
        Self::Logs,
        Self::Objects,
        Self::Changes,
        Self::Events,
    ];

    /// The name as people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs and traces",
            Self::Objects => "topology",
            Self::Changes => "changes",
            Self::Events => "events",
        }
    }
}

/// Which part of a cluster somebody sees, in one aspect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// All of it: every namespace, and what belongs to none, such as nodes and GPUs.
    Whole,
    /// What belongs to these namespaces; nothing where there are none.
    Namespaces(BTreeSet<String>),
}

impl Sight {
    /// No part.
    pub const NOTHING: Self = Self::Namespaces(BTreeSet::new());

    /// Whether there is nothing to see.
    pub fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// Whether it reaches what belongs to this namespace, or, with none, to no namespace.
    pub fn reaches(&self, namespace: Option<&str>) -> bool {
        match (self, namespace) {
            (Self::Whole, _) => true,
            (Self::Namespaces(all), Some(namespace)) => all.contains(namespace),
            (Self::Namespaces(_), None) => false,
        }
    }
}

/// A part of the fleet that something tells of. Who may not see the part may not see what tells
/// of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The cluster.
    pub cluster: ClusterId,
    /// Which part of it.
    pub part: Part,
}

/// A part of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Nothing inside it: only that it is there.
    Record,
    /// A namespace.
    Namespace(String),
    /// What belongs to no namespace.
    Platform,
}

impl Place {
    /// The cluster as it stands in the registry.
    pub const fn record(cluster: ClusterId) -> Self {
        Self {
            cluster,
            part: Part::Record,
        }
    }

    /// Where an entity is.
    pub fn of(entity: &Entity) -> Self {
        Self {
            cluster: entity.cluster,
            part: match &entity.namespace {
                Some(namespace) => Part::Namespace(namespace.clone()),
                None => Part::Platform,
            },
        }
    }

    /// Where entities are: sorted, each place once.
    pub fn all<'e>(entities: impl IntoIterator<Item = &'e Entity>) -> Vec<Self> {
        let places: BTreeSet<Self> = entities.into_iter().map(Self::of).collect();
        places.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_reaches_neither_its_neighbour_nor_the_nodes() {
        let sight = Sight::Namespaces(BTreeSet::from(["shop".to_owned()]));
        assert!(sight.reaches(Some("shop")));
        assert!(!sight.reaches(Some("shop-2")));
        assert!(!sight.reaches(None));
        assert!(Sight::Whole.reaches(None));
        assert!(Sight::NOTHING.is_nothing());
    }
}
