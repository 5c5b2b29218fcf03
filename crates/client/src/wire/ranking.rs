//! Everything that could be the cause of trouble, by votes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::Entity;
use super::investigation::Reason;

/// One place of the ranking of everything that could be the cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Suspect {
    /// Where the cause may lie.
    pub entity: Entity,
    /// Its part of all votes, 0 to 1; those of what is not told of count among them.
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
    /// Why, and why not; the first ten have reasons.
    pub reasons: Vec<Reason>,
}
