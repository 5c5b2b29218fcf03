//! What the document says of requests is what holds, and all that is wrong is said at once.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn;
use axum::routing::any;
use fleetscope_api::keep_contract;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

/// Every path of the document, with a handler that takes anything.
fn door() -> Router {
    let document = document();
    let paths = document["paths"].as_object().unwrap().keys();
    paths
        .fold(Router::new(), |router, path| {
            router.route(path, any(async || StatusCode::NO_CONTENT))
        })
        .route_layer(from_fn(keep_contract))
}

fn document() -> Value {
    serde_json::to_value(fleetscope_api::openapi()).unwrap()
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| walk(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 50, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or(reference);
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// The status and the problem of an answer.
async fn ask(method: &str, path: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = door().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Where the problem says that something is wrong.
fn places(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let errors = problem["errors"].as_array().unwrap();
    let mut places: Vec<_> = errors
        .iter()
        .map(|error| (text(&error["in"]), text(&error["pointer"])))
        .collect();
    places.sort();
    places
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once_with_what_was_expected_and_found() {
    let body = json!({
        "environment": "e".repeat(64),
        "labels": { "a~b/c": 7 },
        "endpoints": { "loki": { "tenant": "" }, "tempo": "http://x" },
        "colour": "s3cret",
    });
    let path = "/api/v1/clusters/no-id?limit=3";
    let (status, problem) = ask("PUT", path, &body.to_string()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["code"], "invalid_request");
    let expected = [
        ("body", "/colour"),
        ("body", "/endpoints/loki/tenant"),
        ("body", "/endpoints/loki/url"),
        ("body", "/endpoints/tempo"),
        ("body", "/environment"),
        ("body", "/labels/a~0b~1c"),
        ("body", "/name"),
        ("path", "id"),
        ("query", "limit"),
    ];
    let expected = expected.map(|(place, at)| (place.to_owned(), at.to_owned()));
    assert_eq!(places(&problem), expected);
    let errors = problem["errors"].as_array().unwrap();
    let of = |pointer: &str| {
        let error = errors.iter().find(|error| error["pointer"] == pointer);
        let error = error.unwrap();
        let text = |key: &str| error[key].as_str().unwrap().to_owned();
        (text("expected"), text("found"))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        of("/environment"),
        pair("at most 63 characters", "text of 64 characters")
    );
    assert_eq!(of("/name"), pair("a value", "nothing"));
    assert_eq!(of("id"), pair("text of the format uuid", "\"no-id\""));
    // A text that may be anything may be a credential in the wrong place.
    assert!(!problem.to_string().contains("s3cret"), "{problem}");
}

#[tokio::test]
async fn query_parameters_are_typed_required_and_single_as_documented() {
    for (path, place) in [
        ("/api/v1/clusters?limit=501", "limit"),
        ("/api/v1/clusters?limit=many", "limit"),
        ("/api/v1/clusters?limit=1&limit=2", "limit"),
        ("/api/v1/clusters?colour=red", "colour"),
        ("/api/v1/metrics/query", "query"),
        ("/api/v1/metrics/query?query=up&cluster=x", "cluster/0"),
        ("/api/v1/events?after=-1", "after"),
        ("/api/v1/tasks?all=1", "all"),
    ] {
        let (status, problem) = ask("GET", path, "").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let expected = [("query".to_owned(), place.to_owned())];
        assert_eq!(places(&problem), expected, "{path}");
    }
    let id = "0192f0c1-2d3e-7abc-8def-0123456789ab";
    let good = format!("/api/v1/metrics/query?query=up&cluster={id}&cluster={id}");
    assert_eq!(ask("GET", &good, "").await.0, StatusCode::NO_CONTENT);
    let head = ask("HEAD", "/api/v1/clusters?limit=500", "").await;
    assert_eq!(head.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_no_json_is_400_and_what_is_not_said_to_be_415() {
    for broken in ["", "{", "{\"name\":}", "{} {}", "nul"] {
        let (status, problem) = ask("POST", "/api/v1/clusters", broken).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{broken}");
        assert_eq!(problem["code"], "malformed_json");
    }
    let request = Request::post("/api/v1/clusters")
        .body(Body::from("{}"))
        .unwrap();
    let status = door().oneshot(request).await.unwrap().status();
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

/// A value that is just within a constraint, and one that is just beyond it.
fn around(document: &Value, schema: &Map<String, Value>) -> Vec<(Option<Value>, Value)> {
    let number = |key: &str| schema.get(key).and_then(Value::as_u64);
    let text = |length: u64| Value::String("a".repeat(usize::try_from(length).unwrap()));
    let items = |count: u64| Value::from(items(document, schema, count));
    let mut pairs = Vec::new();
    if let Some(most) = number("maxLength") {
        pairs.push((Some(text(most)), text(most + 1)));
    }
    if let Some(least) = number("minLength") {
        pairs.push((Some(text(least)), text(least - 1)));
    }
    if let Some(most) = number("maxItems") {
        pairs.push((Some(items(most)), items(most + 1)));
    }
    if schema.contains_key("pattern") {
        pairs.push((None, json!("Not a Label!")));
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        pairs.extend(
            options
                .iter()
                .map(|option| (Some(option.clone()), json!("none of them"))),
        );
    }
    if let Some("uuid" | "date-time") = schema.get("format").and_then(Value::as_str) {
        pairs.push((None, json!("neither")));
    }
    pairs
}

/// The schema behind a reference.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Map<String, Value> {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(&reference[1..])
            .unwrap()
            .as_object()
            .unwrap(),
        None => schema.as_object().unwrap(),
    }
}

/// So many items of a list.
fn items(document: &Value, schema: &Map<String, Value>, count: u64) -> Vec<Value> {
    let item = resolved(document, &schema["items"]);
    let one = if item.contains_key("properties") {
        Value::Object(least(document, item))
    } else {
        json!("0192f0c1-2d3e-7abc-8def-0123456789ab")
    };
    vec![one; usize::try_from(count).unwrap()]
}

/// The least value of a type.
fn anything(document: &Value, schema: &Map<String, Value>) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
            Value::from(items(document, schema, least))
        }
        Some("object") => json!({}),
        _ => json!("a"),
    }
}

/// A body with nothing but what must be there.
fn least(document: &Value, schema: &Map<String, Value>) -> Map<String, Value> {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    required
        .map(|name| {
            let name = name.as_str().unwrap();
            let schema = resolved(document, &schema["properties"][name]);
            let value = match (schema.get("enum"), schema.get("format")) {
                (Some(options), _) => options[0].clone(),
                (_, Some(format)) if format == "uuid" => {
                    json!("0192f0c1-2d3e-7abc-8def-0123456789ab")
                }
                (_, Some(format)) if format == "date-time" => json!("2026-01-01T00:00:00Z"),
                _ => anything(document, schema),
            };
            (name.to_owned(), value)
        })
        .collect()
}

#[tokio::test]
async fn every_limit_of_every_body_in_the_document_holds_exactly() {
    let document = document();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            if body.is_null() {
                continue;
            }
            let schema = resolved(&document, body);
            let url = path
                .replace("{id}", "0192f0c1-2d3e-7abc-8def-0123456789ab")
                .replace("{field}", "shared");
            let method = method.to_uppercase();
            for (name, property) in schema["properties"].as_object().unwrap() {
                for (within, beyond) in around(&document, resolved(&document, property)) {
                    tried += 1;
                    let mut body = least(&document, schema);
                    body.insert(name.clone(), beyond.clone());
                    let (status, problem) = ask(&method, &url, &json!(body).to_string()).await;
                    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {name}");
                    let at = ("body".to_owned(), format!("/{name}"));
                    assert!(places(&problem).contains(&at), "{path} {name}: {problem}");
                    if let Some(within) = within {
                        body.insert(name.clone(), within);
                        let (status, problem) = ask(&method, &url, &json!(body).to_string()).await;
                        assert_eq!(status, StatusCode::NO_CONTENT, "{path} {name}: {problem}");
                    }
                }
            }
        }
    }
    assert!(tried > 25, "only {tried} limits were found");
}
