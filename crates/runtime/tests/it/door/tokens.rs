//! Bearer tokens at the public door.

use std::time::Duration;

use axum::http::StatusCode;
use fleetscope_sim::hub::{Outage, Terms};
use serde_json::json;
use tokio::task::JoinSet;

use crate::fixture::GRACE;

use super::{BOTH, House, Shape, VIEWER, ask};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_hub_opens_the_door_in_both_shapes() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let token = house.for_us();
        assert_eq!(house.code(&token).await, "ok", "{shape:?}");
        let me = house.get("/auth/me", &token).await.json();
        assert_eq!(me["name"], VIEWER);
        assert_eq!(me["authority"], "kubernetes");
        assert_eq!(me["role"], "viewer");
        assert_eq!(me["expires_at"], "2026-03-01T11:00:00Z");
        assert_eq!(me["groups"][2], "system:authenticated");
        let alice = house.hub.token("alice", &Terms::scopes(&["user:info"]));
        let me = house.get("/auth/me", &alice).await.json();
        assert_eq!(me["name"], "alice");
        let scopes = &me["extra"]["scopes.authorization.openshift.io"];
        assert_eq!(scopes, &json!(["user:info"]));
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_expired_and_revoked_tokens_are_401_with_a_challenge() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let none = ask(house.at, "GET", "/api/v1/clusters", &[], "").await;
        assert_eq!(none.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            none.header("www-authenticate"),
            "Bearer realm=\"fleetscope\""
        );

        let good = house.for_us();
        let elsewhere = house.hub.token(VIEWER, &Terms::default());
        let unknown_local = format!("fls_{}", "A".repeat(43));
        let wrong = ["nobody", "sha256~nobody", &unknown_local, &elsewhere];
        for wrong in wrong {
            let said = house.get("/api/v1/clusters", wrong).await;
            assert_eq!(said.status, StatusCode::UNAUTHORIZED, "{wrong}");
            assert_eq!(said.code(), "token_invalid");
            let challenge = said.header("www-authenticate");
            assert_eq!(
                challenge,
                "Bearer realm=\"fleetscope\", error=\"invalid_token\""
            );
        }

        assert_eq!(house.code(&good).await, "ok");
        house.hub.revoke(&good);
        house.advance(60);
        assert_eq!(house.code(&good).await, "token_invalid");
        let brief = house.for_us();
        assert_eq!(house.code(&brief).await, "ok");
        house.advance(3600);
        assert_eq!(house.code(&brief).await, "token_invalid");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_of_the_hub_may_not_write() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let body = r#"{"name":"shop","endpoints":{}}"#;
        let said = house.post("/api/v1/clusters", &house.for_us(), body).await;
        assert_eq!(said.status, StatusCode::FORBIDDEN, "{shape:?}");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_identity_headers_gain_nothing() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let bearer = format!("Bearer {}", house.for_us());
        let forged = [
            ("fleetscope-caller", "forged"),
            ("fleetscope-peer", "forged"),
            ("x-remote-user", "admin"),
            ("impersonate-user", "admin"),
            ("x-forwarded-user", "admin"),
            ("x-forwarded-access-token", house.admin.as_str()),
            ("cookie", "__Host-fleetscope-session=forged"),
        ];
        let refused = ask(house.at, "GET", "/auth/me", &forged, "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let headers = [forged.as_slice(), &[("authorization", &bearer)]].concat();
        let me = ask(house.at, "GET", "/auth/me", &headers, "").await;
        assert_eq!(me.json()["name"], VIEWER);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_hub_is_503_for_who_is_not_known_and_nothing_for_others() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let (warm, cold) = (house.for_us(), house.for_us());
        assert_eq!(house.code(&warm).await, "ok");
        house.hub.behave(|hub| hub.outage = Outage::Answers(500));
        let said = house.get("/api/v1/clusters", &cold).await;
        assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(said.code(), "identity_unavailable");
        assert_eq!(said.header("retry-after"), "1");
        assert_eq!(house.code(&warm).await, "ok");
        assert_eq!(house.code(&house.admin).await, "ok");
        house.advance(60);
        assert_eq!(house.code(&warm).await, "identity_unavailable");
        house.hub.behave(|hub| hub.outage = Outage::None);
        assert_eq!(house.code(&warm).await, "ok");
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_can_ask_whose_a_token_is() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let (asker, token) = (house.for_us(), house.hub.token("alice", &Terms::default()));
        let body = |token: &str| json!({ "token": token }).to_string();
        let said = house
            .post("/auth/validate", &asker, &body(&token))
            .await
            .json();
        assert_eq!(said["valid"], true);
        assert_eq!(said["identity"]["name"], "alice");
        assert_eq!(said["identity"]["authority"], "openshift");
        let said = house
            .post("/auth/validate", &asker, &body(&house.admin))
            .await;
        assert_eq!(said.json()["identity"]["role"], "admin");
        let said = house.post("/auth/validate", &asker, &body("nobody")).await;
        assert_eq!(said.status, StatusCode::OK);
        assert_eq!(said.json()["valid"], false);
        assert_eq!(said.json()["code"], "token_invalid");
        assert_eq!(said.json().get("identity"), None);

        let anonymous = [("content-type", "application/json")];
        let said = ask(
            house.at,
            "POST",
            "/auth/validate",
            &anonymous,
            &body(&token),
        )
        .await;
        assert_eq!(said.status, StatusCode::UNAUTHORIZED);
        // A mistake in the question does not repeat the token.
        for wrong in [
            r#"{"token":["canary"]}"#,
            r#"{"canary":1}"#,
            r#"{"token":"canary" "#,
        ] {
            let said = house.post("/auth/validate", &asker, wrong).await;
            assert!(said.status.is_client_error(), "{said:?}");
            assert!(!said.text.contains("[\"canary"), "{said:?}");
        }
        house.hub.behave(|hub| hub.outage = Outage::Answers(503));
        let said = house.post("/auth/validate", &asker, &body("another")).await;
        assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_over_the_socket_cost_one_review() {
    let house = House::open(Shape::One).await;
    let token = house.for_us();
    let requests = (0..100).map(|_| async {
        for _ in 0..10 {
            assert_eq!(house.code(&token).await, "ok");
        }
    });
    // A tenth of them here: each opens a connection. The full count is shown in `identity`.
    futures::future::join_all(requests).await;
    assert_eq!(house.hub.counts().token_reviews, 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_tokens_holds_up_nobody_who_is_known() {
    for shape in BOTH {
        // Longer than what is asked here takes: every question about a token stays under way.
        let slow = Duration::from_secs(30);
        let house = House::with(shape, |config, _| config.hub.timeout = slow).await;
        let token = house.for_us();
        assert_eq!(house.code(&token).await, "ok");
        house.hub.behave(|hub| hub.outage = Outage::Hangs);
        let at = house.at;
        let mut flood = JoinSet::new();
        for n in 0..200 {
            flood.spawn(async move {
                let bearer = format!("Bearer wrong-{n}");
                ask(
                    at,
                    "GET",
                    "/api/v1/clusters",
                    &[("authorization", &bearer)],
                    "",
                )
                .await
            });
        }
        let all_asked = async {
            while house.hub.counts().under_way < 10 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(GRACE, all_asked).await.unwrap();
        for _ in 0..100 {
            assert_eq!(house.code(&token).await, "ok", "{shape:?}");
        }
        assert_eq!(house.hub.counts().under_way, 10, "none of them was let go");
        assert_eq!(house.hub.counts().most_at_once, 10);
        house.hub.behave(|hub| hub.outage = Outage::None);
        for said in flood.join_all().await {
            let code = said.code();
            assert!(
                ["token_invalid", "too_many_wrong_tokens", "identity_busy"]
                    .contains(&code.as_str()),
                "{code}"
            );
        }
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_token_is_refused_from_the_moment_that_it_is_revoked_here() {
    for shape in BOTH {
        let house = House::open(shape).await;
        let made = r#"{"name":"ci","role":"viewer"}"#;
        let made = house
            .post("/api/v1/tokens", &house.admin, made)
            .await
            .json();
        let (ci, id) = (
            made["secret"].as_str().unwrap(),
            made["id"].as_str().unwrap(),
        );
        assert_eq!(house.code(ci).await, "ok");
        let bearer = format!("Bearer {}", house.admin);
        let path = format!("/api/v1/tokens/{id}");
        let headers = [("authorization", bearer.as_str())];
        ask(house.at, "DELETE", &path, &headers, "").await;
        assert_eq!(house.code(ci).await, "token_invalid", "{shape:?}");
        house.close().await;
    }
}
