//! Loki: what is sent, and what is made of the answers.

mod catalogue;
mod flood;
mod followed;
mod pods;
mod query;
mod tail;
mod tails;

use fleetscope_model::{Collection, Fault, GapKind, LogLine, LogQuery, Selection, Source};
use fleetscope_ports::{Result, Telemetry};

use crate::fleet::{Fleet, caller, hour, patient};
use crate::recording;
use crate::server::Server;

fn query() -> LogQuery {
    LogQuery {
        clusters: Selection::All,
        labels: vec![("service_name".to_owned(), "ledger\"".to_owned())],
        matching: Some("\\d+ error".to_owned()),
        range: hour(),
        limit: 4,
    }
}

async fn lines(server: &Server, query: &LogQuery) -> Result<Collection<LogLine>> {
    let collector = Fleet::of_one(Source::Loki, server.endpoint()).collector(patient());
    collector.logs(&caller(), query).await
}

#[tokio::test]
async fn lines_of_all_streams_come_newest_first_and_no_more_than_asked() {
    let server = recording::server("loki", "query_range, structured metadata is merged").await;
    let answer = lines(&server, &query()).await.unwrap();
    let shown: Vec<(i128, &str, bool)> = answer
        .items
        .iter()
        .map(|line| {
            let traced = line.labels.contains_key("trace_id");
            (line.at.as_nanosecond(), line.line.as_str(), traced)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1_795_338_418_373_251_875, "not json {", false),
            (
                1_795_338_408_373_251_875,
                "{\"msg\":\"booked\",\"cents\":1250}",
                true
            ),
            (1_795_338_398_373_251_875, "ledger started", false),
            (1_795_338_320_724_250_663, "not json {", false),
        ]
    );
    assert_eq!(answer.items[0].labels["namespace"], "shop");

    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/loki/api/v1/query_range");
    let field = |name| seen.field(name).unwrap();
    assert_eq!(
        field("query"),
        r#"{service_name="ledger\""} |~ "\\d+ error""#
    );
    assert_eq!(field("start"), "1795338000000000000");
    // Loki's end is exclusive.
    assert_eq!(field("end"), "1795341600000000001");
    assert_eq!((field("limit"), field("direction")), ("4", "backward"));
}

#[tokio::test]
async fn metadata_that_is_kept_apart_is_joined_to_the_labels() {
    let server = recording::server("loki", "query_range with categorize-labels").await;
    let answer = lines(&server, &query()).await.unwrap();
    assert_eq!(answer.items[1].labels["user_tier"], "gold");
    assert_eq!(answer.items[1].labels["service_name"], "ledger");
}

#[tokio::test]
async fn nothing_found_is_no_gap() {
    let server = recording::server("loki", "query_range, nothing found").await;
    let answer = lines(&server, &query()).await.unwrap();
    assert_eq!((answer.items.len(), answer.gaps.len()), (0, 0));
}

#[tokio::test]
async fn errors_come_as_text_and_are_told() {
    for (name, kind, said) in [
        ("parse error: 400", GapKind::Refused, "line 1, col 24"),
        ("no X-Scope-OrgID", GapKind::Unauthenticated, "no org id"),
        ("two tenants in one query", GapKind::BadAnswer, "500"),
    ] {
        let server = recording::server("loki", name).await;
        let answer = lines(&server, &query()).await.unwrap();
        assert_eq!(answer.gaps[0].kind, kind);
        assert!(
            answer.gaps[0].detail.contains(said),
            "{}",
            answer.gaps[0].detail
        );
    }
}

#[tokio::test]
async fn a_wrong_question_is_refused_before_anything_is_sent() {
    let server = recording::server("loki", "query_range, nothing found").await;
    let wrong = [
        (
            "invalid_query",
            LogQuery {
                labels: Vec::new(),
                ..query()
            },
        ),
        (
            "invalid_label",
            LogQuery {
                labels: vec![("a-b".to_owned(), "c".to_owned())],
                ..query()
            },
        ),
        (
            "invalid_limit",
            LogQuery {
                limit: 0,
                ..query()
            },
        ),
        (
            "invalid_limit",
            LogQuery {
                limit: 5_001,
                ..query()
            },
        ),
    ];
    for (code, query) in wrong {
        assert_eq!(lines(&server, &query).await.unwrap_err().code(), code);
    }
    assert!(server.seen().is_empty());
}
