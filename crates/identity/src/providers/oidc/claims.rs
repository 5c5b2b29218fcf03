//! What a token says, once its signature was checked.

use std::collections::BTreeMap;
use std::time::Duration;

use fleetscope_model::{AccessRole, Authority, Caller};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::OidcOptions;
use crate::{Error, Result};

/// The group that a cluster puts everybody in whom it knows, and access reviews do not.
const AUTHENTICATED: &str = "system:authenticated";

/// Names that belong to the platform and to clusters; an issuer may not give them.
const RESERVED: &str = "system:";

/// The claims of a token.
#[derive(Debug)]
pub(crate) struct Claims {
    all: Value,
    expires: Timestamp,
    not_before: Option<Timestamp>,
}

impl Claims {
    pub(super) fn new(all: Value) -> Result<Self> {
        let expires = time(&all["exp"]).ok_or(Error::UnknownToken)?;
        let not_before = match &all["nbf"] {
            Value::Null => None,
            value => Some(time(value).ok_or(Error::UnknownToken)?),
        };
        Ok(Self {
            all,
            expires,
            not_before,
        })
    }

    /// When the token ends, if it holds now.
    pub(crate) fn check_time(&self, now: Timestamp, skew: Duration) -> Result<Timestamp> {
        let skew = SignedDuration::try_from(skew).unwrap_or(SignedDuration::ZERO);
        let end = self.expires.saturating_add(skew).unwrap_or(self.expires);
        if end <= now {
            return Err(Error::ExpiredToken(self.expires));
        }
        let ahead = now.saturating_add(skew).unwrap_or(now);
        if self.not_before.is_some_and(|begin| begin > ahead) {
            return Err(Error::UnknownToken);
        }
        Ok(end)
    }

    /// The value of a claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name)?.as_str()
    }

    /// Who it is, by the installation's reading of the claims.
    pub(super) fn caller(&self, options: &OidcOptions) -> Result<Caller> {
        let claim = options.username_claim.as_str();
        let name = self.text(claim).filter(|name| !name.is_empty());
        let name = name.ok_or(Error::UnknownToken)?;
        // Anybody can enter anybody's address; only a verified one is a name.
        if claim == "email" && self.all.get("email_verified") == Some(&Value::Bool(false)) {
            return Err(Error::UnknownToken);
        }
        let name = format!("{}{name}", options.username_prefix);
        if name.starts_with(RESERVED) {
            return Err(Error::UnknownToken);
        }
        Ok(Caller {
            name,
            role: AccessRole::Viewer,
            authority: Authority::Oidc,
            uid: self.text("sub").map(str::to_owned),
            groups: self.groups(options),
            extra: BTreeMap::new(),
        })
    }

    fn groups(&self, options: &OidcOptions) -> Vec<String> {
        let claim = options.groups_claim.as_ref();
        let listed = claim.and_then(|claim| self.all.get(claim));
        let texts: Vec<&str> = match listed {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut groups: Vec<_> = texts
            .into_iter()
            .map(|group| format!("{}{group}", options.groups_prefix))
            .filter(|group| !group.starts_with(RESERVED))
            .collect();
        groups.push(AUTHENTICATED.to_owned());
        groups
    }
}

/// A `NumericDate` (RFC 7519, 2).
fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64()?;
    Timestamp::from_second(seconds as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options() -> OidcOptions {
        OidcOptions {
            issuer: "https://issuer".to_owned(),
            audiences: vec!["fleetscope".to_owned()],
            algorithms: vec!["RS256".to_owned()],
            username_claim: "email".to_owned(),
            username_prefix: String::new(),
            groups_claim: Some("groups".to_owned()),
            groups_prefix: "oidc:".to_owned(),
            skew: Duration::from_secs(30),
        }
    }

    fn claims(mut with: Value) -> Claims {
        with["exp"] = json!(1_000);
        Claims::new(with).unwrap()
    }

    #[test]
    fn names_and_groups_get_their_prefixes() {
        let claims = claims(json!({ "email": "a@example.com", "groups": ["ops", 7], "sub": "1" }));
        let caller = claims.caller(&options()).unwrap();
        assert_eq!(caller.name, "a@example.com");
        assert_eq!(caller.uid.as_deref(), Some("1"));
        assert_eq!(caller.groups, ["oidc:ops", AUTHENTICATED]);
    }

    #[test]
    fn an_issuer_can_make_nobody_one_of_the_system() {
        let mut options = options();
        options.groups_prefix = String::new();
        let named = |name: &str| claims(json!({ "email": name, "groups": "system:masters" }));
        assert!(named("system:admin").caller(&options).is_err());
        let caller = named("alice").caller(&options).unwrap();
        assert_eq!(caller.groups, [AUTHENTICATED]);
    }

    #[test]
    fn an_address_that_was_not_verified_is_no_name() {
        let claims = claims(json!({ "email": "a@example.com", "email_verified": false }));
        assert!(claims.caller(&options()).is_err());
    }

    #[test]
    fn times_hold_within_the_skew_and_not_beyond() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let skew = Duration::from_secs(30);
        let claims = claims(json!({ "nbf": 500 }));
        assert!(claims.check_time(at(470), skew).is_ok());
        assert!(claims.check_time(at(469), skew).is_err());
        assert_eq!(claims.check_time(at(1029), skew).unwrap(), at(1030));
        let late = claims.check_time(at(1030), skew);
        assert!(matches!(late, Err(Error::ExpiredToken(end)) if end == at(1000)));
    }
}
