//! Tempo: searches by fields and by TraceQL, whole traces, services, and who calls whom.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_collector::Collector;
use fleetscope_model::{
    Aspect, AttributeFilter, AttributeScope, AttributeValue, Caller, ClusterId, ClusterVerb,
    Comparison, ErrorKind, Fault, GapKind, Sampling, Selection, Sight, Source, SpanFilter,
    SpanKind, SpanStatus, TraceId, TraceSearch, Wanted,
};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Access, Traces, Unasked};
use serde_json::{Value, json};

use crate::fleet::{Fleet, caller, hour, impatient, only, patient};
use crate::recording;
use crate::server::{Server, json, reply};

mod faults;
mod graph;
mod lookup;

fn search(wanted: Wanted) -> TraceSearch {
    TraceSearch {
        clusters: Selection::All,
        wanted,
        range: hour(),
        limit: 20,
    }
}

fn raw(query: &str) -> TraceSearch {
    search(Wanted::TraceQl(query.to_owned()))
}

fn of(server: &Server) -> Collector {
    Fleet::of_one(Source::Tempo, server.endpoint()).collector(patient())
}

/// Lets everybody see one namespace.
struct OneNamespace(&'static str);

#[async_trait]
impl Access for OneNamespace {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(
        &self,
        _: &Caller,
        _: ClusterId,
        _: ClusterVerb,
    ) -> fleetscope_ports::Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&std::collections::BTreeSet<String>>,
    ) -> Result<Sight, Unasked> {
        Ok(Sight::Namespaces([self.0.to_owned()].into()))
    }
}

fn held(server: &Server, namespace: &'static str) -> Collector {
    Collector::new(
        Arc::new(Fleet::of_one(Source::Tempo, server.endpoint())),
        Arc::new(OneNamespace(namespace)),
        Outbound::new(patient()).unwrap(),
    )
}

#[tokio::test]
async fn a_recorded_search_is_read_with_its_spans() {
    let server = recording::server("tempo-traces", "search with select").await;
    let found = of(&server)
        .search(&caller(), &raw("{ true }"))
        .await
        .unwrap();
    assert_eq!(found.gaps, []);
    let span = &found.items[0].spans[0];
    assert_eq!(span.id.to_string(), "4ee001be84c8f07c");
    assert_eq!(span.length_ns, 112_714_881);
    assert_eq!(
        span.attributes["http.response.status_code"],
        AttributeValue::Integer(500)
    );
    // As it was written, and nothing else.
    assert_eq!(server.seen()[0].field("q"), Some("{ true }"));
}

#[tokio::test]
async fn fields_become_one_query_and_values_stay_values() {
    let server = recording::server("tempo-traces", "search with select").await;
    let filter = SpanFilter {
        service: Some("a\" || true || \"".to_owned()),
        status: Some(SpanStatus::Error),
        attributes: vec![AttributeFilter {
            scope: AttributeScope::Span,
            name: "http.response.status_code".to_owned(),
            comparison: Comparison::AtLeast,
            value: AttributeValue::Integer(500),
        }],
        ..SpanFilter::default()
    };
    let asked = search(Wanted::Fields(filter));
    of(&server).search(&caller(), &asked).await.unwrap();
    assert_eq!(
        server.seen()[0].field("q"),
        Some(
            "{ resource.service.name = \"a\\\" || true || \\\"\" && status = error && \
             span.http.response.status_code >= 500 } | select(name, status, \
             resource.service.name, resource.k8s.namespace.name)"
        )
    );
}

#[tokio::test]
async fn wrong_traceql_is_told_in_the_servers_words_with_the_position() {
    let server = recording::server("tempo-traces", "bad TraceQL: 400").await;
    let asked = raw("{ resource.service.name = }");
    let error = of(&server).search(&caller(), &asked).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Invalid, "invalid_query")
    );
    assert_eq!(
        error.message(),
        "invalid TraceQL query: parse error at line 1, col 27: syntax error: unexpected }"
    );
    for wrong in ["", " \n", &"x".repeat(10_001)] {
        let error = of(&server)
            .search(&caller(), &raw(wrong))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "invalid_query");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn traceql_that_one_cluster_takes_is_a_gap_on_the_other() {
    let (new, old) = (
        recording::server("tempo-traces", "search with select").await,
        recording::server("tempo-traces", "bad TraceQL: 400").await,
    );
    let fleet = Fleet::new([
        ("new", only(Source::Tempo, new.endpoint())),
        ("old", only(Source::Tempo, old.endpoint())),
    ]);
    let found = fleet
        .collector(patient())
        .search(&caller(), &raw("{ }"))
        .await
        .unwrap();
    assert_eq!(found.items.len(), 2);
    assert_eq!(
        (found.gaps.len(), found.gaps[0].kind),
        (1, GapKind::Refused)
    );
    assert!(found.gaps[0].detail.contains("line 1, col 27"));
}

#[tokio::test]
async fn other_refusals_of_a_search_are_no_fault_of_the_query() {
    let said = "range specified by start and end exceeds 168h0m0s. received start=1 end=2";
    let server = Server::start(move |_| reply(400, "text/plain", said)).await;
    let found = of(&server).search(&caller(), &raw("{ }")).await.unwrap();
    assert_eq!(found.gaps[0].kind, GapKind::Refused);
    assert!(found.gaps[0].detail.contains("exceeds 168h0m0s"));
}

/// What a search finds in two namespaces, whatever it was asked for.
fn of_two_namespaces() -> Value {
    let span = |id: &str, namespace: Option<&str>| {
        let mut attributes = vec![json!({"key": "service.name", "value": {"stringValue": "cart"}})];
        attributes.extend(
            namespace
                .map(|name| json!({"key": "k8s.namespace.name", "value": {"stringValue": name}})),
        );
        json!({"spanID": id, "startTimeUnixNano": "1", "durationNanos": "1", "attributes": attributes})
    };
    let trace = |id: &str, spans: Vec<Value>| {
        json!({"traceID": id, "rootServiceName": "bank-gate", "rootTraceName": "GET /secret",
            "startTimeUnixNano": "1", "durationMs": 1, "spanSets": [{"matched": spans.len(), "spans": spans}]})
    };
    json!({"traces": [
        trace("1", vec![span("a", Some("shop")), span("b", Some("bank")), span("c", None)]),
        trace("2", vec![span("d", Some("bank"))]),
    ]})
}

#[tokio::test]
async fn whoever_sees_one_namespace_is_shown_no_span_of_another() {
    let server = Server::start(|_| json(200, &of_two_namespaces())).await;
    for asked in [
        search(Wanted::Fields(SpanFilter::default())),
        raw("{ span.x = \"}\" || true }"),
    ] {
        let found = held(&server, "shop")
            .search(&caller(), &asked)
            .await
            .unwrap();
        assert_eq!(found.items.len(), 1);
        let only = &found.items[0];
        assert_eq!((only.spans.len(), only.summary.matched_spans), (1, 1));
        assert_eq!(
            (&*only.summary.root_service, &*only.summary.root_name),
            ("", "")
        );
    }
    let sent: Vec<String> = server
        .seen()
        .iter()
        .map(|s| s.field("q").unwrap().to_owned())
        .collect();
    let held_to = "resource.k8s.namespace.name =~ \"^(?:shop)$\" } | select(";
    assert!(sent.iter().all(|query| query.contains(held_to)), "{sent:?}");
    assert!(
        sent[1].starts_with("{ ( span.x = \"}\" || true ) && "),
        "{sent:?}"
    );
}

#[tokio::test]
async fn traceql_that_can_not_be_held_to_a_namespace_is_not_sent() {
    let server = Server::start(|_| json(200, &of_two_namespaces())).await;
    for query in [
        "{ true } >> { true }",
        "{ true } | count() > 1",
        "{ true ) || ( true }",
    ] {
        let found = held(&server, "shop")
            .search(&caller(), &raw(query))
            .await
            .unwrap();
        assert_eq!(found.items, []);
        assert_eq!(found.gaps[0].kind, GapKind::Forbidden);
    }
    assert_eq!(server.seen().len(), 0);
}
