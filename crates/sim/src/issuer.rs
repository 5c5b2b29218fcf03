//! An OpenID Connect issuer: discovery, keys that rotate, signed tokens, and the authorization
//! code flow with PKCE.
//!
//! Its keys come from the system's generator, as a key from a seed would be no secret: this is the
//! one part of the simulation that is not the same for the same seed. Like the hub it counts what
//! it is asked and can be out of order.

mod flow;
mod keys;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::{Error, Now};
use flow::Pending;
use keys::Key;

pub use keys::Signing;

/// An issuer. A cheap handle: clones are the same issuer.
#[derive(Clone)]
pub struct Issuer {
    now: Now,
    state: Arc<Mutex<Inside>>,
}

struct Inside {
    keys: Vec<Key>,
    made: usize,
    codes: usize,
    key_fetches: usize,
    down: bool,
    pending: Vec<Pending>,
    signed_in: Option<Value>,
}

impl Issuer {
    /// An issuer with one key.
    ///
    /// # Errors
    /// No key can be made.
    pub fn new(signing: Signing, now: Now) -> Result<Self, Error> {
        let issuer = Self {
            now,
            state: Arc::new(Mutex::new(Inside {
                keys: Vec::new(),
                made: 0,
                codes: 0,
                key_fetches: 0,
                down: false,
                pending: Vec::new(),
                signed_in: None,
            })),
        };
        issuer.rotate(signing)?;
        Ok(issuer)
    }

    /// Signs with a new key from now on, and shows no other any more. The name of the new key.
    ///
    /// # Errors
    /// No key can be made.
    pub fn rotate(&self, signing: Signing) -> Result<String, Error> {
        let mut state = self.state();
        state.made += 1;
        let kid = format!("key-{}", state.made);
        state.keys = vec![Key::new(kid.clone(), signing)?];
        Ok(kid)
    }

    /// A token with these claims, signed by the present key.
    ///
    /// # Errors
    /// The key can't sign.
    pub fn token(&self, claims: &Value) -> Result<String, Error> {
        let state = self.state();
        let key = state.keys.last().ok_or(Error::Signing)?;
        key.sign(
            &json!({ "alg": key.algorithm(), "kid": key.kid, "typ": "JWT" }),
            claims,
        )
    }

    /// A token under a head of the test's own, signed by the present key all the same.
    ///
    /// # Errors
    /// The key can't sign.
    pub fn token_with_head(&self, head: &Value, claims: &Value) -> Result<String, Error> {
        let state = self.state();
        state.keys.last().ok_or(Error::Signing)?.sign(head, claims)
    }

    /// The public key that is shown now, as a JWK.
    pub fn key(&self) -> Value {
        self.state().keys.last().map_or(Value::Null, Key::jwk)
    }

    /// Answers 503, or no more.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Whom the authorization endpoint finds signed in: claims of the ID token beside those that
    /// are the protocol's.
    pub fn sign_in(&self, claims: Value) {
        self.state().signed_in = Some(claims);
    }

    /// How often its keys were fetched.
    pub fn key_fetches(&self) -> usize {
        self.state().key_fetches
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(flow::authorize))
            .route("/token", post(flow::exchange))
            .with_state(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").finish_non_exhaustive()
    }
}

/// The issuer's name: where it was asked, without a trailing slash.
fn name(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

async fn discovery(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    if issuer.state().down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let name = name(&headers);
    Json(json!({
        "issuer": name,
        "authorization_endpoint": format!("{name}/authorize"),
        "token_endpoint": format!("{name}/token"),
        "jwks_uri": format!("{name}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
    }))
    .into_response()
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let mut state = issuer.state();
    state.key_fetches += 1;
    if state.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let keys: Vec<_> = state.keys.iter().map(Key::jwk).collect();
    Json(json!({ "keys": keys })).into_response()
}
