//! Investigations: why something is wrong, with what certainty, resting on which evidence.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::analysis::Anomaly;
use crate::attribution::Attribution;
use crate::blast::BlastRadius;
use crate::caller::Caller;
use crate::causal::CausalGraph;
use crate::change::Change;
use crate::collection::Gap;
use crate::entity::Entity;
use crate::evidence::Evidence;
use crate::ids::{ClusterId, EvidenceId, InvestigationId};
use crate::recurrence::{Fingerprint, Recurrence};
use crate::time::{Origin, Status, TimeRange};

/// What an investigation concludes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Verdict {
    /// The first candidate is the cause.
    Cause,
    /// Something is wrong and the evidence does not single out a cause.
    InsufficientEvidence {
        /// The one query or look that would settle it.
        next_look: String,
    },
    /// Nothing is unusual in the window.
    NothingWrong,
}

/// A probability in words and as a number.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(pub f64);

impl Confidence {
    /// From this on a cause may be called one: below, an investigation abstains.
    pub const ENOUGH: f64 = 0.6;

    /// `high` from 0.8, `moderate` from 0.6, else `low`.
    pub fn in_words(self) -> &'static str {
        if self.0 >= 0.8 {
            "high"
        } else if self.0 >= Self::ENOUGH {
            "moderate"
        } else {
            "low"
        }
    }
}

/// Whether a reason speaks for a candidate or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// For.
    For,
    /// Against.
    Against,
}

/// One reason, with the evidence it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// For or against.
    pub stance: Stance,
    /// A sentence.
    pub text: String,
    /// Never empty.
    pub evidence: Vec<EvidenceId>,
}

/// One possible cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Where the cause lies.
    pub entity: Entity,
    /// The change that brought it, where one did.
    pub change: Option<Change>,
    /// What is wrong there, in a few words: `memory grows without bound since revision 7`.
    pub mechanism: String,
    /// When it began.
    pub onset: Timestamp,
    /// How exactly that is known.
    pub onset_within: SignedDuration,
    /// How sure.
    pub confidence: Confidence,
    /// The share of the symptoms that it explains, 0 to 1.
    pub explained: f64,
    /// The entities it reaches, nearest first, itself left out.
    pub reaches: Vec<Entity>,
    /// Why, and why not.
    pub reasons: Vec<Reason>,
}

/// One place of a ranking of everything that could be the cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Where the cause may lie.
    pub entity: Entity,
    /// Its part of all votes, 0 to 1.
    pub score: f64,
    /// Why, and why not.
    pub reasons: Vec<Reason>,
}

impl Suspect {
    /// So many of a ranking are told with their reasons, and the evidence of these is kept: nobody
    /// reads on.
    pub const WITH_REASONS: usize = 10;
}

/// Something that happened, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub entity: Entity,
    /// What.
    pub text: String,
    /// The evidence.
    pub evidence: Vec<EvidenceId>,
}

/// What the engine found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The conclusion.
    pub verdict: Verdict,
    /// Possible causes, likeliest first; at most ten.
    pub candidates: Vec<Candidate>,
    /// Everything that could be the cause, by the votes of several methods, most first; at most
    /// fifty. It is there also where nothing is concluded: where to look first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranking: Vec<Suspect>,
    /// What stood out in the window, worst first.
    pub anomalies: Vec<Anomaly>,
    /// What happened, oldest first; at most fifty entries.
    pub timeline: Vec<TimelineEntry>,
    /// How the conclusion was reached, step by step.
    pub reasoning: Vec<String>,
    /// Which change brought it about, or none; where there were changes to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Whom the first candidate affects, and whom it can still affect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast: Option<BlastRadius>,
    /// What else is wrong at the same time, with causes of its own; at most five, most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Concurrent>,
    /// What hangs together with what is felt, and which trouble can have come from which.
    #[serde(default, skip_serializing_if = "CausalGraph::is_empty")]
    pub graph: CausalGraph,
}

/// Trouble at the same time that has another cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concurrent {
    /// The conclusion about it.
    pub verdict: Verdict,
    /// Its possible causes, likeliest first; at most three.
    pub candidates: Vec<Candidate>,
    /// What its symptoms are of.
    pub symptoms: Vec<Entity>,
    /// Why it is told apart, in a few words.
    pub apart: String,
}

/// One investigation, from the alarm to the explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Investigation {
    /// Identity.
    pub id: InvestigationId,
    /// Who asked.
    pub origin: Origin,
    /// The caller's name.
    pub requested_by: String,
    /// The caller itself, where one asked: what is read for a request is read within the rights of
    /// whoever asked, as they are when it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<Caller>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When this revision was written.
    pub updated_at: Timestamp,
    /// Grows by one each time the investigation is gone through again with newer data.
    pub revision: u32,
    /// How far it is.
    pub status: Status,
    /// Whether it is still followed: newer data may revise it.
    pub open: bool,
    /// The clusters that were looked at, by id, with their names.
    pub clusters: BTreeMap<ClusterId, String>,
    /// The window that was looked at.
    pub window: TimeRange,
    /// The anomalies that raised it.
    pub alarms: Vec<Anomaly>,
    /// What was found; none until the first pass is done.
    pub findings: Option<Findings>,
    /// The same in plain words.
    pub narrative: Vec<String>,
    /// Everything that the findings cite.
    pub evidence: Vec<Evidence>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Why it failed, where it did.
    pub failure: Option<String>,
    /// Why it is no longer followed, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What kind of trouble it found, to know it again by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Earlier investigations of the same trouble, newest first; nothing of them is for a reader who
    /// may not see them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recurrence: Vec<Recurrence>,
}
