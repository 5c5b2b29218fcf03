//! Queries through the port `Logs`: what is sent, what comes of it, and what is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use axum::response::Response;
use fleetscope_collector::Collector;
use fleetscope_model::{
    Aspect, Caller, ClusterId, ClusterVerb, Endpoint, Fault, GapKind, LabelTest, LogAnswer,
    LogExpression, LogFilter, LogKind, LogQuestion, LogResult, LogScope, LogTenant, Selection,
    Sight, Source, TextComparison,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Logs, Result, Unasked};
use serde_json::json;

use crate::fleet::{Fleet, caller, hour, only, patient};
use crate::recording;
use crate::server::{self, Seen, Server, reply};

/// Lets everybody see these namespaces of every cluster.
pub(crate) struct Sees(pub(crate) BTreeSet<String>);

impl Sees {
    pub(crate) fn only(names: &[&str]) -> Arc<Self> {
        Arc::new(Self(names.iter().map(|&name| name.to_owned()).collect()))
    }
}

#[async_trait]
impl Access for Sees {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        named: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        let seen = match named {
            Some(named) => self.0.intersection(named).cloned().collect(),
            None => self.0.clone(),
        };
        Ok(Sight::Namespaces(seen))
    }
}

pub(crate) fn seeing(fleet: Fleet, names: &[&str]) -> Collector {
    let outbound = Outbound::new(patient()).unwrap();
    Collector::new(Arc::new(fleet), Sees::only(names), outbound)
}

pub(crate) fn scope() -> LogScope {
    LogScope {
        clusters: Selection::All,
        tenant: None,
        range: hour(),
    }
}

pub(crate) fn raw(query: &str) -> LogQuestion {
    LogQuestion {
        scope: scope(),
        expression: LogExpression::Raw(query.to_owned()),
        kind: LogKind::Range { step: None },
        limit: 10,
        forward: false,
        from: None,
        budget: 1_000_000,
    }
}

fn loki(server: &Server) -> Fleet {
    Fleet::of_one(Source::Loki, server.endpoint())
}

/// Answers stats with so many bytes, and all else with what `then` makes of it.
pub(crate) async fn costing(
    bytes: u64,
    then: impl Fn(&Seen) -> Response + Send + Sync + 'static,
) -> Server {
    Server::start(move |seen| {
        if seen.path.ends_with("/index/stats") {
            return server::json(
                200,
                &json!({ "streams": 3, "chunks": 9, "bytes": bytes, "entries": 100 }),
            );
        }
        then(seen)
    })
    .await
}

async fn recorded(name: &'static str) -> Server {
    costing(0, move |_| recording::answer("loki", name)).await
}

async fn ask(server: &Server, question: &LogQuestion) -> Result<LogAnswer> {
    let collector = loki(server).collector(patient());
    Logs::query(&collector, &caller(), question).await
}

/// The last request, which is the query itself.
fn asked(server: &Server) -> Seen {
    server.seen().pop().unwrap()
}

#[tokio::test]
async fn lines_carry_metadata_and_what_parsers_found() {
    let server = recorded("query_range with categorize-labels").await;
    let answer = ask(&server, &raw("{service_name=\"ledger\"} | json"))
        .await
        .unwrap();
    assert_eq!(answer.result, LogResult::Streams);
    let booked = &answer.lines[1];
    assert_eq!(booked.labels["user_tier"], "gold");
    assert_eq!(booked.labels["cents"], "1250");
    assert_eq!(answer.lines[0].labels["__error__"], "JSONParserErr");
    assert!(answer.lines.windows(2).all(|pair| pair[0].at >= pair[1].at));
    let seen = asked(&server);
    assert_eq!(
        seen.headers["x-loki-response-encoding-flags"],
        "categorize-labels"
    );
    assert_eq!(seen.path, "/loki/api/v1/query_range");
}

#[tokio::test]
async fn series_come_as_the_server_computed_them() {
    let server = recorded("query_range, matrix: rate").await;
    let mut question = raw("rate({namespace=\"shop\"}[1m])");
    question.kind = LogKind::Range {
        step: Some(jiff::SignedDuration::from_secs(300)),
    };
    let answer = ask(&server, &question).await.unwrap();
    assert_eq!(answer.result, LogResult::Matrix);
    assert!(!answer.series.is_empty());
    assert!(answer.series.iter().all(|s| !s.series.samples.is_empty()));
    assert_eq!(asked(&server).field("step"), Some("300"));

    let server = recorded("query (instant), vector").await;
    let mut question = raw("count_over_time({namespace=\"shop\"}[30m])");
    question.kind = LogKind::Instant;
    let answer = ask(&server, &question).await.unwrap();
    assert_eq!(answer.result, LogResult::Vector);
    assert!(answer.series.iter().all(|s| s.series.samples.len() == 1));
    let seen = asked(&server);
    assert_eq!(seen.path, "/loki/api/v1/query");
    assert_eq!(seen.field("time"), Some("1795341600000000000"));
}

#[tokio::test]
async fn wrong_logql_is_refused_with_the_servers_own_words_and_place() {
    for (name, said) in [
        (
            "parse error: 400 text",
            "parse error at line 1, col 24: syntax error: unexpected $end, expecting } or ,",
        ),
        (
            "query (instant) of a log query: 400",
            "log queries are not supported as an instant query type",
        ),
    ] {
        let server = recorded(name).await;
        let error = ask(&server, &raw("{service_name=\"payment\""))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "invalid_logql");
        assert!(error.message().starts_with(said), "{}", error.message());
    }
    // A limit of one server is a gap of that server.
    let server = recorded("limit above max_entries_limit 100").await;
    let answer = ask(&server, &raw("{a=\"b\"}")).await.unwrap();
    assert_eq!(answer.gaps[0].kind, GapKind::Refused);
    assert!(answer.gaps[0].detail.contains("101 > 100"), "{answer:?}");
}

#[tokio::test]
async fn one_cluster_that_does_not_know_the_syntax_is_a_gap_where_others_answer() {
    let old = recorded("parse error in a pipeline").await;
    let new = recorded("query_range, structured metadata is merged").await;
    let endpoint = |server: &Server| only(Source::Loki, server.endpoint());
    let fleet = Fleet::new([("old", endpoint(&old)), ("new", endpoint(&new))]);
    let collector = fleet.collector(patient());
    let answer = Logs::query(&collector, &caller(), &raw("{a=\"b\"} | nope"))
        .await
        .unwrap();
    assert!(!answer.lines.is_empty());
    assert_eq!(answer.gaps.len(), 1);
    assert_eq!(answer.gaps[0].cluster_name, "old");
    assert!(answer.gaps[0].detail.starts_with("parse error at line 1"));
}

#[tokio::test]
async fn a_query_over_its_budget_is_not_sent_and_told_how_to_be_narrowed() {
    let server = costing(5_000_000_000, |_| {
        recording::answer("loki", "query_range, nothing found")
    })
    .await;
    let error = ask(&server, &raw("{namespace=\"shop\"} |= \"x\""))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "query_too_expensive");
    let said = error.message();
    for part in ["5.0 GB", "3 streams", "1.0 MB", "labels", "shop"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/loki/api/v1/index/stats"]);
    assert_eq!(
        server.seen()[0].field("query"),
        Some("{namespace=\"shop\"}")
    );
    // Where others can answer, it is a gap.
    let cheap = recorded("query_range, structured metadata is merged").await;
    let endpoint = |server: &Server| only(Source::Loki, server.endpoint());
    let fleet = Fleet::new([("big", endpoint(&server)), ("small", endpoint(&cheap))]);
    let collector = fleet.collector(patient());
    let answer = Logs::query(&collector, &caller(), &raw("{a=\"b\"}"))
        .await
        .unwrap();
    assert!(!answer.lines.is_empty());
    assert!(answer.gaps[0].detail.contains("budget"), "{answer:?}");
}

#[tokio::test]
async fn an_index_that_can_not_be_asked_does_not_stop_the_query() {
    let server = Server::start(|seen| {
        if seen.path.ends_with("/index/stats") {
            return reply(404, "text/plain", "404 page not found\n");
        }
        recording::answer("loki", "query_range, structured metadata is merged")
    })
    .await;
    let answer = ask(&server, &raw("{a=\"b\"}")).await.unwrap();
    assert!(!answer.lines.is_empty());
    assert_eq!(answer.gaps, []);
}

#[tokio::test]
async fn a_query_is_held_to_the_callers_namespaces_and_so_are_its_lines() {
    let line = |namespace: &str| {
        json!({ "stream": { "namespace": namespace, "app": "a" },
                "values": [["1795338418373251875", namespace, { "parsed": { "namespace": "shop" } }]] })
    };
    let body = json!({ "status": "success", "data": { "resultType": "streams",
        "result": [line("shop"), line("bank")] } });
    let server = costing(0, move |_| server::json(200, &body)).await;
    let collector = seeing(loki(&server), &["shop", "till"]);
    let answer = Logs::query(&collector, &caller(), &raw("{app=\"a\"} | json"))
        .await
        .unwrap();
    let shown: Vec<&str> = answer.lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(
        shown,
        ["shop"],
        "a server that gives more than it is asked for"
    );
    let held = r#"{app="a", namespace=~"shop|till"}"#;
    let seen = server.seen();
    assert_eq!(seen[0].field("query"), Some(held));
    assert_eq!(seen[1].field("query"), Some(&*format!("{held} | json")));

    // A namespace of others is a gap, and nothing is read.
    let before = server.seen().len();
    let answer = Logs::query(&collector, &caller(), &raw("{namespace=\"bank\"}"))
        .await
        .unwrap();
    assert_eq!(answer.gaps[0].kind, GapKind::Forbidden);
    assert_eq!(server.seen().len(), before);
    // What can't be held goes nowhere.
    let wrong = raw("{app=\"a\"} // {namespace=\"shop\"}");
    let error = Logs::query(&collector, &caller(), &wrong)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_logql");
    assert!(
        error.message().contains("line 1, col 11"),
        "{}",
        error.message()
    );
    assert_eq!(server.seen().len(), before);
}

#[tokio::test]
async fn a_place_in_a_held_query_is_told_as_the_caller_wrote_it() {
    let server = costing(0, |seen| {
        let query = seen.field("query").unwrap();
        let column = query.find("nope").unwrap() + 1;
        let said =
            format!("parse error at line 1, col {column}: syntax error: unexpected IDENTIFIER");
        reply(400, "text/plain; charset=utf-8", said)
    })
    .await;
    let collector = seeing(loki(&server), &["shop"]);
    let error = Logs::query(&collector, &caller(), &raw("{app=\"a\"} | nope"))
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        "parse error at line 1, col 13: syntax error: unexpected IDENTIFIER"
    );
}

#[tokio::test]
async fn tenants_of_a_lokistack_have_their_own_paths_and_label_of_the_namespace() {
    let server = recorded("query_range, nothing found").await;
    let gateway = Endpoint::at(format!(
        "http://127.0.0.1:{}/api/logs/v1/application",
        server.port()
    ));
    let collector = seeing(Fleet::of_one(Source::Loki, gateway), &["shop"]);
    for (tenant, path, label) in [
        (None, "application", "kubernetes_namespace_name"),
        (Some(LogTenant::Audit), "audit", "kubernetes_namespace_name"),
        (Some(LogTenant::Network), "network", "SrcK8S_Namespace"),
    ] {
        let mut question = raw("{log_type=\"x\"}");
        question.scope.tenant = tenant;
        Logs::query(&collector, &caller(), &question).await.unwrap();
        let seen = asked(&server);
        assert_eq!(
            seen.path,
            format!("/api/logs/v1/{path}/loki/api/v1/query_range")
        );
        let held = format!("{{log_type=\"x\", {label}=~\"shop\"}}");
        assert_eq!(seen.field("query"), Some(&*held));
    }
}

#[tokio::test]
async fn a_tenant_of_a_registration_is_shown_and_a_callers_is_no_header() {
    let server = recorded("query_range, nothing found").await;
    let endpoint = Endpoint {
        tenant: Some("tenant-a".to_owned()),
        ..server.endpoint()
    };
    let collector = Fleet::of_one(Source::Loki, endpoint).collector(patient());
    Logs::query(&collector, &caller(), &raw("{a=\"b\"}"))
        .await
        .unwrap();
    assert_eq!(asked(&server).headers["x-scope-orgid"], "tenant-a");
    let mut question = raw("{a=\"b\"}");
    question.scope.tenant = Some(LogTenant::Audit);
    let before = server.seen().len();
    let answer = Logs::query(&collector, &caller(), &question).await.unwrap();
    assert_eq!(answer.gaps[0].kind, GapKind::NotConfigured);
    assert_eq!(server.seen().len(), before);
}

#[tokio::test]
async fn a_filter_goes_out_as_logql_and_a_long_one_in_a_form() {
    let server = recorded("query_range, nothing found").await;
    let mut question = raw("");
    let label = |value: &str| LabelTest {
        name: "app".to_owned(),
        comparison: TextComparison::Equal,
        value: value.to_owned(),
    };
    question.expression = LogExpression::Filter(LogFilter {
        labels: vec![label("a\"} or {b=\"c")],
        ..LogFilter::default()
    });
    ask(&server, &question).await.unwrap();
    let expected = r#"{app="a\"} or {b=\"c"}"#;
    assert_eq!(asked(&server).field("query"), Some(expected));
    assert!(!asked(&server).headers.contains_key("content-type"));
    question.expression = LogExpression::Filter(LogFilter {
        labels: vec![label(&"x".repeat(4_000)), label(&"y".repeat(4_000))],
        ..LogFilter::default()
    });
    ask(&server, &question).await.unwrap();
    assert_eq!(
        asked(&server).headers["content-type"],
        "application/x-www-form-urlencoded"
    );
}
