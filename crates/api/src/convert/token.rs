//! API tokens.

use fleetscope_client::wire;
use fleetscope_model::{AccessRole, ApiToken};

/// A role as the caller says it.
pub const fn role(role: wire::TokenRole) -> AccessRole {
    match role {
        wire::TokenRole::Notifier => AccessRole::Notifier,
        wire::TokenRole::Viewer => AccessRole::Viewer,
        wire::TokenRole::Operator => AccessRole::Operator,
        wire::TokenRole::Admin => AccessRole::Admin,
    }
}

/// A token, without the token.
pub fn token(token: ApiToken) -> wire::ApiToken {
    wire::ApiToken {
        id: token.id.uuid(),
        name: token.name,
        role: match token.role {
            AccessRole::Notifier => wire::TokenRole::Notifier,
            AccessRole::Viewer => wire::TokenRole::Viewer,
            AccessRole::Operator => wire::TokenRole::Operator,
            AccessRole::Admin => wire::TokenRole::Admin,
        },
        created_at: token.created_at,
        expires_at: token.expires_at,
    }
}
