//! Following: what is heard of tails, in order, across reconnects, within rights.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_collector::Collector;
use fleetscope_model::{
    Aspect, Caller, ClusterId, ClusterVerb, Fault, LogExpression, LogPlace, Selection, Sight,
    Source, TailNotice, TailNoticeKind, TailQuestion, TailRecord,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Logs, Result, Tail, Unasked};
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::query::seeing;
use super::tails::{Connection, Tails};
use crate::fleet::{Fleet, caller, only, patient};

fn question(query: &str, window: Duration) -> TailQuestion {
    TailQuestion {
        clusters: Selection::All,
        tenant: None,
        expression: LogExpression::Raw(query.to_owned()),
        start: Timestamp::from_second(1_000).unwrap(),
        after: None,
        limit: 10,
        window,
    }
}

pub(super) fn at_once(query: &str) -> TailQuestion {
    question(query, Duration::ZERO)
}

fn fleet(tails: &[(&'static str, &Tails)]) -> Fleet {
    let endpoints = tails
        .iter()
        .map(|(name, tails)| (*name, only(Source::Loki, tails.endpoint())));
    Fleet::new(endpoints)
}

/// A frame with these lines of one stream, at these milliseconds.
fn frame(lines: &[(i64, &str)]) -> Value {
    let values: Vec<Value> = lines
        .iter()
        .map(|(ms, text)| json!([format!("{}000000", ms), text]))
        .collect();
    json!({ "streams": [{ "stream": { "namespace": "shop" }, "values": values }] })
}

pub(super) async fn open(collector: &Collector, question: &TailQuestion) -> Tail {
    collector.tail(&caller(), question).await.unwrap()
}

async fn follow(tails: &mut Tails, question: &TailQuestion) -> (Tail, Connection) {
    let collector = fleet(&[("shop", tails)]).collector(patient());
    let tail = open(&collector, question).await;
    (tail, tails.connection().await)
}

/// The next record; a machine that is busy may take its time.
pub(super) async fn next(tail: &mut Tail) -> TailRecord {
    let record = tokio::time::timeout(Duration::from_secs(30), tail.next()).await;
    record.unwrap().unwrap()
}

pub(super) async fn lines(tail: &mut Tail, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        match next(tail).await {
            TailRecord::Line(line) => lines.push(format!("{} {}", line.cluster_name, line.line)),
            TailRecord::Notice(notice) => panic!("{notice:?}"),
        }
    }
    lines
}

pub(super) async fn notice(tail: &mut Tail) -> TailNotice {
    match next(tail).await {
        TailRecord::Notice(notice) => notice,
        TailRecord::Line(line) => panic!("{line:?}"),
    }
}

#[tokio::test]
async fn frames_of_a_real_server_are_read_with_what_is_said_of_each_line() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("{a=\"b\"} | json")).await;
    for frame in super::tails::recorded("tail with categorize-labels") {
        connection.send(&frame).await;
    }
    let TailRecord::Line(line) = next(&mut tail).await else {
        panic!("no line")
    };
    assert_eq!(line.labels["service_name"], "tail-demo");
    assert_eq!(
        line.metadata["trace_id"],
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    assert_eq!(line.metadata["code"], "503");
    assert_eq!(line.at.as_nanosecond(), 1_795_338_551_061_081_211);
    for frame in super::tails::recorded("tail: several streams") {
        connection.send(&frame).await;
    }
    assert_eq!(
        lines(&mut tail, 4).await,
        ["shop a1", "shop a2", "shop b1", "shop b2"]
    );
    assert_eq!(connection.field("query"), "{a=\"b\"} | json");
    assert_eq!(connection.field("start"), "1000000000000");
    assert_eq!(connection.field("limit"), "10");
    let head = connection.head.to_ascii_lowercase();
    assert!(
        head.contains("x-loki-response-encoding-flags: categorize-labels"),
        "{head}"
    );
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
    connection.ping().await;
    tokio::select! {
        record = tail.next() => panic!("{record:?}"),
        answered = connection.ponged() => assert!(answered),
    }
}

#[tokio::test]
async fn lines_of_several_clusters_come_in_the_order_of_time_within_the_window() {
    let (mut a, mut b) = (Tails::start().await, Tails::start().await);
    let collector = fleet(&[("a", &a), ("b", &b)]).collector(patient());
    let wide = question("{x=\"y\"}", Duration::from_secs(3));
    let mut tail = open(&collector, &wide).await;
    let (mut to_a, mut to_b) = (a.connection().await, b.connection().await);
    to_a.send(&frame(&[(1_000_020, "2"), (1_000_040, "4")]))
        .await;
    to_b.send(&frame(&[(1_000_010, "1"), (1_000_030, "3")]))
        .await;
    assert_eq!(lines(&mut tail, 4).await, ["b 1", "a 2", "b 3", "a 4"]);
    to_b.send(&frame(&[(1_000_025, "late")])).await;
    let TailRecord::Line(line) = next(&mut tail).await else {
        panic!("no line")
    };
    assert!(line.late);
}

#[tokio::test]
async fn what_the_upstream_drops_is_told_with_its_time_and_number() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("{a=\"b\"}")).await;
    let dropped = |ms: i64| json!({ "timestamp": format!("{ms}000000"), "labels": {} });
    let mut frame = frame(&[(1_000_000, "x")]);
    frame["dropped_entries"] = json!([dropped(900_000), dropped(800_000), dropped(850_000)]);
    connection.send(&frame).await;
    let told = notice(&mut tail).await;
    assert_eq!(told.kind, TailNoticeKind::Dropped);
    assert_eq!(told.lines, Some(3));
    let ms = |at: Option<Timestamp>| at.unwrap().as_millisecond();
    assert_eq!((ms(told.from), ms(told.to)), (800_000, 900_000));
    assert_eq!(lines(&mut tail, 1).await, ["shop x"]);
}

#[tokio::test]
async fn a_broken_connection_is_opened_again_and_no_line_is_told_twice() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("{a=\"b\"}")).await;
    connection
        .send(&frame(&[(1_000_000, "a"), (1_000_001, "b")]))
        .await;
    assert_eq!(lines(&mut tail, 2).await, ["shop a", "shop b"]);
    drop(connection);
    assert_eq!(notice(&mut tail).await.kind, TailNoticeKind::Lost);
    let (resumed, mut connection) = tokio::join!(notice(&mut tail), tails.connection());
    assert_eq!(resumed.kind, TailNoticeKind::Resumed);
    // Five seconds are asked for again: a line may come after a later one.
    assert_eq!(connection.field("start"), "995001000000");
    assert_eq!(connection.field("limit"), "5000");
    let again = [
        (999_000, "late"),
        (1_000_000, "a"),
        (1_000_001, "b"),
        (1_000_001, "b"),
        (1_000_002, "c"),
    ];
    connection.send(&frame(&again)).await;
    let told = lines(&mut tail, 3).await;
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 3, "{told:?}");
    for line in ["shop late", "shop b", "shop c"] {
        assert!(told.contains(&line.to_owned()), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_too_much_to_catch_up_with_leaves_a_hole_that_is_told() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("{a=\"b\"}")).await;
    connection.send(&frame(&[(1_000_000, "a")])).await;
    lines(&mut tail, 1).await;
    drop(connection);
    assert_eq!(notice(&mut tail).await.kind, TailNoticeKind::Lost);
    let (_, mut connection) = tokio::join!(notice(&mut tail), tails.connection());
    let many: Vec<(i64, String)> = (0..5_000).map(|n| (1_060_000 + n, n.to_string())).collect();
    let many: Vec<(i64, &str)> = many.iter().map(|(ms, text)| (*ms, text.as_str())).collect();
    connection.send(&frame(&many)).await;
    let hole = notice(&mut tail).await;
    assert_eq!(hole.kind, TailNoticeKind::Hole);
    let ms = |at: Option<Timestamp>| at.unwrap().as_millisecond();
    assert_eq!((ms(hole.from), ms(hole.to)), (1_000_000, 1_060_000));
    assert_eq!(lines(&mut tail, 5_000).await.len(), 5_000);
}

#[tokio::test]
async fn a_cluster_that_is_down_is_told_and_tried_again_while_others_are_read() {
    let (mut up, mut down) = (Tails::start().await, Tails::start().await);
    down.refuse(true);
    let collector = fleet(&[("down", &down), ("up", &up)]).collector(patient());
    let mut tail = open(&collector, &at_once("{a=\"b\"}")).await;
    let lost = notice(&mut tail).await;
    assert_eq!(
        (&*lost.cluster_name, lost.kind),
        ("down", TailNoticeKind::Lost)
    );
    assert!(lost.detail.contains("503"), "{lost:?}");
    let mut connection = up.connection().await;
    connection.send(&frame(&[(1_000_000, "a")])).await;
    assert_eq!(lines(&mut tail, 1).await, ["up a"]);
    down.refuse(false);
    let (resumed, mut connection) = tokio::join!(notice(&mut tail), down.connection());
    assert_eq!(resumed.kind, TailNoticeKind::Resumed);
    connection.send(&frame(&[(1_000_001, "b")])).await;
    assert_eq!(lines(&mut tail, 1).await, ["down b"]);
}

#[tokio::test]
async fn garbage_is_a_lost_connection() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("{a=\"b\"}")).await;
    connection.send(&json!({ "streams": "none" })).await;
    let lost = notice(&mut tail).await;
    assert_eq!(lost.kind, TailNoticeKind::Lost);
    assert!(lost.detail.contains("not what Loki sends"), "{lost:?}");
    let (resumed, _connection) = tokio::join!(notice(&mut tail), tails.connection());
    assert_eq!(resumed.kind, TailNoticeKind::Resumed);
}

#[tokio::test]
async fn a_wrong_query_is_refused_before_anything_is_followed() {
    let tails = Tails::start().await;
    tails.reply(400, "parse error at line 1, col 5: syntax error");
    let collector = fleet(&[("shop", &tails)]).collector(patient());
    let error = collector.tail(&caller(), &at_once("{a=\"b\"")).await;
    let error = error.err().unwrap();
    assert_eq!(error.code(), "invalid_logql");
    assert_eq!(
        error.message(),
        "parse error at line 1, col 5: syntax error"
    );
}

#[tokio::test]
async fn a_query_for_series_ends_with_the_servers_word() {
    let mut tails = Tails::start().await;
    let (mut tail, mut connection) = follow(&mut tails, &at_once("rate({a=\"b\"}[1m])")).await;
    connection
        .close(1011, "only log selector is supported")
        .await;
    let ended = notice(&mut tail).await;
    assert_eq!(ended.kind, TailNoticeKind::Ended);
    assert_eq!(ended.detail, "only log selector is supported");
    assert!(tail.next().await.is_none());
}

#[tokio::test]
async fn a_reader_goes_on_after_the_last_line_that_it_saw() {
    let mut tails = Tails::start().await;
    let mut asked = at_once("{a=\"b\"}");
    asked.after = Some(LogPlace {
        at: Timestamp::from_millisecond(1_000_001).unwrap(),
        skip: 1,
    });
    let (mut tail, mut connection) = follow(&mut tails, &asked).await;
    assert_eq!(connection.field("start"), "1000001000000");
    let again = [(1_000_001, "a"), (1_000_001, "b"), (1_000_002, "c")];
    connection.send(&frame(&again)).await;
    assert_eq!(lines(&mut tail, 2).await, ["shop b", "shop c"]);
}

#[tokio::test]
async fn a_tail_is_held_to_the_callers_namespaces() {
    let mut tails = Tails::start().await;
    let collector = seeing(fleet(&[("shop", &tails)]), &["shop"]);
    let mut tail = open(&collector, &at_once("{a=\"b\"}")).await;
    let mut connection = tails.connection().await;
    assert_eq!(connection.field("query"), r#"{a="b", namespace=~"shop"}"#);
    let of = |namespace: &str, metadata: Value| {
        json!({ "streams": [{ "stream": { "namespace": namespace },
            "values": [["1000000000000", namespace, { "structuredMetadata": metadata }]] }],
            "dropped_entries": [{ "timestamp": "1", "labels": { "namespace": namespace } }] })
    };
    connection.send(&of("bank", json!({}))).await;
    connection
        .send(&of("shop", json!({ "k8s_namespace_name": "bank" })))
        .await;
    assert_eq!(notice(&mut tail).await.lines, Some(1));
    connection.send(&of("shop", json!({}))).await;
    assert_eq!(notice(&mut tail).await.lines, Some(1));
    assert_eq!(lines(&mut tail, 1).await, ["shop shop"]);
}

/// Lets everybody see everything, until it does not.
struct Switch(AtomicBool);

#[async_trait]
impl Access for Switch {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(self.0.load(Ordering::SeqCst))
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        Ok(Sight::Whole)
    }
}

#[tokio::test]
async fn a_right_that_is_taken_back_ends_a_tail_that_is_open() {
    let mut tails = Tails::start().await;
    let access = Arc::new(Switch(AtomicBool::new(true)));
    let outbound = Outbound::new(patient()).unwrap();
    let collector = Collector::new(
        Arc::new(fleet(&[("shop", &tails)])),
        access.clone(),
        outbound,
    );
    let mut tail = open(&collector, &at_once("{a=\"b\"}")).await;
    let mut connection = tails.connection().await;
    connection.send(&frame(&[(1_000_000, "a")])).await;
    assert_eq!(lines(&mut tail, 1).await, ["shop a"]);
    access.0.store(false, Ordering::SeqCst);
    // From here on nothing but the clock can move on.
    tokio::time::pause();
    let ended = notice(&mut tail).await;
    assert_eq!(ended.kind, TailNoticeKind::Ended);
    assert!(ended.detail.contains("may not query"), "{ended:?}");
    assert!(tail.next().await.is_none());
}
