//! The things that the readings are about, each under one name.

use std::collections::BTreeMap;

use fleetscope_model::{EdgeKind, Entity, EntityKind, EvidenceId, SignalRole};

use crate::input::Input;

/// Index of a thing; things are numbered in the order of their entities, whatever the order of the
/// readings.
pub(crate) type Thing = usize;

/// Every entity of the input. A pod stands for its workload, and a service as tracing names it for
/// the workload of that name where there is exactly one: trouble of the part is trouble of the
/// whole, and a change is made to the whole.
#[derive(Debug)]
pub(crate) struct Things {
    entities: Vec<Entity>,
    index: BTreeMap<Entity, Thing>,
    /// The readings of each thing's signals; none where nothing measures it.
    readings: Vec<Vec<EvidenceId>>,
    /// Whether latency or errors of the thing are measured: what others feel of it.
    felt: Vec<bool>,
}

impl Things {
    /// Collects them.
    pub(crate) fn of(input: &Input) -> Self {
        let mentioned = mentioned(input);
        let alias = aliases(input, &mentioned);
        let mut index: BTreeMap<Entity, Thing> = BTreeMap::new();
        for entity in &mentioned {
            index.insert(alias.get(entity).unwrap_or(entity).clone(), 0);
        }
        for (number, slot) in index.values_mut().enumerate() {
            *slot = number;
        }
        let entities: Vec<Entity> = index.keys().cloned().collect();
        for (entity, stands_for) in &alias {
            if let Some(thing) = index.get(stands_for).copied() {
                index.insert(entity.clone(), thing);
            }
        }
        let mut readings = vec![Vec::new(); entities.len()];
        let mut felt = vec![false; entities.len()];
        for signal in input
            .signals
            .iter()
            .filter(|signal| !signal.series.samples.is_empty())
        {
            if let Some(thing) = index.get(&signal.entity) {
                readings[*thing].push(signal.evidence.clone());
                felt[*thing] |= matches!(signal.role, SignalRole::Latency | SignalRole::Errors);
            }
        }
        for ids in &mut readings {
            ids.sort();
            ids.dedup();
        }
        Self {
            entities,
            index,
            readings,
            felt,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }

    /// The thing that an entity is, or is part of.
    pub(crate) fn find(&self, entity: &Entity) -> Option<Thing> {
        self.index.get(entity).copied()
    }

    /// Its entity.
    pub(crate) fn entity(&self, thing: Thing) -> &Entity {
        &self.entities[thing]
    }

    /// Whether anything measures it.
    pub(crate) fn is_measured(&self, thing: Thing) -> bool {
        !self.readings[thing].is_empty()
    }

    /// Whether it could pass trouble on without anybody seeing it: nothing of it is measured, or it
    /// serves others and its latency and errors are not.
    pub(crate) fn is_dark(&self, thing: Thing) -> bool {
        !self.is_measured(thing) || (!self.felt[thing] && self.serves(thing))
    }

    /// Whether it is of a kind that serves others' requests or does their work.
    pub(crate) fn serves(&self, thing: Thing) -> bool {
        matches!(
            self.entities[thing].kind,
            EntityKind::Workload | EntityKind::Service | EntityKind::Pod
        )
    }

    /// Whether what others feel of it is measured: its latency or its errors.
    pub(crate) fn is_felt_measured(&self, thing: Thing) -> bool {
        self.felt[thing]
    }

    /// The readings of its signals.
    pub(crate) fn readings(&self, thing: Thing) -> &[EvidenceId] {
        &self.readings[thing]
    }
}

fn mentioned(input: &Input) -> Vec<Entity> {
    let edges = input
        .topology
        .edges
        .iter()
        .flat_map(|edge| [&edge.from, &edge.to]);
    let mut all: Vec<Entity> = edges
        .chain(input.signals.iter().map(|signal| &signal.entity))
        .chain(input.alarms.iter().map(|alarm| &alarm.entity))
        .chain(input.changes.iter().map(|cited| &cited.change.entity))
        .chain(input.events.iter().map(|cited| &cited.event.entity))
        .chain(input.logs.iter().map(|pattern| &pattern.entity))
        .chain(input.traces.iter().map(|sample| &sample.entity))
        .cloned()
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Pods to their workloads, services to the workloads that serve them.
fn aliases(input: &Input, mentioned: &[Entity]) -> BTreeMap<Entity, Entity> {
    let mut alias = BTreeMap::new();
    let owns = |edge: &&fleetscope_model::Edge| {
        edge.kind == EdgeKind::Owns && edge.to.kind == EntityKind::Pod
    };
    let mut edges: Vec<_> = input.topology.edges.iter().filter(owns).collect();
    edges.sort();
    for edge in edges {
        alias
            .entry(edge.to.clone())
            .or_insert_with(|| edge.from.clone());
    }
    for service in mentioned
        .iter()
        .filter(|entity| entity.kind == EntityKind::Service)
    {
        let serves = |entity: &&Entity| {
            entity.kind == EntityKind::Workload
                && entity.cluster == service.cluster
                && entity.name == service.name
                && (service.namespace.is_none() || entity.namespace == service.namespace)
        };
        let mut workloads = mentioned.iter().filter(serves);
        if let (Some(workload), None) = (workloads.next(), workloads.next()) {
            alias.insert(service.clone(), workload.clone());
        }
    }
    alias
}
