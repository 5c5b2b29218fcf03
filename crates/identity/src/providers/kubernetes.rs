//! Tokens that the hub cluster knows: those of service accounts, and whatever else its API server
//! accepts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fleetscope_kubernetes::{Kubernetes, Reviewed, UserInfo};
use fleetscope_model::{AccessRole, Authority, Caller};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{Error, Known, Result};

/// The most bytes of names, groups and extra together. They travel in a header between processes,
/// and who has more is better refused than cut: a group left out denies, a scope left out allows.
const MOST_BYTES: usize = 24 * 1024;

/// Tokens reviewed by the hub's API server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KubernetesTokens {
    hub: Kubernetes,
    audience: String,
}

impl KubernetesTokens {
    /// Tokens that `hub` says are meant for `audience`.
    pub fn new(hub: Kubernetes, audience: impl Into<String>) -> Self {
        Self {
            hub,
            audience: audience.into(),
        }
    }

    pub(crate) async fn authenticate(&self, token: &SecretString) -> Result<Known> {
        let user = self.review(token).await?;
        Ok(Known {
            caller: caller(user, Authority::Kubernetes)?,
            until: end_of(token),
        })
    }

    /// Whose token this is, if it is meant for the audience.
    pub(crate) async fn review(&self, token: &SecretString) -> Result<UserInfo> {
        let reviewed = self.hub.review_token(token, &[&self.audience]).await;
        match reviewed.map_err(|cause| Error::unavailable(Authority::Kubernetes, cause))? {
            Reviewed::Bad => Err(Error::UnknownToken),
            Reviewed::Good { user, audiences } => {
                if audiences.contains(&self.audience) {
                    return Ok(user);
                }
                // As the documentation of TokenReview asks: a server that does not say for whom
                // the token is has not looked.
                tracing::warn!(
                    audience = self.audience,
                    "the hub's API server does not say that a token is for this audience, so it is \
                     refused: an API server that knows no audiences can't be used"
                );
                Err(Error::UnknownToken)
            }
        }
    }
}

/// The caller whom an API server has named.
pub(crate) fn caller(user: UserInfo, authority: Authority) -> Result<Caller> {
    let extra = user.extra.iter();
    let extra: usize = extra
        .map(|(key, values)| key.len() + values.iter().map(String::len).sum::<usize>())
        .sum();
    let groups: usize = user.groups.iter().map(String::len).sum();
    if user.name.len() + groups + extra > MOST_BYTES {
        return Err(Error::IdentityTooLarge(user.name));
    }
    Ok(Caller {
        name: user.name,
        role: AccessRole::Viewer,
        authority,
        uid: user.uid.filter(|uid| !uid.is_empty()),
        groups: user.groups,
        extra: user.extra,
    })
}

/// When a token ends, as it says of itself. It is not checked, so it may only shorten what the
/// reviewer has said.
pub(crate) fn end_of(token: &SecretString) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let claims = token.expose_secret().split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims.exp as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_says_when_it_ends_and_nothing_else_does() {
        let jwt = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)).into();
        let end = end_of(&jwt(r#"{"exp":1800000000,"sub":"a"}"#)).unwrap();
        assert_eq!(end.as_second(), 1_800_000_000);
        assert!(end_of(&jwt(r#"{"sub":"a"}"#)).is_none());
        assert!(end_of(&jwt("{")).is_none());
        assert!(end_of(&"opaque".into()).is_none());
        assert!(end_of(&"a.b.c".into()).is_none());
    }

    #[test]
    fn an_identity_that_is_too_large_is_refused_and_not_cut() {
        let mut user = UserInfo {
            name: "alice".to_owned(),
            ..UserInfo::default()
        };
        user.groups = vec!["g".repeat(100); 200];
        assert_eq!(
            caller(user.clone(), Authority::Kubernetes)
                .unwrap()
                .groups
                .len(),
            200
        );
        user.groups = vec!["g".repeat(100); 250];
        let refused = caller(user, Authority::Kubernetes);
        assert!(matches!(refused, Err(Error::IdentityTooLarge(_))));
    }
}
