//! What every authenticator must do, run on the local and the remote one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_identity::{AskRegistry, Authenticator, Known, LocalTokens, RemoteTokens};
use fleetscope_model::{AccessRole, Caller, ErrorKind, Fault as _};
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Fixture, caller, fixture, start};

/// The registry role, without the socket between.
struct Registry(LocalTokens);

#[async_trait]
impl AskRegistry for Registry {
    async fn authenticate(&self, bearer: &SecretString) -> fleetscope_ports::Result<Known> {
        let answer = self.0.authenticate(bearer, None).await;
        answer.map_err(|e| fleetscope_ports::Error::new(e.kind(), e.code(), e.message()))
    }
}

/// A registry that does not answer.
struct Down;

#[async_trait]
impl AskRegistry for Down {
    async fn authenticate(&self, _: &SecretString) -> fleetscope_ports::Result<Known> {
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

    let known = authenticator.authenticate(&ci.token, None).await.unwrap();
    let expected = Known {
        caller: Caller {
            uid: Some(ci.record.id.to_string()),
            ..Caller::local("token:ci", AccessRole::Operator)
        },
        until: Some(expires),
    };
    assert_eq!(known, expected);

    let mut other = ci.token.expose_secret().to_owned();
    other.replace_range(10..11, "Z");
    for nobodys in ["", "ci", "fls_", "Bearer x", &other] {
        let error = authenticator
            .authenticate(&nobodys.into(), None)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "token_invalid", "{nobodys}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }

    fixture.clock.advance(Duration::from_secs(599));
    assert!(authenticator.authenticate(&ci.token, None).await.is_ok());
    fixture.clock.advance(Duration::from_secs(1));
    let error = authenticator
        .authenticate(&ci.token, None)
        .await
        .unwrap_err();
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
    assert!(authenticator.authenticate(&gone.token, None).await.is_ok());
    fixture
        .tokens
        .revoke_token(&admin, gone.record.id)
        .await
        .unwrap();
    let error = authenticator
        .authenticate(&gone.token, None)
        .await
        .unwrap_err();
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
    let error = remote.authenticate(&token, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), "role_unavailable");
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_sent_to_the_registry() {
    let remote = RemoteTokens::new(Arc::new(Down));
    let error = remote
        .authenticate(&"hunter2".into(), None)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "token_invalid");
}
