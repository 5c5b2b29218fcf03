//! A caller's identity on its way from the gateway to another process: a JWS (RFC 7515, HS256)
//! of 30 s life, bound to one method and one path.

use fleetscope_model::Caller;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The shortest key that is accepted: HS256 asks for a key as long as its hash (RFC 7518, 3.2).
pub const LEAST_KEY_BYTES: usize = 32;

/// How long a signed caller holds, in seconds.
const LIFE_SECONDS: i64 = 30;

/// How far ahead the signer's clock may be, in seconds. Machines kept by NTP differ by far less.
const SKEW_SECONDS: i64 = 5;

/// Who signs, so that nothing else signed under the same key passes for a caller.
const ISSUER: &str = "fleetscope-gateway";

/// Whom it is for.
const AUDIENCE: &str = "fleetscope-role";

/// Signs and verifies callers under `services.key`. Cheap to clone; its `Debug` prints no key.
#[derive(Debug, Clone)]
pub struct CallerTokens {
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// The claims; `htm` and `htu` are named as in RFC 9449 (`DPoP`), which binds in the same way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The whole caller: a role asks access reviews about it.
    caller: Caller,
    htm: String,
    htu: String,
    iat: i64,
    exp: i64,
}

impl CallerTokens {
    /// Tokens under `key`, of at least [`LEAST_KEY_BYTES`] bytes; else `services_key_too_short`.
    pub fn new(key: &SecretString) -> Result<Self> {
        let key = key.expose_secret().as_bytes();
        if key.len() < LEAST_KEY_BYTES {
            return Err(Error::KeyTooShort(key.len()));
        }
        Ok(Self {
            signing: EncodingKey::from_secret(key),
            verifying: DecodingKey::from_secret(key),
        })
    }

    /// A token that says `caller` asks for `method` on `path` (with the query, as on the request
    /// line) at `now`.
    pub fn sign(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: caller.name.clone(),
            caller: caller.clone(),
            htm: method.to_owned(),
            htu: path.to_owned(),
            iat: now.as_second(),
            exp: now.as_second() + LIFE_SECONDS,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(Error::Signing)
    }

    /// The caller whom `token` names, if it was signed under this key for exactly this `method`
    /// and `path` and holds at `now`; else `caller_refused`.
    pub fn verify(&self, token: &str, method: &str, path: &str, now: Timestamp) -> Result<Caller> {
        let claims = decode::<Claims>(token, &self.verifying, &validation())
            .map_err(|error| refused(format!("{:?}", error.kind())))?
            .claims;
        check_time(&claims, now.as_second())?;
        if claims.htm != method || claims.htu != path {
            return Err(refused("it was signed for another request".to_owned()));
        }
        Ok(claims.caller)
    }
}

/// Everything but time, which the library would read from the machine's clock.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation
}

fn check_time(claims: &Claims, now: i64) -> Result<()> {
    let life = claims.exp.checked_sub(claims.iat);
    if life != Some(LIFE_SECONDS) {
        return Err(refused("its life is not the agreed one".to_owned()));
    }
    if claims.exp <= now {
        return Err(refused("it has expired".to_owned()));
    }
    if claims.iat > now + SKEW_SECONDS {
        return Err(refused("it was signed in the future".to_owned()));
    }
    Ok(())
}

fn refused(reason: String) -> Error {
    Error::CallerRefused { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_model::{AccessRole, Authority, Fault as _};
    use std::collections::BTreeMap;

    const PATH: &str = "/api/v1/clusters?limit=5";

    fn now() -> Timestamp {
        "2026-03-01T10:00:00Z".parse().unwrap()
    }

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_second(now().as_second() + seconds).unwrap()
    }

    fn tokens(letter: char) -> CallerTokens {
        CallerTokens::new(&letter.to_string().repeat(LEAST_KEY_BYTES).into()).unwrap()
    }

    fn caller() -> Caller {
        Caller {
            authority: Authority::Openshift,
            uid: Some("7f0e".to_owned()),
            groups: vec!["ops".to_owned(), "system:authenticated:oauth".to_owned()],
            extra: BTreeMap::from([(
                "scopes.authorization.openshift.io".to_owned(),
                vec!["user:info".to_owned()],
            )]),
            ..Caller::local("ci", AccessRole::Operator)
        }
    }

    fn signed() -> String {
        tokens('k').sign(&caller(), "GET", PATH, now()).unwrap()
    }

    /// Claims of an administrator that would be accepted if they were signed.
    fn claims() -> serde_json::Value {
        serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "token:ci", "htm": "GET", "htu": PATH,
            "caller": Caller::local("token:ci", AccessRole::Admin),
            "iat": now().as_second(), "exp": now().as_second() + LIFE_SECONDS,
        })
    }

    #[track_caller]
    fn assert_refused(result: Result<Caller>) {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "caller_refused");
    }

    #[test]
    fn a_signed_caller_comes_out_as_it_went_in() {
        let verified = tokens('k').verify(&signed(), "GET", PATH, now()).unwrap();
        assert_eq!(verified, caller());
    }

    #[test]
    fn it_holds_for_thirty_seconds_and_no_longer() {
        let tokens = tokens('k');
        assert!(tokens.verify(&signed(), "GET", PATH, later(29)).is_ok());
        assert_refused(tokens.verify(&signed(), "GET", PATH, later(30)));
    }

    #[test]
    fn a_signer_slightly_ahead_is_accepted_and_one_far_ahead_is_not() {
        let tokens = tokens('k');
        assert!(tokens.verify(&signed(), "GET", PATH, later(-5)).is_ok());
        assert_refused(tokens.verify(&signed(), "GET", PATH, later(-6)));
    }

    #[test]
    fn it_is_bound_to_its_method_path_and_query() {
        let tokens = tokens('k');
        assert_refused(tokens.verify(&signed(), "DELETE", PATH, now()));
        assert_refused(tokens.verify(&signed(), "GET", "/api/v1/clusters", now()));
        assert_refused(tokens.verify(&signed(), "GET", "/api/v1/tokens?limit=5", now()));
    }

    #[test]
    fn another_key_is_refused() {
        assert_refused(tokens('x').verify(&signed(), "GET", PATH, now()));
    }

    #[test]
    fn a_changed_or_unsigned_token_is_refused() {
        let tokens = tokens('k');
        assert_refused(tokens.verify("", "GET", PATH, now()));
        assert_refused(tokens.verify("a.b.c", "GET", PATH, now()));
        let signed = signed();
        let (head, rest) = signed.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let claims = claims();
        let forged = base64url(&claims.to_string());
        assert_refused(tokens.verify(&format!("{head}.{forged}.{signature}"), "GET", PATH, now()));
        let none = base64url(r#"{"alg":"none","typ":"JWT"}"#);
        assert_refused(tokens.verify(&format!("{none}.{forged}."), "GET", PATH, now()));
    }

    #[test]
    fn what_was_signed_under_the_key_for_something_else_is_refused() {
        for (field, value) in [
            ("iss", serde_json::json!("elsewhere")),
            ("aud", serde_json::json!("elsewhere")),
            ("exp", serde_json::json!(now().as_second() + 3600)),
        ] {
            let mut claims = claims();
            claims[field] = value;
            let key = tokens('k').signing;
            let token = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
            assert_refused(tokens('k').verify(&token, "GET", PATH, now()));
        }
    }

    #[test]
    fn a_short_key_is_refused_with_what_to_write() {
        let error = CallerTokens::new(&"k".repeat(31).into()).unwrap_err();
        assert_eq!(error.code(), "services_key_too_short");
        assert!(error.message().contains("at least 32"));
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", tokens('k'));
        assert!(
            !shown.contains("kkk") && !shown.contains("107, 107"),
            "{shown}"
        );
    }

    fn base64url(text: &str) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    }
}
