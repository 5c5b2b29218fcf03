//! API tokens of local mode, without the token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::caller::AccessRole;
use crate::ids::TokenId;

/// What is kept of an API token; the token itself was shown once and is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Identity.
    pub id: TokenId,
    /// A person's name for it, unique.
    pub name: String,
    /// What its bearer may do.
    pub role: AccessRole,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; none means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}
