//! Root-cause investigations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::analysis::{Anomaly, Entity, Evidence, Gap, Status};
use super::blast::BlastRadius;
use super::causal::{CausalGraph, Concurrent};
use super::ranking::Suspect;
use super::recurrence::Recurrence;

/// A request for an investigation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvestigationRequest {
    /// Cluster ids; all that the caller may see where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub clusters: Option<Vec<Uuid>>,
    /// First instant of the window in which the cause is sought; an hour before `end` where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Last instant of the window; now where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

/// What an investigation concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first cause is the cause.
    Cause,
    /// Something is wrong, and the evidence does not single out a cause.
    InsufficientEvidence,
    /// Nothing is unusual.
    NothingWrong,
}

/// A change in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What was changed.
    pub entity: Entity,
    /// `rollout`, `scale`, `restart`, `config`, `node`, `commit`, `flag` or `upgrade`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// For a rollout the revision, for settings the object's version, for an upgrade what it leads
    /// to, for a commit its id or the version of the chart that was brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// One line.
    pub summary: String,
}

/// One reason for or against a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// `for` or `against`.
    pub stance: String,
    /// A sentence.
    pub text: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// One possible cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// Where the cause lies.
    pub entity: Entity,
    /// The change that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What is wrong there.
    pub mechanism: String,
    /// When it began.
    pub onset: Timestamp,
    /// How exactly that is known, in seconds.
    pub onset_within_seconds: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// The same in a word: `high`, `moderate` or `low`.
    pub confidence_in_words: String,
    /// The share of the symptoms that it explains, 0 to 1.
    pub explained: f64,
    /// What it reaches, nearest first.
    pub reaches: Vec<Entity>,
    /// Why, and why not.
    pub reasons: Vec<Reason>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub entity: Entity,
    /// What.
    pub text: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A change that could have brought the trouble about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SuspectChange {
    /// The change.
    pub change: Change,
    /// The commit's id, where it is one or brought one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Since when it runs, as far as is known.
    pub live_at: Timestamp,
    /// How likely it is that it did it, 0 to 1.
    pub confidence: f64,
    /// Why, and why not.
    pub reasons: Vec<Reason>,
}

/// Which change brought the trouble about, or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attribution {
    /// `change` (the first suspect did it), `no_change` or `undecided`.
    pub blame: String,
    /// The changes that could have done it, likeliest first.
    #[schema(max_items = 5)]
    pub suspects: Vec<SuspectChange>,
    /// How likely it is that no change did, 0 to 1.
    pub otherwise: f64,
    /// What speaks for that, and what against.
    pub otherwise_reasons: Vec<Reason>,
}

/// One investigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Investigation {
    /// Identity.
    pub id: Uuid,
    /// `watch` or `request`.
    pub origin: String,
    /// Who asked.
    pub requested_by: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When this revision was written.
    pub updated_at: Timestamp,
    /// Grows each time newer data changed the conclusion.
    pub revision: u32,
    /// How far it is.
    pub status: Status,
    /// Whether newer data may still revise it.
    pub open: bool,
    /// Cluster ids and names.
    pub clusters: BTreeMap<Uuid, String>,
    /// First instant of the window.
    pub start: Timestamp,
    /// Last instant of the window.
    pub end: Timestamp,
    /// What raised it.
    pub alarms: Vec<Anomaly>,
    /// The conclusion; absent until the first pass is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Where the evidence is insufficient: the one look that would settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_look: Option<String>,
    /// Possible causes, likeliest first.
    pub causes: Vec<Candidate>,
    /// What stood out, worst first.
    pub anomalies: Vec<Anomaly>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// How the conclusion was reached.
    pub reasoning: Vec<String>,
    /// Which change brought it about, or none; absent where there was none to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// The findings in plain words, a paragraph an item.
    pub narrative: Vec<String>,
    /// Everything that is cited.
    pub evidence: Vec<Evidence>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Everything that could be the cause, by the votes of several methods, most first. It is there
    /// also where nothing is concluded: what was compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub ranking: Vec<Suspect>,
    /// Whom the first cause affects, and whom it can still affect; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast: Option<BlastRadius>,
    /// Earlier investigations of the same trouble that you may see, newest first. Lists leave it
    /// out: read the investigation itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub recurrence: Vec<Recurrence>,
    /// What else is wrong at the same time, with causes of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub also: Vec<Concurrent>,
    /// What hangs together with what is felt, and which trouble can have come from which.
    #[serde(default)]
    pub graph: CausalGraph,
}
