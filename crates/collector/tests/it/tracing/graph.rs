//! Services, and who calls whom.

use fleetscope_model::Endpoints;

use super::*;

#[tokio::test]
async fn services_are_the_values_of_their_attribute() {
    let server = Server::start(|seen| {
        let name = if seen.path.contains("/name/") {
            "tag values v2, filtered"
        } else {
            "tag values v2"
        };
        recording::answer("tempo-traces", name)
    })
    .await;
    let collector = of(&server);
    let found = collector
        .services(&caller(), &Selection::All, hour(), None)
        .await
        .unwrap();
    let names: Vec<_> = found.items.iter().map(|one| one.service.as_str()).collect();
    assert_eq!(
        names,
        ["backend", "cart", "checkout", "frontend", "payment"]
    );
    let found = collector
        .services(&caller(), &Selection::All, hour(), Some("pay\"ment"))
        .await
        .unwrap();
    assert_eq!(found.items[0].operations, ["/charge"]);
    let seen = server.seen();
    assert_eq!(
        seen[0].path,
        "/api/v2/search/tag/resource.service.name/values"
    );
    assert_eq!(
        seen[1].field("q"),
        Some("{ resource.service.name = \"pay\\\"ment\" }")
    );
}

#[tokio::test]
async fn whoever_sees_one_namespace_is_shown_its_services_of_a_sample() {
    let server = Server::start(|_| json(200, &of_two_namespaces())).await;
    let found = held(&server, "shop")
        .services(&caller(), &Selection::All, hour(), None)
        .await
        .unwrap();
    assert_eq!(found.items.len(), 1);
    assert!(found.items[0].sampled);
    let none = held(&server, "till")
        .services(&caller(), &Selection::All, hour(), None)
        .await
        .unwrap();
    assert_eq!(none.items, []);
    // A list of values could be whole in spite of its filter.
    assert!(server.seen().iter().all(|seen| seen.path == "/api/search"));
}

fn vector(values: &[(&str, &str, f64)]) -> Value {
    let series: Vec<Value> = values
        .iter()
        .map(|(client, server, value)| {
            json!({"metric": {"client": client, "server": server}, "value": [1.0, value.to_string()]})
        })
        .collect();
    json!({"status": "success", "data": {"resultType": "vector", "result": series}})
}

#[tokio::test]
async fn the_service_graph_gives_rate_failures_and_quantiles_of_every_edge() {
    let prometheus = Server::start(|seen| {
        let query = seen.field("query").unwrap();
        let answer = if query.contains("failed_total") {
            vector(&[("web", "cart", 0.5)])
        } else if query.contains("request_total") {
            vector(&[("user", "web", 4.0), ("web", "cart", 2.0)])
        } else {
            let at = if query.contains("(0.5,") { 0.1 } else { 0.9 };
            vector(&[("web", "cart", at)])
        };
        json(200, &answer)
    })
    .await;
    let collector = Fleet::of_one(Source::Prometheus, prometheus.endpoint()).collector(patient());
    let found = collector
        .dependencies(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    assert_eq!(found.gaps, []);
    let graph = &found.items[0];
    assert_eq!(graph.sampling, Sampling::ServiceGraph);
    let told: Vec<_> = graph
        .edges
        .iter()
        .map(|e| {
            (
                e.client.as_str(),
                e.server.as_str(),
                e.per_second,
                e.error_ratio,
                e.quantiles,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("user", "web", Some(4.0), 0.0, [None; 3]),
            (
                "web",
                "cart",
                Some(2.0),
                0.25,
                [Some(0.1), Some(0.9), Some(0.9)]
            ),
        ]
    );
}

/// A Tempo with one trace: web calls cart, cart asks its database, a failure.
async fn tempo() -> Server {
    Server::start(|seen| {
        if seen.path == "/api/search" {
            let trace = json!({"traceID": "1", "startTimeUnixNano": "1"});
            return json(200, &json!({"traces": [trace]}));
        }
        let batch = |service: &str, spans: Value| {
            json!({"resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": service}},
                {"key": "k8s.namespace.name", "value": {"stringValue": service}}]},
                "scopeSpans": [{"spans": spans}]})
        };
        let span = |id: u64, parent: u64, kind: &str, end: i64| {
            json!({"spanId": format!("{id:016x}"), "parentSpanId": format!("{parent:016x}"), "kind": kind,
                "startTimeUnixNano": "1000000000", "endTimeUnixNano": (1_000_000_000 + end).to_string()})
        };
        let mut statement = span(4, 3, "SPAN_KIND_CLIENT", 50_000_000);
        statement["attributes"] = json!([{"key": "db.system", "value": {"stringValue": "postgresql"}},
            {"key": "peer.service", "value": {"stringValue": "orders-db"}}]);
        statement["status"] = json!({"code": "STATUS_CODE_ERROR"});
        let web = json!([span(1, 0, "SPAN_KIND_SERVER", 200_000_000), span(2, 1, "SPAN_KIND_CLIENT", 150_000_000)]);
        let cart = json!([span(3, 2, "SPAN_KIND_SERVER", 100_000_000), statement]);
        json(200, &json!({"trace": {"resourceSpans": [batch("web", web), batch("cart", cart)]}}))
    })
    .await
}

#[tokio::test]
async fn without_a_service_graph_a_sample_of_traces_tells_and_says_so() {
    let tempo = tempo().await;
    let prometheus = Server::start(|_| json(200, &vector(&[]))).await;
    let endpoints = Endpoints {
        tempo: Some(tempo.endpoint()),
        prometheus: Some(prometheus.endpoint()),
        ..Endpoints::default()
    };
    let collector = Fleet::new([("shop", endpoints)]).collector(patient());
    let found = collector
        .dependencies(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    let graph = &found.items[0];
    assert_eq!(
        graph.sampling,
        Sampling::Traces {
            read: 1,
            more: false
        }
    );
    let told: Vec<_> = graph
        .edges
        .iter()
        .map(|e| {
            (
                e.client.as_str(),
                e.server.as_str(),
                e.connection.as_str(),
                e.calls,
                e.error_ratio,
                e.quantiles[1],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("cart", "orders-db", "database", Some(1), 1.0, Some(0.05)),
            ("web", "cart", "", Some(1), 0.0, Some(0.1)),
        ]
    );
    assert!((graph.edges[0].per_second.unwrap() - 1.0 / 3600.0).abs() < 1e-12);
}

#[tokio::test]
async fn whoever_sees_one_namespace_is_shown_calls_within_it_only() {
    let tempo = tempo().await;
    let found = held(&tempo, "cart")
        .dependencies(&caller(), &Selection::All, hour())
        .await
        .unwrap();
    let edges: Vec<_> = found.items[0]
        .edges
        .iter()
        .map(|e| (e.client.as_str(), e.server.as_str()))
        .collect();
    assert_eq!(edges, [("cart", "orders-db")]);
}
