//! What every authenticator must do, run on the local and the remote one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_identity::{AskRegistry, Authenticator, LocalTokens, RemoteTokens};
use fleetscope_model::{AccessRole, Caller, ErrorKind, Fault as _};
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Fixture, caller, fixture, start};

/// The registry role, without the socket between.
struct Registry(LocalTokens);

#[async_trait]
impl AskRegistry for Registry {
    async fn authenticate(&self, bearer: &SecretString) -> fleetscope_ports::Result<Caller> {
        let answer = self.0.authenticate(bearer).await;
        answer.map_err(|e| fleetscope_ports::Error::new(e.kind(), e.code(), e.message()))
    }
}

/// A registry that does not answer.
struct Down;

#[async_trait]
impl AskRegistry for Down {
    async fn authenticate(&self, _: &SecretString) -> fleetscope_ports::Result<Caller> {
        let kind = ErrorKind::Unavailable;
        Err(fleetscope_ports::Error::new(
            kind,
            "role_unavailable",
            "it does not answer",
        ))
    }
}

async fn conforms(fixture: &Fixture, authenticator: &dyn Authenticator) {
    let admin = caller(AccessRole::Admin);
    let expires = start() + SignedDuration::from_mins(10);
    let ci = fixture
        .tokens
        .create_token(&admin, "ci", AccessRole::Operator, Some(expires))
        .await
        .unwrap();

    let known = authenticator.authenticate(&ci.token).await.unwrap();
    let expected = Caller {
        name: "token:ci".to_owned(),
        role: AccessRole::Operator,
    };
    assert_eq!(known, expected);

    let mut other = ci.token.expose_secret().to_owned();
    other.replace_range(10..11, "Z");
    for nobodys in ["", "ci", "fls_", "Bearer x", &other] {
        let error = authenticator
            .authenticate(&nobodys.into())
            .await
            .unwrap_err();
        assert_eq!(error.code(), "token_invalid", "{nobodys}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }

    fixture.clock.advance(Duration::from_secs(599));
    assert!(authenticator.authenticate(&ci.token).await.is_ok());
    fixture.clock.advance(Duration::from_secs(1));
    let error = authenticator.authenticate(&ci.token).await.unwrap_err();
    assert_eq!(error.code(), "token_expired");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(
        error.message().contains("2026-03-01T10:10:00Z"),
        "{}",
        error.message()
    );

    let gone = fixture
        .tokens
        .create_token(&admin, "gone", AccessRole::Viewer, None)
        .await
        .unwrap();
    assert!(authenticator.authenticate(&gone.token).await.is_ok());
    fixture
        .tokens
        .revoke_token(&admin, gone.record.id)
        .await
        .unwrap();
    let error = authenticator.authenticate(&gone.token).await.unwrap_err();
    assert_eq!(error.code(), "token_invalid");
}

#[tokio::test]
async fn local_tokens_conform() {
    let fixture = fixture();
    conforms(&fixture, &fixture.tokens).await;
}

#[tokio::test]
async fn remote_tokens_conform() {
    let fixture = fixture();
    let remote = RemoteTokens::new(Arc::new(Registry(fixture.tokens.clone())));
    conforms(&fixture, &remote).await;
}

#[tokio::test]
async fn a_registry_that_does_not_answer_is_no_verdict_on_the_token() {
    let fixture = fixture();
    let token = fixture.tokens.bootstrap().await.unwrap().unwrap();
    let remote = RemoteTokens::new(Arc::new(Down));
    let error = remote.authenticate(&token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), "role_unavailable");
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_sent_to_the_registry() {
    let remote = RemoteTokens::new(Arc::new(Down));
    let error = remote.authenticate(&"hunter2".into()).await.unwrap_err();
    assert_eq!(error.code(), "token_invalid");
}
