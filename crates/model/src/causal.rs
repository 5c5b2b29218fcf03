//! The causal graph of an investigation: what stands out, and which trouble can have come from which.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::analysis::Severity;
use crate::entity::Entity;
use crate::ids::EvidenceId;

/// What stands out and hangs together with what is felt. It has no cycles by force: what troubles
/// each other has an edge either way, with the strength of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CausalGraph {
    /// The things, earliest onset first; at most 150.
    pub nodes: Vec<CausalNode>,
    /// From cause to effect, strongest first; at most 400.
    pub edges: Vec<CausalLink>,
}

impl CausalGraph {
    /// At most so many nodes.
    pub const MOST_NODES: usize = 150;
    /// At most so many edges.
    pub const MOST_EDGES: usize = 400;

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// The part that a thing has in the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CausalPart {
    /// The verdict names it as the cause.
    Cause,
    /// It could be the cause.
    Suspect,
    /// What users feel is measured there, and it is explained by something else.
    Symptom,
    /// It stands out, and trouble reaches it from elsewhere.
    Affected,
    /// It stands out, and nothing of the story reaches it.
    Apart,
}

impl CausalPart {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Suspect => "suspect",
            Self::Symptom => "symptom",
            Self::Affected => "affected",
            Self::Apart => "apart",
        }
    }
}

/// One thing of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CausalNode {
    /// Which.
    pub entity: Entity,
    /// When the first of its troubles began.
    pub onset: Timestamp,
    /// How exactly that is known.
    pub onset_within: SignedDuration,
    /// The worst of them.
    pub severity: Severity,
    /// Its part in the story.
    pub part: CausalPart,
    /// The readings of its troubles.
    pub evidence: Vec<EvidenceId>,
}

/// How the two ends of an edge hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// One calls the other.
    Calls,
    /// One owns the other.
    Owns,
    /// One runs on the other, or belongs to it.
    RunsOn,
    /// One uses the other: a device, a clock.
    Uses,
    /// They keep the same time.
    Clock,
    /// One is in the namespace of the other, and nobody traces who calls it.
    Namespace,
    /// Nothing known but that they move together: they share a node, a device or what they call.
    Statistical,
}

impl Relation {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Owns => "owns",
            Self::RunsOn => "runs_on",
            Self::Uses => "uses",
            Self::Clock => "clock",
            Self::Namespace => "namespace",
            Self::Statistical => "statistical",
        }
    }
}

/// One edge of the graph, from cause to effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CausalLink {
    /// Where trouble would come from.
    pub from: Entity,
    /// Where it would show.
    pub to: Entity,
    /// How they hang together.
    pub relation: Relation,
    /// Whether the two deviations go the same way (more and more, less and less).
    pub same_sign: bool,
    /// From the onset of the one to that of the other; for a statistical edge the lag at which
    /// they move together. Negative where the effect seems to come first.
    pub lag: SignedDuration,
    /// How well the one can account for the other, 0 to 1: by how they hang together, the kinds of
    /// both deviations, their signs and times. For a statistical edge the share of the variance
    /// that the one explains of the other.
    pub strength: f64,
    /// Why, in a sentence or two.
    pub reason: String,
    /// The readings of both deviations.
    pub evidence: Vec<EvidenceId>,
    /// How the two move together apart from the trouble, where enough samples of both are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<Association>,
}

/// How two signals move together apart from what each one's own past foretells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// The signal of the cause, for people.
    pub cause: String,
    /// The signal of the effect.
    pub effect: String,
    /// Whether they move together at all, one chance in a hundred of being wrong for the whole edge.
    pub confirmed: bool,
    /// Correlation of what is new in each, −1 to 1, at the lag where it is strongest.
    pub correlation: f64,
    /// Share of the variance that is explained, beyond each one's own past and what both share.
    pub partial_r2: f64,
    /// How much later the effect moves; zero is within one step, negative before.
    pub lag: SignedDuration,
    /// Distance of the samples that were compared.
    pub step: SignedDuration,
    /// Probability of so strong a correlation without any dependence, all that was tried for the
    /// edge counted.
    pub p: f64,
    /// Steps that were compared.
    pub samples: u32,
    /// What both depend on and what accounts for their moving together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<Entity>,
}
