//! What Services select.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fleetscope_kubernetes::{Pod, Service};
use fleetscope_model::{Edge, EdgeKind, Entity};

use crate::topology::edge;
use crate::topology::placement::Placement;

/// Workloads, and pods without one, by the Service that selects them.
#[derive(Default)]
pub(super) struct Selected(BTreeMap<Entity, BTreeSet<Entity>>);

impl Selected {
    pub(super) fn by(services: &[Arc<Service>], placement: &Placement) -> Self {
        let mut pods: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
        for pod in placement.pods() {
            pods.entry(pod.meta.place().0).or_default().push(pod);
        }
        let selected = services.iter().map(|service| {
            let (namespace, name) = service.meta.place();
            let there = pods.get(namespace).into_iter().flatten();
            let own = there.filter(|pod| service.selects(&pod.labels));
            let own = own.map(|pod| placement.stands_for(pod)).collect();
            (placement.service_entity(namespace, name), own)
        });
        Self(selected.collect())
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.0.iter().flat_map(|(service, selected)| {
            let to = |one: &Entity| edge(service.clone(), EdgeKind::Selects, one.clone());
            selected.iter().map(to)
        })
    }

    /// The only thing behind the only Service of this name.
    pub(super) fn only(&self, name: &str) -> Option<&Entity> {
        let mut named = self.0.iter().filter(|(service, _)| service.name == name);
        let (_, selected) = named.next()?;
        let mut selected = selected.iter();
        let only = selected.next()?;
        (named.next().is_none() && selected.next().is_none()).then_some(only)
    }
}
