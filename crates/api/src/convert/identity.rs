//! Who somebody is.

use fleetscope_client::wire;
use fleetscope_identity::Known;
use fleetscope_model::{AccessRole, Authority};

/// Somebody who is known.
pub fn identity(known: Known) -> wire::Identity {
    let caller = known.caller;
    wire::Identity {
        name: caller.name,
        role: role(caller.role),
        authority: match caller.authority {
            Authority::System => wire::Authority::System,
            Authority::Local => wire::Authority::Local,
            Authority::Kubernetes => wire::Authority::Kubernetes,
            Authority::Openshift => wire::Authority::Openshift,
            Authority::Oidc => wire::Authority::Oidc,
        },
        uid: caller.uid,
        groups: caller.groups,
        extra: caller.extra,
        expires_at: known.until,
    }
}

const fn role(role: AccessRole) -> wire::TokenRole {
    match role {
        AccessRole::Notifier => wire::TokenRole::Notifier,
        AccessRole::Viewer => wire::TokenRole::Viewer,
        AccessRole::Operator => wire::TokenRole::Operator,
        AccessRole::Admin => wire::TokenRole::Admin,
    }
}
