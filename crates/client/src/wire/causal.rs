//! The causal graph of an investigation, and what else is wrong at the same time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::{Entity, Severity};
use super::investigation::{Candidate, Verdict};

/// What stands out and hangs together with what is felt, and which trouble can have come from which.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CausalGraph {
    /// The things, earliest onset first.
    #[schema(max_items = 150)]
    pub nodes: Vec<CausalNode>,
    /// From cause to effect, strongest first. What troubles each other has an edge either way.
    #[schema(max_items = 400)]
    pub edges: Vec<CausalEdge>,
}

/// One thing of the causal graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CausalNode {
    /// Which.
    pub entity: Entity,
    /// When the first of its troubles began.
    pub onset: Timestamp,
    /// How exactly that is known, in seconds.
    pub onset_within_seconds: f64,
    /// The worst of them.
    pub severity: Severity,
    /// Its part in the story: `cause`, `suspect`, `symptom`, `affected` or `apart`.
    pub part: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// One edge of the causal graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CausalEdge {
    /// Where trouble would come from.
    pub from: Entity,
    /// Where it would show.
    pub to: Entity,
    /// How they hang together, whichever of them is the caller or user: `calls`, `owns`, `runs_on`,
    /// `uses`, `clock`, `namespace`, or `statistical` where nothing but their moving together says so.
    pub relation: String,
    /// Whether the two deviations go the same way.
    pub same_sign: bool,
    /// From the onset of the one to that of the other, in seconds; negative where the effect seems to
    /// come first.
    pub lag_seconds: f64,
    /// How well the one can account for the other, 0 to 1.
    pub strength: f64,
    /// Why.
    pub reason: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
    /// How the two move together apart from the trouble; absent where samples do not suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<Association>,
}

/// How two signals move together apart from what each one's own past foretells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Association {
    /// The signal of the cause.
    pub cause: String,
    /// The signal of the effect.
    pub effect: String,
    /// Whether they move together at all, one chance in a hundred of being wrong.
    pub confirmed: bool,
    /// Correlation of what is new in each, −1 to 1.
    pub correlation: f64,
    /// Share of the variance that is explained beyond each one's own past and what both share.
    pub partial_r2: f64,
    /// How much later the effect moves, in seconds; 0 is within one sample.
    pub lag_seconds: f64,
    /// Distance of the samples, in seconds.
    pub step_seconds: f64,
    /// Probability of so strong a correlation without any dependence.
    pub p: f64,
    /// Steps that were compared.
    pub samples: u32,
    /// What both depend on and what accounts for their moving together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<Entity>,
}

/// Trouble at the same time that has another cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Concurrent {
    /// The conclusion about it.
    pub verdict: Verdict,
    /// Where the evidence is insufficient: the one look that would settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_look: Option<String>,
    /// Its possible causes, likeliest first.
    #[schema(max_items = 3)]
    pub causes: Vec<Candidate>,
    /// What its symptoms are of.
    pub symptoms: Vec<Entity>,
    /// Why it is told apart.
    pub apart: String,
}
