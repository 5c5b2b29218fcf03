//! Credentials and keys.

use fleetscope_client::wire;
use fleetscope_model::{Credential, CredentialKind, KeyRotation, RotationState};
use fleetscope_ports::Plain;
use fleetscope_registry::NewCredential;
use fleetscope_registry::credentials::Keys;

use crate::error::ApiError;

/// What a caller writes: the fields of its kind, and no others.
pub fn new(new: wire::NewCredential) -> Result<NewCredential, ApiError> {
    use wire::NewCredentialKind as Kind;
    let wire::NewCredential {
        kind,
        token,
        username,
        password,
        certificate,
        key,
        kubeconfig,
        context,
    } = new;
    let wanted: &[&str] = match kind {
        Kind::Token => &["token"],
        Kind::Basic => &["username", "password"],
        Kind::ClientCertificate => &["certificate", "key"],
        Kind::Kubeconfig => &["kubeconfig"],
    };
    let given = [
        ("token", token),
        ("username", username),
        ("password", password),
        ("certificate", certificate),
        ("key", key),
        ("kubeconfig", kubeconfig),
    ];
    let mut parts = Vec::new();
    for (name, value) in given {
        match (wanted.contains(&name), value) {
            (true, Some(value)) => parts.push(Plain::new(value.into_text())),
            (false, None) => {}
            (true, None) => return Err(fields(name, "has to be given", wanted)),
            (false, Some(_)) => return Err(fields(name, "has no place here", wanted)),
        }
    }
    if context.is_some() && kind != Kind::Kubeconfig {
        return Err(fields("context", "has no place here", wanted));
    }
    let mut parts = parts.into_iter();
    let mut next = || parts.next().unwrap_or_else(|| Plain::new(String::new()));
    Ok(match kind {
        Kind::Token => NewCredential::Token(next()),
        Kind::Basic => NewCredential::Basic {
            username: next(),
            password: next(),
        },
        Kind::ClientCertificate => NewCredential::ClientCertificate {
            certificate: next(),
            key: next(),
        },
        Kind::Kubeconfig => NewCredential::Kubeconfig {
            text: next(),
            context,
        },
    })
}

fn fields(name: &str, what: &str, wanted: &[&str]) -> ApiError {
    let wanted = wanted.join(" and ");
    ApiError::invalid(
        format!("/{name}"),
        format!("{name} {what}: a credential of this kind is made of {wanted}"),
    )
}

/// A credential, without its value.
pub fn credential(credential: Credential) -> wire::Credential {
    let (last_used_at, last_used_by) = credential
        .last_used
        .map(|used| (used.at, used.by.as_str().to_owned()))
        .unzip();
    wire::Credential {
        field: credential.field.as_str().to_owned(),
        kind: match credential.kind {
            CredentialKind::Token => wire::CredentialKind::Token,
            CredentialKind::Basic => wire::CredentialKind::Basic,
            CredentialKind::ClientCertificate => wire::CredentialKind::ClientCertificate,
        },
        generation: credential.generation,
        key_id: credential.key_id,
        given_for: credential.given_for,
        created_at: credential.created_at,
        rotated_at: credential.rotated_at,
        last_used_at,
        last_used_by,
    }
}

/// The keys, without the keys.
pub fn keys(keys: Keys) -> wire::CredentialKeys {
    let shown = keys.keys.into_iter().map(|key| wire::CredentialKey {
        id: key.id,
        active: key.active,
        present: key.present,
        credentials: key.credentials,
    });
    wire::CredentialKeys {
        keys: shown.collect(),
        rotation: keys.rotation.map(rotation),
    }
}

/// A rotation.
pub fn rotation(rotation: KeyRotation) -> wire::KeyRotation {
    wire::KeyRotation {
        state: match rotation.state {
            RotationState::Running => wire::RotationState::Running,
            RotationState::Stopped => wire::RotationState::Stopped,
            RotationState::Done => wire::RotationState::Done,
        },
        to: rotation.to,
        asked_at: rotation.asked_at,
        asked_by: rotation.asked_by,
        rewrapped: rotation.rewrapped,
        failed: rotation.failed,
        changed_at: rotation.changed_at,
    }
}
