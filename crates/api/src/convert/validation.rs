//! Validations.

use fleetscope_client::wire;
use fleetscope_model::{Check, CheckCode, ClusterHealth, Observed, OwnRights, Right, Validation};

/// A validation of a cluster at this generation; of one that was never validated, an empty one.
pub fn validation(validation: Option<Validation>, generation: u64) -> wire::Validation {
    let observed = Observed {
        validation: validation.as_ref().map(Validation::brief),
        ..Observed::default()
    };
    let status = state(observed.health(generation));
    match validation {
        Some(validation) => wire::Validation {
            at: Some(validation.at),
            generation: validation.generation,
            status,
            checks: validation.checks.into_iter().map(check).collect(),
        },
        None => wire::Validation {
            at: None,
            generation,
            status,
            checks: Vec::new(),
        },
    }
}

/// How a cluster at this generation fares.
pub fn health(observed: &Observed, generation: u64) -> wire::ClusterHealth {
    let status = state(observed.health(generation));
    let brief = observed.validation.as_ref();
    wire::ClusterHealth {
        status,
        checked_at: brief.map(|brief| brief.at),
        endpoints: brief
            .into_iter()
            .flat_map(|brief| &brief.codes)
            .map(|(source, code)| (source.as_str().to_owned(), self::code(*code)))
            .collect(),
    }
}

fn check(check: Check) -> wire::Check {
    let Check {
        source,
        place,
        code,
        detail,
        latency_ms,
        certified_until,
        version,
        rights,
    } = check;
    wire::Check {
        endpoint: source.as_str().to_owned(),
        place,
        code: self::code(code),
        detail,
        latency_ms,
        certified_until,
        version,
        rights: rights.map(|OwnRights { missing, excess }| wire::OwnRights {
            missing: missing.into_iter().map(right).collect(),
            excess,
        }),
    }
}

pub(super) fn right(right: Right) -> wire::NeededRight {
    wire::NeededRight {
        ability: right.ability.as_str().to_owned(),
        verb: right.verb,
        group: right.group,
        resource: right.resource,
        name: right.name,
        namespace: right.namespace,
    }
}

const fn state(health: ClusterHealth) -> wire::ClusterState {
    match health {
        ClusterHealth::Unknown => wire::ClusterState::Unknown,
        ClusterHealth::Healthy => wire::ClusterState::Healthy,
        ClusterHealth::Degraded => wire::ClusterState::Degraded,
        ClusterHealth::Unreachable => wire::ClusterState::Unreachable,
    }
}

/// The state that a caller filters by.
pub const fn wanted(state: wire::ClusterState) -> ClusterHealth {
    match state {
        wire::ClusterState::Unknown => ClusterHealth::Unknown,
        wire::ClusterState::Healthy => ClusterHealth::Healthy,
        wire::ClusterState::Degraded => ClusterHealth::Degraded,
        wire::ClusterState::Unreachable => ClusterHealth::Unreachable,
    }
}

const fn code(code: CheckCode) -> wire::CheckCode {
    use wire::CheckCode as Wire;
    match code {
        CheckCode::Ok => Wire::Ok,
        CheckCode::MissingRights => Wire::MissingRights,
        CheckCode::AddressRefused => Wire::AddressRefused,
        CheckCode::UnknownHost => Wire::UnknownHost,
        CheckCode::ConnectionRefused => Wire::ConnectionRefused,
        CheckCode::Unreachable => Wire::Unreachable,
        CheckCode::Timeout => Wire::Timeout,
        CheckCode::CertificateExpired => Wire::CertificateExpired,
        CheckCode::UnknownAuthority => Wire::UnknownAuthority,
        CheckCode::CertificateName => Wire::CertificateName,
        CheckCode::TlsFailed => Wire::TlsFailed,
        CheckCode::Unauthenticated => Wire::Unauthenticated,
        CheckCode::Forbidden => Wire::Forbidden,
        CheckCode::OtherProduct => Wire::OtherProduct,
        CheckCode::Redirected => Wire::Redirected,
        CheckCode::Overloaded => Wire::Overloaded,
        CheckCode::ServerError => Wire::ServerError,
        CheckCode::CredentialUnusable => Wire::CredentialUnusable,
    }
}
