//! Making, listing and revoking tokens.

use std::time::Duration;

use fleetscope_identity::Authenticator as _;
use fleetscope_model::{AccessRole, ErrorKind, EventKind, Fault as _, PageRequest, TokenId};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use crate::{caller, fixture, start};

fn first_page() -> PageRequest {
    PageRequest {
        after: None,
        limit: 50,
    }
}

#[tokio::test]
async fn the_first_start_makes_one_admin_token_and_no_other_start_does() {
    let fixture = fixture();
    let token = fixture.tokens.bootstrap().await.unwrap().unwrap();
    let caller = fixture
        .tokens
        .authenticate(&token, None)
        .await
        .unwrap()
        .caller;
    assert_eq!(caller.name, "token:bootstrap");
    assert_eq!(caller.role, AccessRole::Admin);
    assert!(fixture.tokens.bootstrap().await.unwrap().is_none());
}

#[tokio::test]
async fn only_a_digest_of_a_token_is_stored_and_nothing_prints_it() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    let new = fixture
        .tokens
        .create_token(&admin, "ci", AccessRole::Viewer, None)
        .await
        .unwrap();
    let text = new.token.expose_secret();
    assert_eq!(text, "fls_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let [digest] = fixture.store.digests()[..] else {
        panic!("one token was made");
    };
    assert_eq!(&digest[..4], [0x97, 0x31, 0xaf, 0xaa], "{digest:02x?}");
    let printed = format!("{new:?} {:?} {:?}", fixture.tokens, fixture.store.events());
    assert!(!printed.contains(&text[4..]), "{printed}");
}

#[tokio::test]
async fn each_change_tells_the_event_log_who_did_what() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    let new = fixture
        .tokens
        .create_token(&admin, "ci", AccessRole::Viewer, None)
        .await
        .unwrap();
    fixture
        .tokens
        .revoke_token(&admin, new.record.id)
        .await
        .unwrap();
    let events = fixture.store.events();
    let kinds = events.iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [EventKind::TokenCreated, EventKind::TokenRevoked]);
    for event in events {
        assert_eq!(event.actor, "token:admin");
        assert_eq!(event.subject, new.record.id.to_string());
        assert!(event.summary.contains("'ci' with the role viewer"));
    }
}

#[tokio::test]
async fn only_administrators_touch_tokens() {
    let fixture = fixture();
    for role in [AccessRole::Viewer, AccessRole::Operator] {
        let who = caller(role);
        let id = TokenId::new(uuid::Uuid::nil());
        let refusals = [
            fixture
                .tokens
                .create_token(&who, "x", AccessRole::Viewer, None)
                .await
                .unwrap_err(),
            fixture
                .tokens
                .tokens(&who, &first_page())
                .await
                .unwrap_err(),
            fixture.tokens.revoke_token(&who, id).await.unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.kind(), ErrorKind::Forbidden);
        }
    }
    assert!(fixture.store.events().is_empty());
}

#[tokio::test]
async fn bad_names_past_expiries_and_taken_names_are_refused() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    let create = async |name: &'static str, expires| {
        fixture
            .tokens
            .create_token(&admin, name, AccessRole::Viewer, expires)
            .await
    };
    let error = create("Not A Name", None).await.unwrap_err();
    assert_eq!(
        (error.code(), error.pointer()),
        ("token_name_invalid", Some("/name"))
    );
    let error = create("ci", Some(start())).await.unwrap_err();
    assert_eq!(
        (error.code(), error.pointer()),
        ("token_expiry_in_past", Some("/expires_at"))
    );
    create("ci", None).await.unwrap();
    let error = create("ci", None).await.unwrap_err();
    assert_eq!(error.code(), "token_name_taken");
}

#[tokio::test]
async fn the_last_usable_admin_token_cannot_be_revoked() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    fixture.tokens.bootstrap().await.unwrap();
    let soon = start() + SignedDuration::from_mins(1);
    fixture
        .tokens
        .create_token(&admin, "brief", AccessRole::Admin, Some(soon))
        .await
        .unwrap();
    fixture
        .tokens
        .create_token(&admin, "reader", AccessRole::Viewer, None)
        .await
        .unwrap();
    let list = fixture.tokens.tokens(&admin, &first_page()).await.unwrap();
    let [bootstrap, brief, reader] = &list.items[..] else {
        panic!("three tokens were made: {list:?}");
    };

    // Once the other admin token has expired, it is no way in any more.
    fixture.clock.advance(Duration::from_mins(1));
    let error = fixture
        .tokens
        .revoke_token(&admin, bootstrap.id)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, "last_admin_token")
    );
    assert!(error.message().contains("create a new admin token first"));

    // What is no usable admin token can always go; a second admin token lets the first go.
    fixture.tokens.revoke_token(&admin, brief.id).await.unwrap();
    fixture
        .tokens
        .revoke_token(&admin, reader.id)
        .await
        .unwrap();
    fixture
        .tokens
        .create_token(&admin, "second", AccessRole::Admin, None)
        .await
        .unwrap();
    fixture
        .tokens
        .revoke_token(&admin, bootstrap.id)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_revocations_at_once_one_admin_token_remains() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        let new = fixture
            .tokens
            .create_token(&admin, name, AccessRole::Admin, None)
            .await
            .unwrap();
        ids.push(new.record.id);
    }
    let (first, second) = tokio::join!(
        fixture.tokens.revoke_token(&admin, ids[0]),
        fixture.tokens.revoke_token(&admin, ids[1]),
    );
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err().code(), "last_admin_token");
}

#[tokio::test]
async fn an_unknown_token_cannot_be_revoked() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    fixture.tokens.bootstrap().await.unwrap();
    let id = TokenId::new(uuid::Uuid::from_u128(7));
    let error = fixture.tokens.revoke_token(&admin, id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn more_tokens_than_a_page_are_all_looked_through() {
    let fixture = fixture();
    let admin = caller(AccessRole::Admin);
    fixture.tokens.bootstrap().await.unwrap();
    for n in 0..510 {
        fixture
            .tokens
            .create_token(&admin, &format!("a{n:03}"), AccessRole::Viewer, None)
            .await
            .unwrap();
    }
    let last = PageRequest {
        after: Some("a509".to_owned()),
        limit: 50,
    };
    let list = fixture.tokens.tokens(&admin, &last).await.unwrap();
    assert_eq!(list.items.len(), 1, "bootstrap sorts after them all");
    let error = fixture
        .tokens
        .revoke_token(&admin, list.items[0].id)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "last_admin_token");
}
