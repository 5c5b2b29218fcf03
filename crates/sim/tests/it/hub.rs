//! The hub answers as recorded servers did: kube-apiserver v1.36.2 (OpenShift's fork) and
//! OpenShift's OAuth server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use fleetscope_sim::hub::{Client, Hub, Outage, Terms, User};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const VIEWER: &str = "system:serviceaccount:shop:viewer";

fn recorded(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn hub() -> Hub {
    let now = "2026-11-22T09:00:05Z".parse::<Timestamp>().unwrap();
    let hub = Hub::new(1, Arc::new(move || now));
    hub.add_user(User {
        uid: Some("9786b18c-bfbd-42cf-8f13-11f40227b317".to_owned()),
        ..User::service_account("shop", "viewer")
    });
    for (name, uid) in [
        ("alice", "44880cf2-b2f4-444f-8347-beac3503c86c"),
        ("bob", "7811aa73-0194-4947-bf2d-b33d1ba13d4b"),
    ] {
        hub.add_user(User {
            uid: Some(uid.to_owned()),
            password: Some("right".to_owned()),
            ..User::person(name, &[])
        });
    }
    hub.add_user(User {
        reviews_tokens: true,
        ..User::person("admin", &[])
    });
    hub.add_client(Client {
        id: "console-client".to_owned(),
        secret: Some("secret".to_owned()),
        redirect_uris: vec!["http://127.0.0.1:9999/cb".to_owned()],
    });
    hub
}

/// The token that a recording is about.
fn token(hub: &Hub, kind: &str) -> String {
    match kind {
        "sa" => hub.token(VIEWER, &Terms::default()),
        "fleetscope" => hub.token(VIEWER, &Terms::audience("fleetscope")),
        "full" => hub.token("alice", &Terms::default()),
        "info" => hub.token("alice", &Terms::scopes(&["user:info"])),
        "deleted" => {
            let token = hub.token("alice", &Terms::default());
            hub.revoke(&token);
            token
        }
        _ => String::new(),
    }
}

async fn send(router: &Router, request: Request<Body>) -> (Response<()>, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (
        Response::from_parts(head, ()),
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

/// What differs from run to run, and what a simulated token does not have.
fn neutral(mut value: Value, token: &str) -> Value {
    if !token.is_empty() {
        let redacted = if token.starts_with("sha256~") {
            "sha256~REDACTED"
        } else {
            "JWT-REDACTED"
        };
        let text = value.to_string().replace(token, redacted);
        value = serde_json::from_str(&text).unwrap();
    }
    for user in ["/status/user", "/status/userInfo"] {
        let credential = format!("{user}/extra/authentication.kubernetes.io~1credential-id/0");
        if let Some(id) = value.pointer_mut(&credential) {
            *id = json!("JTI");
        }
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !["creationTimestamp", "resourceVersion"].contains(&key.as_str()));
    }
    value
}

#[tokio::test]
async fn reviews_answer_as_recorded() {
    let hub = hub();
    let router = hub.router();
    let recordings = recorded(include_str!("hub/recorded.json"));
    assert_eq!(recordings.len(), 22);
    for recording in recordings {
        let name = recording["name"].as_str().unwrap();
        let token = token(&hub, recording["token"].as_str().unwrap());
        let request = &recording["request"];
        let body = request["body"].to_string();
        let body = body
            .replace("JWT-REDACTED", &token)
            .replace("sha256~REDACTED", &token);
        let by_admin = name.starts_with("TokenReview") || name.contains("in TokenReview");
        let bearer = match name {
            "TokenReview without rights: 403" => token.clone(),
            _ if by_admin => hub.token("admin", &Terms::default()),
            _ => token.clone(),
        };
        let mut built = Request::builder()
            .method(request["method"].as_str().unwrap())
            .uri(request["path"].as_str().unwrap())
            .header("host", "127.0.0.1:6449")
            .header("content-type", "application/json");
        if recording["anonymous"] == false {
            built = built.header("authorization", format!("Bearer {bearer}"));
        }
        let (head, text) = send(&router, built.body(Body::from(body)).unwrap()).await;
        let wanted = &recording["response"];
        assert_eq!(head.status().as_u16(), wanted["status"], "{name}: {text}");
        assert_eq!(
            head.headers()["content-type"].to_str().unwrap(),
            wanted["headers"]["content-type"],
            "{name}"
        );
        let got = serde_json::from_str(&text).unwrap();
        // This server speaks plain HTTP.
        let wanted = wanted["body"]
            .to_string()
            .replace("https://127", "http://127");
        let wanted = serde_json::from_str(&wanted).unwrap();
        assert_eq!(neutral(got, &token), neutral(wanted, ""), "{name}");
    }
}

#[tokio::test]
async fn the_oauth_server_refuses_as_recorded() {
    let hub = hub();
    let router = hub.router();
    let recordings = recorded(include_str!("hub/recorded_oauth.json"));
    assert_eq!(recordings.len(), 14);
    for recording in recordings {
        let name = recording["name"].as_str().unwrap();
        let request = &recording["request"];
        let path = request["path"].as_str().unwrap();
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let code = code(&router, challenge).await;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields(&request["body"], name, &code))
            .finish();
        let secret = if name.contains("wrong client secret") {
            "wrong"
        } else {
            "secret"
        };
        let client = if name.contains("unknown client") {
            "nobody"
        } else {
            "console-client"
        };
        let basic = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("{client}:{secret}"),
        );
        let mut built = Request::builder()
            .method(request["method"].as_str().unwrap())
            .uri(path.replace("REDACTED-CHALLENGE", challenge))
            .header("content-type", "application/x-www-form-urlencoded");
        if path == "/oauth/token" {
            built = built.header("authorization", format!("Basic {basic}"));
        }
        let (head, text) = send(&router, built.body(Body::from(form)).unwrap()).await;
        let wanted = &recording["response"];
        assert_eq!(head.status().as_u16(), wanted["status"], "{name}: {text}");
        if let Some(location) = wanted["headers"]["location"].as_str() {
            let got = head.headers()["location"].to_str().unwrap();
            assert_eq!(
                got.replace(challenge, "REDACTED-CHALLENGE"),
                location,
                "{name}"
            );
        } else {
            let got: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(got, wanted["body"], "{name}");
        }
    }
}

fn fields(body: &Value, name: &str, code: &str) -> Vec<(String, String)> {
    let fields = body.as_object().into_iter().flatten();
    fields
        .map(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            let value = match key.as_str() {
                "code" if !name.contains("wrong code") || name.contains("verifier") => code,
                "code_verifier" if value.starts_with("REDACTED") => {
                    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
                }
                _ => value,
            };
            (key.clone(), value.to_owned())
        })
        .collect()
}

/// Logs bob in, up to a code.
async fn code(router: &Router, challenge: &str) -> String {
    let authorize = format!(
        "/oauth/authorize?response_type=code&client_id=console-client&scope=user%3Afull&\
         redirect_uri=http%3A%2F%2F127.0.0.1%3A9999%2Fcb&code_challenge={challenge}&\
         code_challenge_method=S256"
    );
    let get = |path: &str, cookie: &str| {
        let request = Request::builder().uri(path).header("cookie", cookie);
        request.body(Body::empty()).unwrap()
    };
    let (page, _) = send(router, get("/login", "")).await;
    let cookie = |head: &Response<()>| {
        let set = head.headers()["set-cookie"].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    };
    let csrf = cookie(&page);
    let form = format!(
        "username=bob&password=right&csrf={}&then=%2F",
        csrf.strip_prefix("csrf=").unwrap()
    );
    let login = Request::builder()
        .method("POST")
        .uri("/login")
        .header("cookie", &csrf)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form));
    let (login, _) = send(router, login.unwrap()).await;
    let (answer, text) = send(router, get(&authorize, &cookie(&login))).await;
    assert_eq!(answer.status(), StatusCode::FOUND, "{text}");
    let location = answer.headers()["location"].to_str().unwrap();
    let code = location.split("code=").nth(1).unwrap();
    code.split('&').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_hub_counts_and_can_be_out_of_order() {
    let hub = hub();
    let router = hub.router();
    let ask = || {
        let request = Request::builder().uri("/apis/user.openshift.io/v1/users/~");
        send(&router, request.body(Body::empty()).unwrap())
    };
    hub.behave(|hub| hub.outage = Outage::Answers(500));
    assert_eq!(ask().await.0.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(hub.counts().users, 0);
    hub.behave(|hub| hub.outage = Outage::Hangs);
    let stuck = ask();
    tokio::pin!(stuck);
    let waited = tokio::time::timeout(Duration::from_mins(1), &mut stuck).await;
    assert!(waited.is_err());
    hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(stuck.await.0.status(), StatusCode::FORBIDDEN);
    assert_eq!(hub.counts().users, 1);
}
