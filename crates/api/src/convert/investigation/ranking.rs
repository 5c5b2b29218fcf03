//! The ranking of everything that could be the cause.

use fleetscope_client::wire;
use fleetscope_model::Suspect;

use super::reason;
use crate::convert::analysis::entity;

/// A ranking. Only the evidence of the first is kept, so only they are told with reasons.
pub(super) fn ranking(ranking: Vec<Suspect>) -> Vec<wire::Suspect> {
    let suspects = ranking.into_iter().enumerate();
    let told = suspects.map(|(place, suspect)| {
        let reasons = match place {
            0..Suspect::WITH_REASONS => suspect.reasons,
            _ => Vec::new(),
        };
        wire::Suspect {
            entity: entity(suspect.entity),
            score: suspect.score,
            reasons: reasons.into_iter().map(reason).collect(),
        }
    });
    told.collect()
}
