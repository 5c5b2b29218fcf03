//! Traces through the API and the command line, over the simulated fleet.

use std::process::Command;

use fleetscope_client::TraceScope;
use fleetscope_client::wire::{
    AttributeCondition, AttributeScope, AttributeValue, Comparison, DependencySource, SpanStatus,
    Trace, TraceSearch,
};
use fleetscope_testkit::{Fleet, Shape, TestApp, a_time};
use reqwest::Method;
use serde_json::{Value, json};

struct Scene {
    app: TestApp,
    _fleet: Fleet,
}

impl Scene {
    async fn set(shape: Shape) -> Self {
        let app = TestApp::start(shape, a_time()).await;
        let fleet = Fleet::start(5, app.clock.clone()).await;
        fleet.register(&app.admin).await;
        Self { app, _fleet: fleet }
    }

    async fn failing(&self) -> Trace {
        let search = TraceSearch {
            status: Some(SpanStatus::Error),
            limit: Some(3),
            ..TraceSearch::default()
        };
        let found = self.app.viewer.search_traces(&search).await.unwrap();
        assert_eq!(found.gaps, []);
        let of_shop = found
            .traces
            .iter()
            .find(|trace| trace.cluster == "shop")
            .unwrap();
        self.app.viewer.trace(&of_shop.trace_id, &[]).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_searched_read_and_counted_in_both_shapes() {
    for shape in Shape::ALL {
        let scene = Scene::set(shape).await;
        let viewer = &scene.app.viewer;
        let trace = scene.failing().await;
        assert_eq!(trace.clusters, ["shop"]);
        assert!(trace.error_count > 0 && trace.span_count == trace.spans.len());
        assert!(
            trace
                .spans
                .iter()
                .all(|span| span.cluster == "shop" && !span.orphan)
        );
        let path: f64 = trace
            .critical_path
            .iter()
            .map(|step| step.duration_ms)
            .sum();
        assert!((path - trace.spans[0].duration_ms).abs() < 0.001, "{path}");

        let services = viewer
            .traced_services(None, &TraceScope::default())
            .await
            .unwrap();
        assert!(services.services.iter().any(|one| one.cluster == "shop"));
        let root = &trace.spans[0];
        let one = viewer
            .traced_services(Some(&root.service), &TraceScope::default())
            .await
            .unwrap();
        let known = &one
            .services
            .iter()
            .find(|one| one.cluster == "shop")
            .unwrap()
            .operations;
        assert!(known.contains(&root.name), "{known:?}");

        let calls = viewer.dependencies(&TraceScope::default()).await.unwrap();
        let shop = calls
            .clusters
            .iter()
            .find(|one| one.cluster == "shop")
            .unwrap();
        assert_eq!(shop.source, DependencySource::ServiceGraph);
        let edge = shop
            .edges
            .iter()
            .find(|edge| edge.client != "user" && edge.connection_type.is_empty());
        let edge = edge.unwrap();
        assert!(
            edge.requests_per_second.unwrap() > 0.0 && edge.p95_ms.unwrap() >= edge.p50_ms.unwrap()
        );
        let databases = shop
            .edges
            .iter()
            .filter(|edge| edge.connection_type == "database");
        for edge in databases {
            assert!(edge.p99_ms.is_some(), "{edge:?}");
        }
        scene.app.stop().await;
    }
}

/// What the API says of a search body.
async fn refusal(app: &TestApp, body: &Value) -> (u16, String, String) {
    let request = app
        .viewer
        .raw(Method::POST, "/api/v1/traces/search")
        .unwrap();
    let answer = request.json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("detail"))
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_searches_are_refused_with_what_to_write() {
    let scene = Scene::set(Shape::One).await;
    let app = &scene.app;
    for (body, status, code, said) in [
        (
            json!({ "query": "{ resource.service.name = }" }),
            422,
            "invalid_query",
            "line 1, col 27",
        ),
        (json!({ "query": "" }), 422, "invalid_query", "is empty"),
        (
            json!({ "query": "{ }", "service": "a" }),
            422,
            "invalid_request",
            "not both",
        ),
        (json!({ "colour": "red" }), 422, "invalid_request", ""),
        (json!({ "limit": 0 }), 422, "invalid_request", ""),
        (json!({ "limit": 1001 }), 422, "invalid_request", ""),
        (
            json!({ "min_duration": "soon" }),
            422,
            "invalid_request",
            "positive duration",
        ),
        (
            json!({ "min_duration": "2s", "max_duration": "1s" }),
            422,
            "invalid_duration",
            "swap",
        ),
        (
            json!({ "attributes": [{ "name": "", "value": 1 }] }),
            422,
            "invalid_request",
            "",
        ),
        (
            json!({ "attributes": [{ "name": "a", "op": "=~", "value": 1 }] }),
            422,
            "invalid_attribute",
            "pattern",
        ),
        (
            json!({ "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z" }),
            422,
            "invalid_request",
            "swap",
        ),
        (
            json!({ "clusters": ["00000000-0000-7000-8000-000000000000"] }),
            404,
            "not_found",
            "",
        ),
    ] {
        let refused = refusal(app, &body).await;
        assert_eq!(
            (refused.0, refused.1.as_str()),
            (status, code),
            "{body}: {refused:?}"
        );
        assert!(refused.2.contains(said), "{body}: {refused:?}");
    }
    for wrong in ["xyz", "0123456789abcdef0123456789abcdef0"] {
        let error = app.viewer.trace(wrong, &[]).await.unwrap_err();
        assert_eq!(error.status(), Some(404), "{wrong}");
    }
    let absent = app
        .viewer
        .trace("0123456789abcdef0123456789abcdef", &[])
        .await
        .unwrap_err();
    assert_eq!(absent.status(), Some(404));
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_a_value_whatever_it_holds() {
    let scene = Scene::set(Shape::One).await;
    let nasty = "\" || name != \"\\` } || { true } // \n";
    let search = TraceSearch {
        service: Some(nasty.to_owned()),
        attributes: vec![AttributeCondition {
            name: "http.route".to_owned(),
            scope: AttributeScope::Any,
            op: Comparison::Equal,
            value: AttributeValue::Text(nasty.to_owned()),
        }],
        ..TraceSearch::default()
    };
    let found = scene.app.viewer.search_traces(&search).await.unwrap();
    assert_eq!((found.traces, found.gaps), (Vec::new(), Vec::new()));
    scene.app.stop().await;
}

fn command(app: &TestApp, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fleetscope"))
        .args(arguments)
        .env("FLEETSCOPE_URL", app.base.as_str())
        .env("FLEETSCOPE_TOKEN", &app.token)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_searches_draws_and_lists() {
    let scene = Scene::set(Shape::One).await;
    let trace = scene.failing().await;
    let at = a_time().to_string();
    let app = &scene.app;
    let run = |arguments: &[&str]| tokio::task::block_in_place(|| command(app, arguments));

    let (code, drawn, _) = run(&["traces", "show", &trace.trace_id]);
    assert_eq!(code, Some(0));
    assert!(drawn.contains(&format!(
        "{} spans, {} failed; on shop",
        trace.span_count, trace.error_count
    )));
    assert!(drawn.contains("What held it up") && drawn.contains("What failed, the deepest first"));
    let (code, json, _) = run(&["traces", "show", &trace.trace_id, "-o", "json"]);
    assert_eq!(
        (code, serde_json::from_str::<Trace>(&json).unwrap()),
        (Some(0), trace.clone())
    );

    let search = [
        "traces",
        "search",
        "--cluster",
        "shop",
        "--status",
        "error",
        "--at",
        &at,
    ];
    let (code, list, _) = run(&search);
    assert_eq!(code, Some(0));
    assert!(list.contains(&trace.trace_id), "{list}");
    let (code, list, _) = run(&[
        "traces",
        "search",
        "--at",
        &at,
        "--attribute",
        "http.response.status_code>=500",
    ]);
    assert!(code == Some(0) && list.contains("MATCHED"), "{list}");
    let (code, _, wrong) = run(&["traces", "search", "--at", &at, "--query", "{ status = }"]);
    assert_eq!(code, Some(3));
    assert!(
        wrong.contains("invalid TraceQL query: parse error at line 1"),
        "{wrong}"
    );

    let root = &trace.spans[0];
    let (code, list, _) = run(&[
        "traces",
        "services",
        "--at",
        &at,
        "--service",
        &root.service,
    ]);
    assert!(code == Some(0) && list.contains(&root.name), "{list}");
    let (code, list, _) = run(&["traces", "dependencies", "--at", &at, "--cluster", "shop"]);
    assert!(
        code == Some(0) && list.contains("every call, by Tempo's service graph"),
        "{list}"
    );
    assert_eq!(run(&["traces", "show", "xyz"]).0, Some(2));
    assert_eq!(run(&["traces", "show", "1"]).0, Some(5));
    scene.app.stop().await;
}
