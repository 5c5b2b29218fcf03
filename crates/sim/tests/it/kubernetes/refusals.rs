//! Requests that must be refused, and in which words.

use http::StatusCode;
use serde_json::{Value, json};

use super::ask::{ask, get};
use super::fixture::shop;

#[tokio::test]
async fn writes_and_reviews_of_tokens_are_refused_with_a_status() {
    let cluster = shop();
    let cases = [
        ("POST", "/api/v1/namespaces/shop/pods"),
        ("PUT", "/api/v1/namespaces/shop/pods/cart-7c9-aaaaa"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/cart"),
        ("DELETE", "/api/v1/nodes/worker-1"),
        ("POST", "/apis/authentication.k8s.io/v1/tokenreviews"),
        (
            "POST",
            "/api/v1/namespaces/shop/pods/cart-7c9-aaaaa/exec?command=sh",
        ),
        ("POST", "/version"),
    ];
    for (method, path) in cases {
        let answer = ask(&cluster.router, method, path, &[]).await;
        let status = answer.json();
        assert_eq!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        assert_eq!(answer.content_type, "application/json");
        assert_eq!(status["kind"], "Status");
        assert_eq!(
            (&status["reason"], &status["code"]),
            (&json!("MethodNotAllowed"), &json!(405))
        );
    }
    assert!(cluster.store.get("v1", "Node", None, "worker-1").is_some());
}

#[tokio::test]
async fn paths_that_lead_nowhere_say_so_as_a_real_server_does() {
    let cluster = shop();
    let text = [
        "/",
        "/metrics",
        "/api/v2",
        "/api/v2/pods",
        "/apis/absent.io",
        "/apis/absent.io/v1",
        "/apis/apps/v9/deployments",
        "/openapi/v3",
    ];
    for path in text {
        let answer = get(&cluster.router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.text, "404 page not found\n", "{path}");
    }
    let status = [
        "/api/v1/absents",
        "/apis/apps/v1/absents",
        "/api/v1/pods/cart-7c9-aaaaa",
        "/api/v1/namespaces/shop/nodes",
        "/api/v1/namespaces/shop/pods/cart-7c9-aaaaa/log",
    ];
    for path in status {
        let answer = get(&cluster.router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            answer.json()["message"],
            "the server could not find the requested resource",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_absent_object_is_named_with_its_group() {
    let cluster = shop();
    let path = "/apis/apps/v1/namespaces/shop/deployments/absent";
    let status = get(&cluster.router, path).await.json();
    assert_eq!(status["message"], "deployments.apps \"absent\" not found");
    assert_eq!(
        status["details"],
        json!({ "name": "absent", "group": "apps", "kind": "deployments" })
    );
    let path = "/api/v1/namespaces/default/pods/cart-7c9-aaaaa";
    assert_eq!(
        get(&cluster.router, path).await.status,
        StatusCode::NOT_FOUND,
        "it is in another namespace"
    );
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let cluster = shop();
    let cases: [(&str, u16, &str); 14] = [
        (
            "limit=x",
            400,
            "strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (
            "watch=1&timeoutSeconds=soon",
            400,
            "strconv.ParseInt: parsing \"soon\": invalid syntax",
        ),
        (
            "includeObject=Some",
            400,
            "unsupported includeObject value: \"Some\"",
        ),
        (
            "resourceVersion=abc",
            500,
            "resourceVersion: Invalid value: \"abc\"",
        ),
        (
            "resourceVersionMatch=Exact",
            422,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            422,
            "resourceVersionMatch \"exact\" is forbidden",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Near",
            422,
            "Unsupported value: \"Near\"",
        ),
        (
            "sendInitialEvents=true",
            422,
            "sendInitialEvents is forbidden for list",
        ),
        (
            "watch=1&resourceVersionMatch=NotOlderThan",
            422,
            "forbidden for watch unless sendInitialEvents",
        ),
        (
            "continue=e30&resourceVersion=2&resourceVersionMatch=Exact",
            422,
            "forbidden when continue is provided",
        ),
        (
            "continue=e30",
            400,
            "invalid continue token: continue key is not valid: ",
        ),
        ("continue=%21%21", 400, "illegal base64 data"),
        ("labelSelector=a+in+()", 400, "values set can't be empty"),
        (
            "fieldSelector=spec.nodeName",
            400,
            "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'",
        ),
    ];
    for (query, code, message) in cases {
        let answer = get(&cluster.router, &format!("/api/v1/pods?{query}")).await;
        assert_eq!(answer.status.as_u16(), code, "{query}: {}", answer.text);
        let status = answer.json();
        assert_eq!(
            (&status["kind"], &status["code"]),
            (&json!("Status"), &json!(code)),
            "{query}"
        );
        let told = status["message"].as_str().unwrap();
        assert!(told.contains(message), "{query}: {told}");
    }
}

#[tokio::test]
async fn a_page_at_another_version_is_a_contradiction() {
    let cluster = shop();
    let first = get(&cluster.router, "/api/v1/pods?limit=1").await.json();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let answer = get(
        &cluster.router,
        &format!("/api/v1/pods?continue={token}&resourceVersion=3"),
    )
    .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(
        message,
        "specifying resource version is not allowed when using continue"
    );
}

#[tokio::test]
async fn an_accept_header_is_taken_in_the_callers_order() {
    let cluster = shop();
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let cases = [
        (format!("{table}, application/json"), "Table"),
        (format!("application/json, {table}"), "PodList"),
        (format!("application/json;q=0.5, {table}"), "Table"),
        (
            "application/vnd.kubernetes.protobuf, application/json".to_owned(),
            "PodList",
        ),
        (
            "application/json;as=Table;v=v1beta1;g=meta.k8s.io, */*".to_owned(),
            "PodList",
        ),
        (
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io".to_owned(),
            "PartialObjectMetadataList",
        ),
    ];
    for (accept, kind) in cases {
        let answer = ask(
            &cluster.router,
            "GET",
            "/api/v1/pods",
            &[("accept", &accept)],
        )
        .await;
        assert_eq!(answer.json()["kind"], kind, "{accept}");
    }
    for accept in [
        "application/yaml",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
        "application/json;q=0",
    ] {
        let answer = ask(
            &cluster.router,
            "GET",
            "/api/v1/pods",
            &[("accept", accept)],
        )
        .await;
        // With nothing left to choose from, as with no header at all, JSON it is.
        let expected = if accept.ends_with("q=0") { 200 } else { 406 };
        assert_eq!(answer.status.as_u16(), expected, "{accept}");
    }
}

#[tokio::test]
async fn a_token_is_accepted_and_not_needed() {
    let cluster = shop();
    for headers in [&[][..], &[("authorization", "Bearer anything")][..]] {
        let answer = ask(&cluster.router, "GET", "/api/v1/nodes", headers).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_server_may_stand_below_a_prefix() {
    let cluster = shop();
    let nested = axum::Router::new().nest("/shop/kubernetes", cluster.router.clone());
    let body: Value = get(
        &nested,
        "/shop/kubernetes/api/v1/namespaces/shop/pods?limit=1",
    )
    .await
    .json();
    assert_eq!(body["kind"], "PodList");
    assert_eq!(get(&nested, "/shop/kubernetes/healthz").await.text, "ok");
    assert_eq!(
        get(&nested, "/shop/kubernetes/absent").await.text,
        "404 page not found\n"
    );
    let verbose = get(&nested, "/shop/kubernetes/readyz?verbose").await.text;
    assert!(verbose.starts_with("[+]ping ok\n") && verbose.ends_with("readyz check passed\n"));
}
