//! Tempo: what is sent, and what is made of the answers.

use fleetscope_model::{Collection, GapKind, Selection, Source, TraceQuery, TraceSummary};
use fleetscope_ports::Telemetry;
use jiff::SignedDuration;

use crate::fleet::{Fleet, at, caller, hour, patient};
use crate::recording;
use crate::server::Server;

async fn traces(server: &Server) -> Collection<TraceSummary> {
    let query = TraceQuery {
        clusters: Selection::All,
        service: "checkout".to_owned(),
        errors_only: true,
        longer_than: Some(SignedDuration::from_millis(300)),
        range: hour(),
        limit: 3,
    };
    let collector = Fleet::of_one(Source::Tempo, server.endpoint()).collector(patient());
    collector.traces(&caller(), &query).await.unwrap()
}

#[tokio::test]
async fn a_recorded_search_is_read() {
    let server = recording::server("tempo", "search by service").await;
    let answer = traces(&server).await;
    assert_eq!(
        answer.items[0],
        TraceSummary {
            cluster: crate::fleet::id(1),
            trace_id: "66f0f1d8bf77e598c90fbad02d516d29".to_owned(),
            root_service: "frontend".to_owned(),
            root_name: "POST /checkout".to_owned(),
            started_at: at("2026-11-22T08:54:29.486871173Z"),
            duration_ms: 134.0,
            matched_spans: 3,
        }
    );
    assert!(
        answer
            .items
            .is_sorted_by(|a, b| a.started_at >= b.started_at)
    );

    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/api/search");
    let field = |name| seen.field(name).unwrap();
    assert_eq!(
        field("q"),
        r#"{ resource.service.name = "checkout" && status = error && duration >= 300ms }"#
    );
    assert_eq!((field("start"), field("end")), ("1795338000", "1795341601"));
    assert_eq!(field("limit"), "3");
}

#[tokio::test]
async fn ids_get_their_leading_zeros_back() {
    let server = recording::server("tempo", "search without q and tags").await;
    let ids: Vec<String> = traces(&server)
        .await
        .items
        .into_iter()
        .map(|t| t.trace_id)
        .collect();
    assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
    assert!(
        ids.contains(&"06d93bc3d63db369ae118e9d0317a39b".to_owned()),
        "{ids:?}"
    );
}

#[tokio::test]
async fn nothing_found_is_no_gap() {
    let server = recording::server("tempo", "search by an attribute with wrong type").await;
    let answer = traces(&server).await;
    assert_eq!((answer.items.len(), answer.gaps.len()), (0, 0));
}

#[tokio::test]
async fn a_refused_query_is_told_in_the_servers_words() {
    let server = recording::server("tempo", "bad TraceQL: 400").await;
    let answer = traces(&server).await;
    assert_eq!(answer.gaps[0].kind, GapKind::Refused);
    assert!(
        answer.gaps[0].detail.contains("parse error at line 1"),
        "{}",
        answer.gaps[0].detail
    );
}
