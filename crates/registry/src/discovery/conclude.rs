//! From what was seen to what is so.

use std::collections::BTreeMap;

use fleetscope_kubernetes::{Custom, Machine, NetworkPod, Resource};
use fleetscope_model::{Capability, CapabilityKind, ObjectRef, Presence};
use jiff::Timestamp;

use super::look::{Blind, Look};

/// Objects that are kept as evidence; their number stands in the summary.
const MOST: usize = 10;

/// A capability on the way to being concluded.
#[derive(Debug, Default)]
pub(super) struct Conclusion {
    evidence: Vec<ObjectRef>,
    blind: Vec<Blind>,
    facts: BTreeMap<String, String>,
    summary: String,
}

impl Conclusion {
    /// Takes what was seen of something that would show the capability: what `shows` makes of an
    /// object is evidence.
    #[must_use]
    pub(super) fn seeing<T>(
        mut self,
        look: &Look<T>,
        shows: impl Fn(&T) -> Option<ObjectRef>,
    ) -> Self {
        self.evidence.extend(look.items().iter().filter_map(shows));
        self.blind.extend(look.blind());
        self
    }

    /// All objects of a resource show it.
    #[must_use]
    pub(super) fn all_of(self, look: &Look<Custom>, resource: Resource) -> Self {
        self.seeing(look, |object| Some(custom(object, resource, "")))
    }

    /// A fact for machines.
    #[must_use]
    pub(super) fn fact(mut self, name: &str, value: &impl std::fmt::Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }

    /// The essence, for people.
    #[must_use]
    pub(super) fn saying(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    pub(super) fn is_shown(&self) -> bool {
        !self.evidence.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.evidence.len()
    }

    /// Evidence makes it so, whatever else could not be seen; without any, what could not be seen
    /// might have been some.
    pub(super) fn capability(mut self, kind: CapabilityKind, at: Timestamp) -> Capability {
        let presence = match (self.is_shown(), self.blind.is_empty()) {
            (true, _) => Presence::Yes,
            (false, true) => Presence::No,
            (false, false) => Presence::Unknown,
        };
        self.evidence.truncate(MOST);
        let mut needs = Vec::new();
        let mut problem = None;
        for blind in self.blind {
            match blind {
                Blind::Needs(right) if !needs.contains(&right) => needs.push(right),
                Blind::Needs(_) => {}
                Blind::Problem(said) => problem = problem.or(Some(said)),
            }
        }
        let shown = presence == Presence::Yes;
        Capability {
            kind,
            presence,
            summary: if shown { self.summary } else { String::new() },
            facts: if shown { self.facts } else { BTreeMap::new() },
            evidence: self.evidence,
            needs,
            problem,
            at,
        }
    }
}

pub(super) fn custom(object: &Custom, resource: Resource, by: &str) -> ObjectRef {
    ObjectRef {
        api_version: format!("{}/{}", resource.group, resource.version),
        kind: resource.kind.to_owned(),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone(),
        by: by.to_owned(),
    }
}

pub(super) fn node(machine: &Machine, by: impl Into<String>) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        namespace: String::new(),
        name: machine.name.clone(),
        by: by.into(),
    }
}

pub(super) fn pod(pod: &NetworkPod, by: impl Into<String>) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        by: by.into(),
    }
}
