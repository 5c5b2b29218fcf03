//! Everything that the weighing of one incident looks at.

use fleetscope_model::EvidenceId;

use super::incident::Incident;
use super::influence::Influence;
use super::observe::Observation;
use super::support::Crowd;
use super::things::Things;
use crate::input::Input;

/// One incident with its readings and its causal graph.
pub(crate) struct Case<'a> {
    /// What was read.
    pub(crate) input: &'a Input,
    /// What it is about.
    pub(crate) things: &'a Things,
    /// What stands out, oldest onset first.
    pub(crate) seen: &'a [Observation],
    /// What can have come from what.
    pub(crate) graph: &'a Influence<'a>,
    /// What must be explained.
    pub(crate) incident: &'a Incident,
    /// Who is measured by what.
    pub(crate) crowd: &'a Crowd,
}

impl<'a> Case<'a> {
    /// The same readings for another incident.
    pub(crate) fn of<'b>(&self, incident: &'b Incident) -> Case<'b>
    where
        'a: 'b,
    {
        Case { incident, ..*self }
    }

    /// The symptoms, with their indexes.
    pub(crate) fn symptoms(&self) -> impl Iterator<Item = (usize, &Observation)> {
        self.incident
            .symptoms
            .iter()
            .map(|index| (*index, &self.seen[*index]))
    }

    /// The readings of some observations, sorted, without repeats, a few at most.
    pub(crate) fn evidence(
        &self,
        observations: impl IntoIterator<Item = usize>,
    ) -> Vec<EvidenceId> {
        cite(
            observations
                .into_iter()
                .map(|index| self.seen[index].evidence()),
        )
    }
}

/// Evidence ids in their order, without repeats, eight at most: more convinces nobody further.
pub(crate) fn cite<'a>(ids: impl IntoIterator<Item = &'a EvidenceId>) -> Vec<EvidenceId> {
    let mut all: Vec<EvidenceId> = ids.into_iter().cloned().collect();
    all.sort();
    all.dedup();
    all.truncate(8);
    all
}
