//! Tokens of an issuer, whose keys are fetched over HTTP.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_identity::{
    Authenticator as _, Authenticators, Known, Limits, OidcOptions, OidcTokens, Provider, Result,
};
use fleetscope_model::{Authority, Fault as _};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Clock as _, ManualClock};
use fleetscope_sim::hub::Served;
use fleetscope_sim::issuer::{Issuer, Signing};
use serde_json::{Value, json};

use crate::start;

struct Bench {
    clock: Arc<ManualClock>,
    issuer: Issuer,
    people: Authenticators,
    served: Served,
}

impl Bench {
    async fn start(signing: Signing) -> Self {
        let clock = Arc::new(ManualClock::new(start()));
        let now = clock.clone();
        let issuer = Issuer::new(signing, Arc::new(move || now.now())).unwrap();
        let served = Served::start(issuer.router(), 0).await.unwrap();
        let options = OidcOptions {
            issuer: name(&served),
            audiences: vec!["fleetscope".to_owned()],
            algorithms: vec!["RS256".to_owned(), "ES256".to_owned()],
            username_claim: "preferred_username".to_owned(),
            username_prefix: "oidc:".to_owned(),
            groups_claim: Some("groups".to_owned()),
            groups_prefix: "oidc:".to_owned(),
            skew: Duration::from_secs(30),
        };
        let outbound = Outbound::new(OutboundOptions::default()).unwrap();
        let tokens = OidcTokens::new(options, outbound, clock.clone()).unwrap();
        let providers = vec![Provider::Oidc(tokens)];
        let people = Authenticators::new(providers, Limits::default(), clock.clone()).unwrap();
        Self {
            clock,
            issuer,
            people,
            served,
        }
    }

    /// Claims of a good token, changed.
    fn claims(&self, change: impl FnOnce(&mut Value)) -> Value {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": name(&self.served), "aud": ["fleetscope"], "sub": "42",
            "preferred_username": "alice", "groups": ["ops"],
            "iat": now, "nbf": now, "exp": now + 3600,
        });
        change(&mut claims);
        claims
    }

    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        self.issuer.token(&self.claims(change)).unwrap()
    }

    async fn known(&self, token: &str) -> Result<Known> {
        self.people.authenticate(&token.into(), None).await
    }

    async fn code(&self, token: &str) -> &'static str {
        self.known(token)
            .await
            .map_or_else(|error| error.code(), |_| "ok")
    }
}

/// Without the slash: issuers are compared as texts.
fn name(served: &Served) -> String {
    served.base.as_str().trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn a_token_of_either_algorithm_is_known() {
    for signing in [Signing::Es256, Signing::Rs256] {
        let bench = Bench::start(signing).await;
        let caller = bench.known(&bench.token(|_| {})).await.unwrap().caller;
        assert_eq!(caller.name, "oidc:alice");
        assert_eq!(caller.authority, Authority::Oidc);
        assert_eq!(caller.uid.as_deref(), Some("42"));
        assert_eq!(caller.groups, ["oidc:ops", "system:authenticated"]);
    }
}

#[tokio::test]
async fn whom_a_token_is_of_and_for_must_be_right() {
    let bench = Bench::start(Signing::Es256).await;
    assert_eq!(bench.code(&bench.token(|_| {})).await, "ok");
    let wrong: [fn(&mut Value); 8] = [
        |claims| claims["aud"] = json!("another"),
        |claims| claims["aud"] = json!([]),
        |claims| drop(claims.as_object_mut().map(|all| all.remove("aud"))),
        |claims| claims["iss"] = json!("https://elsewhere.example.com"),
        |claims| drop(claims.as_object_mut().map(|all| all.remove("exp"))),
        |claims| claims["exp"] = json!("tomorrow"),
        |claims| claims["preferred_username"] = json!(""),
        |claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 31),
    ];
    for (n, change) in wrong.into_iter().enumerate() {
        assert_eq!(
            bench.code(&bench.token(change)).await,
            "token_invalid",
            "{n}"
        );
    }
}

#[tokio::test]
async fn a_token_ends_with_the_skew_and_not_later() {
    let bench = Bench::start(Signing::Es256).await;
    let token = bench.token(|claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 10));
    assert_eq!(bench.code(&token).await, "ok");
    bench.clock.advance(Duration::from_millis(39_999));
    assert_eq!(bench.code(&token).await, "ok");
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.code(&token).await, "token_expired");
}

#[tokio::test]
async fn no_algorithm_but_those_that_are_configured_is_accepted() {
    let bench = Bench::start(Signing::Rs256).await;
    let claims = bench.claims(|_| {});
    let kid = bench.issuer.key()["kid"].clone();
    for algorithm in ["none", "HS256", "RS384", "PS256", "ES256", "nonsense"] {
        let head = json!({ "alg": algorithm, "kid": kid });
        let token = bench.issuer.token_with_head(&head, &claims).unwrap();
        assert_eq!(bench.code(&token).await, "token_invalid", "{algorithm}");
        let unsigned = token.rsplit_once('.').unwrap().0;
        assert_eq!(bench.code(&format!("{unsigned}.")).await, "token_invalid");
    }
    // Signed with the public key as if it were a shared secret.
    let modulus = bench.issuer.key()["n"].as_str().unwrap().to_owned();
    let forged = jsonwebtoken::encode(
        &jsonwebtoken::Header::default(),
        &claims,
        &jsonwebtoken::EncodingKey::from_secret(modulus.as_bytes()),
    );
    assert_eq!(bench.code(&forged.unwrap()).await, "token_invalid");
    assert_eq!(bench.code(&bench.token(|_| {})).await, "ok");
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let bench = Bench::start(Signing::Es256).await;
    let (good, other) = (
        bench.token(|_| {}),
        bench.token(|claims| claims["sub"] = json!("43")),
    );
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (good, other) = (parts(&good), parts(&other));
    let mixed = format!("{}.{}.{}", good[0], other[1], good[2]);
    assert_eq!(bench.code(&mixed).await, "token_invalid");
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_is_forgotten() {
    let bench = Bench::start(Signing::Es256).await;
    let old = bench.token(|_| {});
    assert_eq!(bench.code(&old).await, "ok");
    bench.issuer.rotate(Signing::Rs256).unwrap();
    let new = bench.token(|_| {});
    assert_eq!(bench.code(&new).await, "ok");
    assert_eq!(bench.issuer.key_fetches(), 2);
    // What was signed by the key that is gone holds until its answer ends.
    assert_eq!(bench.code(&old).await, "ok");
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(bench.code(&old).await, "token_invalid");
}

#[tokio::test]
async fn keys_are_fetched_for_unknown_names_once_a_minute_at_most() {
    let bench = Bench::start(Signing::Es256).await;
    assert_eq!(bench.code(&bench.token(|_| {})).await, "ok");
    assert_eq!(bench.issuer.key_fetches(), 1);
    let claims = bench.claims(|_| {});
    let unknown = |n: usize| {
        let head = json!({ "alg": "ES256", "kid": format!("unknown-{n}") });
        bench.issuer.token_with_head(&head, &claims).unwrap()
    };
    for n in 0..10 {
        assert_eq!(bench.code(&unknown(n)).await, "token_invalid");
    }
    assert_eq!(bench.issuer.key_fetches(), 2);
    bench.clock.advance(Duration::from_secs(59));
    bench.code(&unknown(10)).await;
    assert_eq!(bench.issuer.key_fetches(), 2);
    bench.clock.advance(Duration::from_secs(1));
    bench.code(&unknown(11)).await;
    assert_eq!(bench.issuer.key_fetches(), 3);
}

#[tokio::test]
async fn keys_are_fetched_anew_each_hour() {
    let bench = Bench::start(Signing::Es256).await;
    bench.code(&bench.token(|_| {})).await;
    bench.clock.advance(Duration::from_mins(59));
    bench.code(&bench.token(|_| {})).await;
    assert_eq!(bench.issuer.key_fetches(), 1);
    bench.clock.advance(Duration::from_mins(1));
    bench.code(&bench.token(|_| {})).await;
    assert_eq!(bench.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_no_verdict() {
    let bench = Bench::start(Signing::Es256).await;
    let token = bench.token(|_| {});
    bench.issuer.set_down(true);
    assert_eq!(bench.code(&token).await, "identity_unavailable");
    bench.issuer.set_down(false);
    assert_eq!(bench.code(&token).await, "ok");
    // With its keys at hand it is not needed.
    bench.issuer.set_down(true);
    assert_eq!(
        bench
            .code(&bench.token(|claims| claims["sub"] = json!("7")))
            .await,
        "ok"
    );
}
