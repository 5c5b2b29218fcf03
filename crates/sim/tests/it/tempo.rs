//! Tempo of the simulated fleet, held to recorded answers of a real one.

use std::collections::BTreeSet;

use fleetscope_sim::Fault;
use http::Request;
use serde_json::Value;

use crate::fleet::{Fleet, encode, hours};
use crate::shape;

const RECORDED: &str = include_str!("tempo/recorded.json");

#[tokio::test]
async fn refusals_are_those_of_a_real_server() {
    let fleet = Fleet::new(1, hours(1));
    shape::refusals(&fleet, "/shop/tempo", RECORDED, &[]).await;
}

#[tokio::test]
async fn a_search_has_the_recorded_form() {
    let fleet = Fleet::new(1, hours(2));
    for (name, query, dynamic) in [
        (
            "search by service",
            "{ resource.service.name = \"checkout\" }",
            true,
        ),
        ("search by status=error", "{ status = error }", true),
    ] {
        let real = shape::recorded(RECORDED, name);
        let ours = search(&fleet, "shop", query, 1).await;
        let leave = if dynamic { &["serviceStats"][..] } else { &[] };
        shape::same(&real["response"]["body"], &ours, leave);
    }
}

#[tokio::test]
async fn a_search_without_a_query_has_no_span_sets_and_short_ids() {
    let fleet = Fleet::new(1, hours(2));
    let path = format!(
        "/shop/tempo/api/search?limit=200&start={}&end={}",
        fleet.now() - 3600,
        fleet.now()
    );
    let found = fleet.json(&path).await;
    let traces = found["traces"].as_array().expect("traces");
    assert_eq!(traces.len(), 200);
    assert!(traces.iter().all(|trace| trace.get("spanSets").is_none()));
    let lengths: Vec<usize> = traces
        .iter()
        .map(|trace| trace["traceID"].as_str().expect("an id").len())
        .collect();
    assert!(lengths.iter().all(|length| *length <= 32));
    assert!(
        lengths.iter().any(|length| *length < 32),
        "leading zeros are dropped"
    );
    let starts: Vec<i64> = traces
        .iter()
        .map(|t| {
            t["startTimeUnixNano"]
                .as_str()
                .expect("text")
                .parse()
                .expect("a number")
        })
        .collect();
    assert!(
        starts.windows(2).filter(|pair| pair[0] < pair[1]).count() < 20,
        "newest first"
    );
}

#[tokio::test]
async fn a_trace_has_the_recorded_form_in_both_versions() {
    let fleet = Fleet::new(1, hours(2));
    let id = first_id(
        &fleet,
        "shop",
        "{ event.exception.type =~ \".+\" && kind = server }",
    )
    .await;
    let v1 = fleet.json(&format!("/shop/tempo/api/traces/{id}")).await;
    let real = shape::recorded(
        RECORDED,
        "trace v1, JSON: a failing checkout with exception event",
    );
    let real = &real["response"]["body"];
    // In whatever order: JSON has none.
    let keys = |value: &Value| {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect::<BTreeSet<String>>()
    };
    assert_eq!(keys(&v1), keys(real));
    assert_eq!(keys(&v1["batches"][0]), keys(&real["batches"][0]));
    let thrown = |trace: &Value| {
        let batches = trace["batches"].as_array().expect("batches").clone();
        let mut spans = batches.into_iter().flat_map(|batch| {
            batch["scopeSpans"][0]["spans"]
                .as_array()
                .expect("spans")
                .clone()
        });
        let kind =
            |span: &Value| span["kind"] == "SPAN_KIND_SERVER" && span.get("events").is_some();
        spans.find(kind).expect("a span with an exception")
    };
    let (ours, theirs) = (thrown(&v1), thrown(real));
    let without_parent = |span: &Value| {
        let mut keys = keys(span);
        keys.remove("parentSpanId");
        keys
    };
    assert_eq!(without_parent(&ours), without_parent(&theirs), "{ours}");
    assert_eq!(keys(&ours["status"]), keys(&theirs["status"]));
    let v2 = fleet.json(&format!("/shop/tempo/api/v2/traces/{id}")).await;
    assert_eq!(v2["trace"]["resourceSpans"], v1["batches"]);
    let upper = fleet
        .json(&format!("/shop/tempo/api/traces/{}", id.to_uppercase()))
        .await;
    assert_eq!(upper, v1);
}

#[tokio::test]
async fn an_unknown_trace_is_absent_in_each_versions_own_way() {
    let fleet = Fleet::new(1, hours(1));
    let id = "0123456789abcdef0123456789abcdef";
    let (status, body) = fleet.get(&format!("/shop/tempo/api/traces/{id}")).await;
    assert_eq!((status.as_u16(), body.as_str()), (404, ""));
    let v2 = fleet.json(&format!("/shop/tempo/api/v2/traces/{id}")).await;
    let real = shape::recorded(RECORDED, "trace v2 not found: 200 with an empty trace");
    assert_eq!(v2, real["response"]["body"]);
}

#[tokio::test]
async fn parents_enclose_their_children_and_ids_are_unique() {
    let fleet = Fleet::new(2, hours(2));
    let found = search(&fleet, "shop", "{ name = \"POST /orders\" }", 30).await;
    for trace in found["traces"].as_array().expect("traces") {
        let id = trace["traceID"].as_str().expect("an id");
        let spans = spans(&fleet, "shop", id).await;
        let number = |span: &Value, name: &str| -> i64 {
            span[name]
                .as_str()
                .expect("text")
                .parse()
                .expect("a number")
        };
        let mut ids: Vec<&str> = spans
            .iter()
            .map(|s| s["spanId"].as_str().expect("id"))
            .collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        assert_eq!(
            spans
                .iter()
                .filter(|span| span.get("parentSpanId").is_none())
                .count(),
            1
        );
        for span in &spans {
            let parent = spans
                .iter()
                .find(|other| Some(&other["spanId"]) == span.get("parentSpanId"));
            let Some(parent) = parent else { continue };
            assert!(number(parent, "startTimeUnixNano") <= number(span, "startTimeUnixNano"));
            let gave_up = parent["status"]["message"] == "context deadline exceeded";
            let end = |span| number(span, "endTimeUnixNano");
            assert!(gave_up || end(parent) >= end(span), "{parent} {span}");
        }
    }
}

#[tokio::test]
async fn traces_take_the_time_that_the_metrics_say() {
    let fleet = Fleet::new(3, hours(2));
    let found = search(
        &fleet,
        "shop",
        "{ resource.service.name = \"checkout\" && kind = server }",
        150,
    )
    .await;
    let durations: Vec<f64> = found["traces"]
        .as_array()
        .expect("traces")
        .iter()
        .map(|trace| &trace["spanSet"]["spans"][0]["durationNanos"])
        .map(|nanos| {
            nanos
                .as_str()
                .expect("text")
                .parse::<f64>()
                .expect("a number")
                / 1e9
        })
        .collect();
    let mean = durations.iter().sum::<f64>() / durations.len() as f64;
    let metric = "sum(rate(traces_spanmetrics_latency_sum{service=\"checkout\",span_kind=\"SPAN_KIND_SERVER\"}[30m])) / sum(rate(traces_spanmetrics_latency_count{service=\"checkout\",span_kind=\"SPAN_KIND_SERVER\"}[30m]))";
    let expected = fleet.value("shop", metric).await;
    assert!((mean / expected - 1.0).abs() < 0.15, "{mean} {expected}");
}

#[tokio::test]
async fn conditions_select_and_select_shows_more() {
    let fleet = Fleet::new(4, hours(2));
    let query = "{ (duration > 60ms || name = \"HGETALL\") && resource.service.name =~ \"cart|checkout\" } | select(resource.k8s.pod.name)";
    let found = search(&fleet, "shop", query, 20).await;
    let traces = found["traces"].as_array().expect("traces");
    assert_eq!(traces.len(), 20);
    for span in traces
        .iter()
        .flat_map(|t| t["spanSet"]["spans"].as_array().expect("spans"))
    {
        let long = span["durationNanos"]
            .as_str()
            .expect("text")
            .parse::<i64>()
            .expect("n")
            > 60_000_000;
        assert!(long || span["name"] == "HGETALL", "{span}");
        let keys: Vec<&Value> = span["attributes"]
            .as_array()
            .expect("attributes")
            .iter()
            .map(|a| &a["key"])
            .collect();
        assert!(keys.iter().any(|key| **key == "k8s.pod.name"), "{keys:?}");
    }
    let none = search(&fleet, "shop", "{ span.no.such = \"x\" }", 5).await;
    assert_eq!(none["traces"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn tags_and_their_values_have_the_recorded_form() {
    let fleet = Fleet::new(5, hours(1));
    for (name, path) in [
        (
            "tags v2, scope=resource",
            "/shop/tempo/api/v2/search/tags?scope=resource",
        ),
        (
            "tag values v1",
            "/shop/tempo/api/search/tag/service.name/values",
        ),
        (
            "tag values v2",
            "/shop/tempo/api/v2/search/tag/resource.service.name/values",
        ),
        (
            "tag values v2, unknown: empty",
            "/shop/tempo/api/v2/search/tag/span.no.such/values",
        ),
    ] {
        let real = shape::recorded(RECORDED, name);
        shape::same(&real["response"]["body"], &fleet.json(path).await, &[]);
    }
    let services = fleet
        .json("/shop/tempo/api/search/tag/service.name/values")
        .await;
    let names = services["tagValues"].as_array().expect("values");
    assert!(names.iter().any(|name| name == "checkout"), "{names:?}");
    assert!(
        !names.iter().any(|name| name == "orders-db"),
        "a database has no spans of its own"
    );
}

#[tokio::test]
async fn a_search_by_post_works() {
    let fleet = Fleet::new(6, hours(1));
    let request = Request::post("/shop/tempo/api/search?q=%7B%7D").body(axum::body::Body::empty());
    let (status, body) = fleet.send(request.expect("a request")).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_bad_release_shows_its_exception_in_the_failing_service_only() {
    let fleet = Fleet::new(7, hours(2));
    let truth = fleet
        .simulation
        .inject(Fault::BadRelease)
        .expect("a target");
    fleet.pass_minutes(12);
    let query = "{ event.exception.type = \"SerializationException\" } | select(resource.service.name, resource.service.version)";
    let found = search(&fleet, &truth.cluster, query, 20).await;
    let traces = found["traces"].as_array().expect("traces");
    assert!(traces.len() >= 3, "{found}");
    for trace in traces {
        for attribute in trace["spanSet"]["spans"][0]["attributes"]
            .as_array()
            .expect("some")
        {
            if attribute["key"] == "service.name" {
                assert_eq!(attribute["value"]["stringValue"], truth.entity.name);
            }
        }
    }
}

async fn search(fleet: &Fleet, cluster: &str, query: &str, limit: usize) -> Value {
    let path = format!(
        "/{cluster}/tempo/api/search?q={}&limit={limit}&start={}&end={}",
        encode(query),
        fleet.now() - 5400,
        fleet.now()
    );
    fleet.json(&path).await
}

async fn first_id(fleet: &Fleet, cluster: &str, query: &str) -> String {
    let found = search(fleet, cluster, query, 1).await;
    found["traces"][0]["traceID"]
        .as_str()
        .expect("a trace")
        .to_owned()
}

async fn spans(fleet: &Fleet, cluster: &str, id: &str) -> Vec<Value> {
    let trace = fleet
        .json(&format!("/{cluster}/tempo/api/traces/{id}"))
        .await;
    trace["batches"]
        .as_array()
        .expect("batches")
        .iter()
        .flat_map(|batch| {
            batch["scopeSpans"][0]["spans"]
                .as_array()
                .expect("spans")
                .clone()
        })
        .collect()
}
