//! Prometheus: what is sent, and what is made of the answers.

use fleetscope_model::{
    Fault, GapKind, MetricQuery, RangeQuery, Sample, Selection, Source, TimeRange,
};
use fleetscope_ports::Telemetry;
use jiff::SignedDuration;
use serde_json::json;

use crate::fleet::{Fleet, at, caller, hour, patient};
use crate::recording;
use crate::server::{self, Server};

fn instant(query: &str) -> MetricQuery {
    MetricQuery {
        clusters: Selection::All,
        query: query.to_owned(),
        at: at("2026-11-22T09:57:04.125Z"),
    }
}

fn range(query: &str, range: TimeRange, step: SignedDuration) -> RangeQuery {
    RangeQuery {
        clusters: Selection::All,
        query: query.to_owned(),
        range,
        step,
    }
}

#[tokio::test]
async fn a_recorded_vector_is_read_and_sorted_by_labels() {
    let server = recording::server("prometheus", "traces_service_graph_request_total").await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let query = instant("traces_service_graph_request_total");
    let answer = collector.instant(&caller(), &query).await.unwrap();
    assert_eq!(answer.gaps, []);
    let edges: Vec<(&str, &str, i64, f64)> = answer
        .items
        .iter()
        .map(|item| {
            let labels = &item.series.labels;
            let sample = item.series.samples[0];
            (
                labels["client"].as_str(),
                labels["server"].as_str(),
                sample.at_ms,
                sample.value,
            )
        })
        .collect();
    let time = 1_795_337_824_000;
    assert_eq!(
        edges,
        [
            ("cart", "redis", time, 25.0),
            ("checkout", "payment", time, 31.0),
            ("frontend", "backend", time, 1.0),
            ("frontend", "cart", time, 25.0),
            ("frontend", "checkout", time, 31.0),
            ("payment", "db", time, 31.0),
            ("user", "frontend", time, 56.0),
        ]
    );
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/api/v1/query");
    assert_eq!(seen.field("time"), Some("1795341424.125"));
    assert_eq!(
        seen.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
}

#[tokio::test]
async fn a_recorded_matrix_is_read_sample_for_sample() {
    let server = recording::server("prometheus", "range query over an edge").await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let window = TimeRange::ending(at("2026-11-22T09:30:04Z"), SignedDuration::from_mins(10));
    let query = range("x", window, SignedDuration::from_millis(60_500));
    let answer = collector.range(&caller(), &query).await.unwrap();
    let samples = &answer.items[0].series.samples;
    let sample = |at_s: i64, value| Sample {
        at_ms: at_s * 1000,
        value,
    };
    assert_eq!(samples.len(), 11);
    assert_eq!(
        samples[..3],
        [
            sample(1_795_337_604, 0.0),
            sample(1_795_337_664, 8.0),
            sample(1_795_337_724, 19.0)
        ]
    );
    let seen = &server.seen()[0];
    let fields = ["query", "start", "end", "step"].map(|name| seen.field(name).unwrap());
    assert_eq!(fields, ["x", "1795339204.000", "1795339804.000", "60.500"]);
}

#[tokio::test]
async fn nothing_found_is_no_gap() {
    let server = recording::server("prometheus", "traces_service_graph_unpaired").await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let answer = collector
        .instant(&caller(), &instant("absent"))
        .await
        .unwrap();
    assert_eq!((answer.items.len(), answer.gaps.len()), (0, 0));
}

#[tokio::test]
async fn a_wrong_question_is_refused_before_anything_is_sent() {
    let server = Server::start(|_| server::json(200, &json!({}))).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let error = collector
        .instant(&caller(), &instant("sum(up"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_query");
    let error = collector
        .instant(&caller(), &instant("up[5m]"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_query");

    let minute = SignedDuration::from_mins(1);
    let mut backward = hour();
    std::mem::swap(&mut backward.start, &mut backward.end);
    let error = collector
        .range(&caller(), &range("up", backward, minute))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_range");
    let query = range("up", hour(), SignedDuration::ZERO);
    let error = collector.range(&caller(), &query).await.unwrap_err();
    assert_eq!(error.code(), "invalid_step");
    let query = range("up", hour(), SignedDuration::from_millis(100));
    let error = collector.range(&caller(), &query).await.unwrap_err();
    assert_eq!(error.code(), "too_many_points");
    assert!(
        error.message().contains("at least 328ms"),
        "{}",
        error.message()
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_server_is_told_in_its_words() {
    let body =
        json!({"status": "error", "errorType": "bad_data", "error": "unknown function \"foo\""});
    let server = Server::start(move |_| server::json(400, &body)).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let answer = collector.instant(&caller(), &instant("up")).await.unwrap();
    assert_eq!(answer.gaps[0].kind, GapKind::Refused);
    assert!(answer.gaps[0].detail.contains("unknown function \"foo\""));
}

#[tokio::test]
async fn more_series_than_anyone_can_use_are_none() {
    let series: Vec<_> = (0..5_001)
        .map(|n| json!({"metric": {"n": n.to_string()}, "value": [0, "1"]}))
        .collect();
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": series}});
    let server = Server::start(move |_| server::json(200, &body)).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let answer = collector.instant(&caller(), &instant("up")).await.unwrap();
    assert_eq!(answer.items, []);
    assert_eq!(answer.gaps[0].kind, GapKind::Truncated);
    assert!(answer.gaps[0].detail.contains("5001 series"));
}

#[tokio::test]
async fn a_path_in_the_url_comes_first_and_the_tenant_is_named() {
    let server = recording::server("prometheus", "traces_service_graph_unpaired").await;
    let mut endpoint = server.endpoint();
    endpoint.url += "/shop/prometheus/";
    endpoint.tenant = Some("team-a".to_owned());
    let collector = Fleet::of_one(Source::Prometheus, endpoint).collector(patient());
    collector.instant(&caller(), &instant("up")).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/shop/prometheus/api/v1/query");
    assert_eq!(seen.headers["x-scope-orgid"], "team-a");
}
