//! Who is let in, and who is not.

use std::time::Duration;

use fleetscope_model::{AccessRole, Authority};
use fleetscope_sim::hub::{Terms, User};

use super::{AUDIENCE, Bench, OURS};

#[tokio::test]
async fn a_service_account_is_known_with_all_that_an_access_review_asks_for() {
    let bench = Bench::start().await;
    let known = bench.known(&bench.for_us()).await.unwrap();
    let caller = known.caller;
    assert_eq!(caller.name, "system:serviceaccount:shop:viewer");
    assert_eq!(caller.authority, Authority::Kubernetes);
    assert_eq!(caller.role, AccessRole::Viewer);
    assert_eq!(
        caller.uid.as_deref(),
        Some("uid-of-system:serviceaccount:shop:viewer")
    );
    assert_eq!(
        caller.groups,
        [
            "system:serviceaccounts",
            "system:serviceaccounts:shop",
            "system:authenticated"
        ]
    );
    let credential = &caller.extra["authentication.kubernetes.io/credential-id"];
    assert!(credential[0].starts_with("JTI="), "{credential:?}");
    assert_eq!(known.until.unwrap().to_string(), "2026-03-01T11:00:00Z");
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let bench = Bench::start().await;
    let viewer = "system:serviceaccount:shop:viewer";
    for terms in [Terms::default(), Terms::audience("argocd")] {
        let token = bench.hub.token(viewer, &terms);
        assert_eq!(bench.code(&token).await, "token_invalid", "{terms:?}");
    }
    let both = Terms {
        audiences: vec!["argocd".to_owned(), AUDIENCE.to_owned()],
        ..Terms::default()
    };
    assert_eq!(bench.code(&bench.hub.token(viewer, &both)).await, "ok");
}

#[tokio::test]
async fn an_api_server_that_does_not_look_at_audiences_is_not_believed() {
    let bench = Bench::start().await;
    let token = bench.for_us();
    bench.hub.behave(|hub| hub.ignores_audiences = true);
    assert_eq!(bench.code(&token).await, "token_invalid");
}

#[tokio::test]
async fn wrong_tampered_expired_revoked_and_orphaned_tokens_are_refused() {
    let bench = Bench::start().await;
    let good = bench.for_us();
    for wrong in [
        "nobody",
        &format!("{good}x"),
        &good[1..],
        "sha256~nobody",
        "fls_nobody",
    ] {
        assert_eq!(bench.code(wrong).await, "token_invalid", "{wrong}");
    }
    let brief = Terms {
        life: Duration::from_secs(30),
        ..Terms::audience(AUDIENCE)
    };
    let brief = bench.hub.token("system:serviceaccount:shop:viewer", &brief);
    assert_eq!(bench.code(&brief).await, "ok");
    // Nothing is kept beyond the token's own end, whatever the cache would allow.
    bench.advance(Duration::from_secs(30));
    assert_eq!(bench.code(&brief).await, "token_invalid");

    assert_eq!(bench.code(&good).await, "ok");
    bench.hub.revoke(&good);
    bench.advance(Duration::from_mins(1));
    assert_eq!(bench.code(&good).await, "token_invalid");

    let orphan = bench.for_us();
    assert_eq!(bench.code(&orphan).await, "ok");
    bench.hub.remove_user("system:serviceaccount:shop:viewer");
    bench.advance(Duration::from_mins(1));
    assert_eq!(bench.code(&orphan).await, "token_invalid");
}

#[tokio::test]
async fn what_can_be_no_token_is_not_shown_to_anybody() {
    let bench = Bench::start().await;
    let long = "a".repeat(20_000);
    for text in ["", "a b", "a\nb", "a\"b", "ä", &long] {
        assert_eq!(bench.code(text).await, "token_invalid", "{text}");
    }
    assert_eq!(bench.reviews(), 0);
}

#[tokio::test]
async fn an_openshift_token_is_known_with_its_scopes() {
    let bench = Bench::start().await;
    let token = bench.hub.token("alice", &Terms::scopes(&["user:info"]));
    let caller = bench.caller(&token).await;
    assert_eq!(caller.name, "alice");
    assert_eq!(caller.authority, Authority::Openshift);
    assert_eq!(
        caller.groups,
        ["system:authenticated:oauth", "ops", "system:authenticated"]
    );
    assert_eq!(
        caller.extra["scopes.authorization.openshift.io"],
        ["user:info"]
    );
    let counts = bench.hub.counts();
    assert_eq!((counts.self_reviews, counts.users), (0, 0));
}

#[tokio::test]
async fn a_user_without_a_record_is_let_in_all_the_same() {
    let bench = Bench::start().await;
    bench.hub.add_user(User {
        uid: None,
        ..User::person("kube:admin", &[])
    });
    let token = bench.hub.token("kube:admin", &Terms::default());
    let caller = bench.caller(&token).await;
    assert_eq!((caller.name.as_str(), caller.uid), ("kube:admin", None));
    assert_eq!(bench.hub.counts().users, 1);
}

#[tokio::test]
async fn who_may_not_review_lets_the_token_speak_for_itself() {
    let bench = Bench::with(fleetscope_identity::Limits::default(), false).await;
    let full = bench.hub.token("alice", &Terms::default());
    let caller = bench.caller(&full).await;
    assert_eq!((caller.name.as_str(), caller.groups.len()), ("alice", 3));
    assert_eq!(bench.hub.counts().self_reviews, 1);
    assert_eq!(bench.code("sha256~nobody").await, "token_invalid");
    let narrow = bench.hub.token("alice", &Terms::scopes(&["user:info"]));
    assert_eq!(bench.code(&narrow).await, "token_unverifiable");
    // Whom a service account's token is for only a review can tell.
    assert_eq!(bench.code(&bench.for_us()).await, "identity_unavailable");
}

#[tokio::test]
async fn after_a_no_nobody_else_is_asked() {
    let bench = Bench::start().await;
    assert_eq!(bench.code("sha256~nobody").await, "token_invalid");
    let counts = bench.hub.counts();
    assert_eq!((counts.token_reviews, counts.self_reviews), (1, 0));
    // A token of ours is good at the API server, and no token for Fleetscope.
    let ours = bench.hub.token(OURS, &Terms::default());
    assert_eq!(bench.code(&ours).await, "token_invalid");
    assert_eq!(bench.hub.counts().self_reviews, 0);
}
