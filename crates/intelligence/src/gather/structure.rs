//! The structure of the clusters, and finding things in it by name.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{ClusterId, Edge, EdgeKind, Entity, EntityKind, Gap, TimeRange, Topology};

use super::Scope;
use crate::{Intelligence, Result};

/// A topology with an index of its names.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    edges: Vec<Edge>,
    workloads: BTreeMap<(ClusterId, String), BTreeSet<Entity>>,
    owners: BTreeMap<Entity, Entity>,
}

impl Structure {
    /// The structure that these topologies make together.
    pub(crate) fn new(topologies: Vec<Topology>) -> Self {
        let mut edges: Vec<Edge> = topologies
            .into_iter()
            .flat_map(|topology| topology.edges)
            .collect();
        edges.sort();
        edges.dedup();
        let mut structure = Self {
            edges,
            ..Self::default()
        };
        structure.index();
        structure
    }

    fn index(&mut self) {
        for edge in &self.edges {
            for end in [&edge.from, &edge.to] {
                if end.kind == EntityKind::Workload {
                    let name = (end.cluster, end.name.clone());
                    self.workloads.entry(name).or_default().insert(end.clone());
                }
            }
            if edge.kind == EdgeKind::Owns && edge.to.kind == EntityKind::Pod {
                self.owners.insert(edge.to.clone(), edge.from.clone());
            }
        }
    }

    /// The workload of this name, where the cluster has exactly one.
    pub(crate) fn only_workload(&self, cluster: ClusterId, name: &str) -> Option<&Entity> {
        let named = self.workloads.get(&(cluster, name.to_owned()))?;
        let mut named = named.iter();
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether something of the cluster that makes or takes calls has this name, alone or as the
    /// first part of an address: `cart`, `cart.shop.svc:8080`.
    pub(crate) fn knows(&self, cluster: ClusterId, name: &str) -> bool {
        let first = name.split(['.', ':']).next().unwrap_or(name);
        let ends = self.edges.iter().flat_map(|edge| [&edge.from, &edge.to]);
        let calls = |kind| {
            matches!(
                kind,
                EntityKind::Workload | EntityKind::Service | EntityKind::Pod
            )
        };
        let mut here = ends.filter(|end| end.cluster == cluster && calls(end.kind));
        here.any(|end| end.name == name || end.name == first)
    }

    /// The workload that owns the pod.
    pub(crate) fn owner(&self, pod: &Entity) -> Option<&Entity> {
        self.owners.get(pod)
    }

    /// Pairs of clusters that an edge joins.
    pub(crate) fn crossings(&self) -> impl Iterator<Item = (ClusterId, ClusterId)> + '_ {
        self.edges
            .iter()
            .map(|edge| (edge.from.cluster, edge.to.cluster))
            .filter(|(from, to)| from != to)
    }

    /// The edges, sorted, without repeats. Which Service selects what is left out: nothing is
    /// measured of a Service itself, and who calls it is known by the calls.
    pub(crate) fn into_topology(self) -> Topology {
        let mut edges = self.edges;
        edges.retain(|edge| edge.kind != EdgeKind::Selects);
        Topology { edges }
    }

    /// The same of several structures together.
    pub(crate) fn topology_of<'s>(structures: impl Iterator<Item = &'s Self>) -> Topology {
        let edges = structures.flat_map(|structure| structure.edges.iter().cloned());
        let edges = edges.collect();
        Self::new(vec![Topology { edges }]).into_topology()
    }
}

impl Intelligence {
    /// The structure of the clusters in the window, as far as it can be read.
    pub(crate) async fn structure(
        &self,
        scope: &Scope,
        window: TimeRange,
    ) -> Result<(Structure, Vec<Gap>)> {
        let read = self
            .telemetry
            .topology(&scope.caller, &scope.selection(), window)
            .await?;
        Ok((Structure::new(read.items), read.gaps))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn workload(namespace: &str, name: &str) -> Entity {
        let cluster = ClusterId::new(Uuid::from_u128(1));
        Entity::new(cluster, EntityKind::Workload, name).in_namespace(namespace)
    }

    fn calls(from: Entity, to: Entity) -> Topology {
        let kind = EdgeKind::Calls;
        Topology {
            edges: vec![Edge { from, to, kind }],
        }
    }

    #[test]
    fn what_is_called_is_known_by_its_name_and_by_its_address_in_the_cluster() {
        let structure = Structure::new(vec![calls(
            workload("shop", "web"),
            workload("shop", "cart"),
        )]);
        let cluster = ClusterId::new(Uuid::from_u128(1));
        for name in ["cart", "cart.shop", "cart.shop.svc.cluster.local:8080"] {
            assert!(structure.knows(cluster, name), "{name}");
        }
        assert!(!structure.knows(cluster, "api.payments.example.com"));
        let other = ClusterId::new(Uuid::from_u128(2));
        assert!(!structure.knows(other, "cart"));
    }

    #[test]
    fn a_name_is_resolved_only_where_it_is_the_only_one() {
        let structure = Structure::new(vec![
            calls(workload("shop", "web"), workload("shop", "cart")),
            calls(workload("test", "web"), workload("shop", "cart")),
        ]);
        let cluster = ClusterId::new(Uuid::from_u128(1));
        assert_eq!(
            structure.only_workload(cluster, "cart"),
            Some(&workload("shop", "cart"))
        );
        assert_eq!(structure.only_workload(cluster, "web"), None);
        assert_eq!(structure.only_workload(cluster, "db"), None);
    }
}
