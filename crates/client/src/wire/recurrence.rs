//! Earlier investigations of the same trouble.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::analysis::Entity;

/// An earlier investigation of the same trouble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recurrence {
    /// Its id.
    pub investigation: Uuid,
    /// How alike the two are, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub similarity: f64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Where the cause lay; absent where none was named, or where you may not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Entity>,
    /// What was wrong there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
    /// How it ended: `the symptoms have ended`.
    pub ended: String,
}
