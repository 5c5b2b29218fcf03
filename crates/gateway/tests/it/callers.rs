//! Who is asking, at both doors.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use fleetscope_model::{AccessRole, Caller};
use fleetscope_ports::Clock as _;
use serde_json::json;

use crate::fixture::{Fixture, assert_problem, echo, get_as, json_of, request, send, signing};

const PATH: &str = "/api/v1/clusters?limit=5";

#[tokio::test]
async fn a_token_makes_its_bearer_the_caller_and_goes_no_further() {
    let door = Fixture::new().public(echo());
    let response = send(&door, get_as("operator", PATH)).await;
    let said = json_of(response).await;
    assert_eq!(
        said["caller"],
        json!({ "name": "token:operator", "role": "operator", "authority": "local" })
    );
    assert_eq!(said["headers"].get("authorization"), None);
}

#[tokio::test]
async fn no_bad_and_expired_tokens_are_401_with_a_challenge() {
    let fixture = Fixture::new();
    let door = fixture.public(echo());
    let headers: [(&[(&str, &str)], &str); 6] = [
        (&[], "unauthenticated"),
        (&[("authorization", "Bearer nobody")], "token_invalid"),
        (
            &[("authorization", "Basic YTpi")],
            "authorization_malformed",
        ),
        (&[("cookie", "token=admin")], "unauthenticated"),
        (&[("x-authorization", "Bearer admin")], "unauthenticated"),
        (&[("authorization", "Bearer brief")], "token_expired"),
    ];
    assert_eq!(
        send(&door, get_as("brief", PATH)).await.status(),
        StatusCode::OK
    );
    fixture.clock.advance(Duration::from_mins(1));
    for (headers, code) in headers {
        let response = send(&door, request("GET", PATH, headers, Body::empty())).await;
        let challenge = response.headers().get("www-authenticate").unwrap();
        let error = match code {
            "unauthenticated" => "",
            "authorization_malformed" => ", error=\"invalid_request\"",
            _ => ", error=\"invalid_token\"",
        };
        assert_eq!(challenge, &format!("Bearer realm=\"fleetscope\"{error}"));
        assert_problem(response, StatusCode::UNAUTHORIZED, code).await;
    }
    // A token in the URL is no token.
    let in_url = request(
        "GET",
        "/api/v1/clusters?access_token=admin",
        &[],
        Body::empty(),
    );
    let response = send(&door, in_url).await;
    assert_problem(response, StatusCode::UNAUTHORIZED, "unauthenticated").await;
}

#[tokio::test]
async fn a_role_that_is_too_low_is_403() {
    let door = Fixture::new().public(echo());
    for (token, expected) in [
        ("viewer", StatusCode::FORBIDDEN),
        ("operator", StatusCode::FORBIDDEN),
        ("admin", StatusCode::OK),
    ] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let response = send(&door, request("POST", PATH, &headers, Body::empty())).await;
        assert_eq!(response.status(), expected, "{token}");
    }
}

#[tokio::test]
async fn nobody_outside_can_say_who_is_calling() {
    let fixture = Fixture::new();
    let door = fixture.public(echo());
    let forged = signing('k')
        .sign(&admin(), "GET", PATH, fixture.clock.now())
        .unwrap();
    let forged: &[_] = &[
        ("fleetscope-caller", forged.as_str()),
        ("Fleetscope-Role", "admin"),
    ];
    // Even one signed under the right key names nobody at the public door.
    let response = send(&door, request("GET", PATH, forged, Body::empty())).await;
    assert_problem(response, StatusCode::UNAUTHORIZED, "unauthenticated").await;

    let with_token = [forged, &[("authorization", "Bearer viewer")]].concat();
    let response = send(&door, request("GET", PATH, &with_token, Body::empty())).await;
    let said = json_of(response).await;
    assert_eq!(said["caller"]["name"], "token:viewer");
    let names: Vec<_> = said["headers"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["x-request-id"]);
}

#[tokio::test]
async fn the_inner_door_takes_only_what_is_signed_for_this_request_now() {
    let fixture = Fixture::new();
    let door = fixture.inner(echo());
    let now = fixture.clock.now();
    let sign = |key, method, path| signing(key).sign(&admin(), method, path, now).unwrap();
    let asked = async |signed: &str| {
        let headers = [("fleetscope-caller", signed)];
        send(&door, request("GET", PATH, &headers, Body::empty())).await
    };

    let good = sign('k', "GET", PATH);
    let said = json_of(asked(&good).await).await;
    assert_eq!(
        said["caller"],
        json!({ "name": "token:admin", "role": "admin", "authority": "local" })
    );
    assert_eq!(said["headers"].get("fleetscope-caller"), None);

    for bad in [
        "nonsense",
        &sign('x', "GET", PATH),
        &sign('k', "DELETE", PATH),
        &sign('k', "GET", "/api/v1/clusters"),
        &sign('k', "GET", "/api/v1/clusters?limit=500"),
    ] {
        let response = asked(bad).await;
        assert_problem(response, StatusCode::UNAUTHORIZED, "caller_refused").await;
    }

    fixture.clock.advance(Duration::from_secs(29));
    assert_eq!(asked(&good).await.status(), StatusCode::OK);
    fixture.clock.advance(Duration::from_secs(1));
    let response = asked(&good).await;
    assert_problem(response, StatusCode::UNAUTHORIZED, "caller_refused").await;
}

#[tokio::test]
async fn the_inner_door_answers_nothing_unsigned_not_even_that_there_is_nothing() {
    let door = Fixture::new().inner(echo());
    for (method, path) in [
        ("GET", "/api/v1/clusters"),
        ("PATCH", "/api/v1/clusters"),
        ("GET", "/nothing"),
        ("GET", "/internal/v1/ready"),
        ("POST", "/internal/v1/authenticate"),
    ] {
        let headers = [("authorization", "Bearer admin")];
        let response = send(&door, request(method, path, &headers, Body::empty())).await;
        assert_problem(response, StatusCode::UNAUTHORIZED, "caller_refused").await;
    }
}

#[tokio::test]
async fn the_inner_door_asks_the_table_again() {
    let fixture = Fixture::new();
    let door = fixture.inner(echo());
    let viewer = Caller::local("token:viewer", AccessRole::Viewer);
    let now = fixture.clock.now();
    let signed = signing('k').sign(&viewer, "POST", PATH, now).unwrap();
    let headers = [("fleetscope-caller", signed.as_str())];
    let response = send(&door, request("POST", PATH, &headers, Body::empty())).await;
    assert_problem(response, StatusCode::FORBIDDEN, "forbidden").await;
}

#[tokio::test]
async fn only_a_gateway_may_ask_whose_a_token_is() {
    let fixture = Fixture::new();
    let door = fixture.inner(echo());
    let path = "/internal/v1/authenticate";
    let asked = async |who: &Caller| {
        let signed = signing('k')
            .sign(who, "POST", path, fixture.clock.now())
            .unwrap();
        let headers = [
            ("fleetscope-caller", signed.as_str()),
            ("content-type", "application/json"),
        ];
        send(
            &door,
            request("POST", path, &headers, r#"{"token":"viewer"}"#),
        )
        .await
    };
    assert_eq!(asked(&admin()).await.status(), StatusCode::FORBIDDEN);
    let answer = json_of(asked(&Caller::system("gateway")).await).await;
    assert_eq!(
        answer,
        json!({ "caller": { "name": "token:viewer", "role": "viewer", "authority": "local" } })
    );
    // A user of that name is not the gateway, whatever its role.
    let namesake = Caller::local("system:gateway", AccessRole::Operator);
    assert_eq!(asked(&namesake).await.status(), StatusCode::FORBIDDEN);
}

fn admin() -> Caller {
    Caller::local("token:admin", AccessRole::Admin)
}
