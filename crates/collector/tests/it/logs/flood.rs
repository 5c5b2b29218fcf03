//! Ten clusters that write 50,000 lines a second together: `./dev soak tail`. What is told must be
//! in order, and what is not told must be told to be missing, exactly, with bounded memory.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use fleetscope_model::{
    LogExpression, Selection, Source, TailNoticeKind, TailQuestion, TailRecord,
};
use fleetscope_ports::{Logs, Tail};
use futures::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::interval;
use tokio_tungstenite::tungstenite::Message;

use super::tails::{Connection, Tails};
use crate::fleet::{Fleet, caller, only, patient};

const CLUSTERS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// Lines of one cluster: fifty every ten milliseconds.
const FRAME: u64 = 50;
const EVERY: Duration = Duration::from_millis(10);

/// Frames that a server holds for a slow reader before it drops, as Loki does.
const HELD: usize = 100;

/// What came of a run.
#[derive(Debug, Default)]
struct Outcome {
    sent: u64,
    told: u64,
    late: u64,
    dropped: u64,
    disordered: u64,
    /// Resident memory in KiB, at the beginning and at most.
    before: u64,
    most: u64,
    seconds: f64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_flood_is_told_whole_and_in_order() {
    let outcome = flood(Duration::from_secs(1), 5, Duration::ZERO).await;
    check(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_slow_reader_every_line_is_told_or_told_to_be_missing() {
    let outcome = flood(Duration::from_secs(2), 20, Duration::from_secs(2)).await;
    check(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "half a minute of both cores, and its figures are those of an optimised build"]
async fn flood_of_fifty_thousand_lines_a_second() {
    for slow in [Duration::ZERO, Duration::from_secs(10)] {
        let outcome = flood(Duration::from_secs(20), FRAME, slow).await;
        println!(
            "reader that waits {slow:?}: {outcome:?}, {:.0} lines/s sent",
            outcome.sent as f64 / 20.0
        );
        check(&outcome);
        assert_eq!(outcome.sent, 1_000_000 + CLUSTERS.len() as u64);
        if slow.is_zero() {
            assert_eq!((outcome.dropped, outcome.late), (0, 0));
        }
        let grown = outcome.most - outcome.before;
        assert!(grown < 256 * 1024, "grew by {grown} KiB");
    }
}

fn check(outcome: &Outcome) {
    assert_eq!(outcome.disordered, 0, "{outcome:?}");
    assert_eq!(outcome.told + outcome.dropped, outcome.sent, "{outcome:?}");
    assert!(outcome.told > 0);
}

/// Lets every cluster write for so long, and reads after having waited.
async fn flood(lasts: Duration, lines: u64, wait: Duration) -> Outcome {
    let mut outcome = Outcome {
        before: resident(),
        ..Outcome::default()
    };
    let mut servers = Vec::new();
    for _ in CLUSTERS {
        servers.push(Tails::start().await);
    }
    let named = CLUSTERS.into_iter().zip(&servers);
    let fleet =
        Fleet::new(named.map(|(name, server)| (name, only(Source::Loki, server.endpoint()))));
    let collector = fleet.collector(patient());
    let question = TailQuestion {
        clusters: Selection::All,
        tenant: None,
        expression: LogExpression::Raw("{app=~\".+\"}".to_owned()),
        start: Timestamp::from_second(1_000_000_000).unwrap(),
        after: None,
        limit: 1,
        window: Duration::from_secs(1),
    };
    let mut tail = collector.tail(&caller(), &question).await.unwrap();
    let mut writers = JoinSet::new();
    let begun = Instant::now();
    for (server, name) in servers.iter_mut().zip(CLUSTERS) {
        let connection = server.connection().await;
        writers.spawn(write(connection, name, (begun, lasts), lines));
    }
    tokio::time::sleep(wait).await;
    read(&mut tail, &mut outcome).await;
    // The writers end when the reader hangs up.
    drop(tail);
    while let Some(sent) = writers.join_next().await {
        outcome.sent += sent.unwrap();
    }
    outcome.seconds = begun.elapsed().as_secs_f64();
    outcome
}

async fn read(tail: &mut Tail, outcome: &mut Outcome) {
    let (mut last, mut ended) = (Timestamp::MIN, 0);
    while ended < CLUSTERS.len() {
        match tail.next().await.unwrap() {
            TailRecord::Line(line) => {
                outcome.told += 1;
                ended += usize::from(line.line == "end");
                if line.late {
                    outcome.late += 1;
                } else {
                    outcome.disordered += u64::from(line.at < last);
                    last = line.at;
                }
            }
            TailRecord::Notice(notice) => {
                assert_eq!(notice.kind, TailNoticeKind::Dropped, "{notice:?}");
                outcome.dropped += notice.lines.unwrap();
            }
        }
        if outcome.told.is_multiple_of(1_000) {
            outcome.most = outcome.most.max(resident());
        }
    }
}

/// Writes as a Loki does: each line a stream of its own, and what a slow reader has no room for
/// dropped, and told.
async fn write(
    mut connection: Connection,
    name: &str,
    (begun, lasts): (Instant, Duration),
    lines: u64,
) -> u64 {
    let (mut sent, mut dropped) = (0, Vec::new());
    let mut held: VecDeque<String> = VecDeque::new();
    let mut beat = interval(EVERY);
    let frames = u64::try_from(lasts.as_millis() / EVERY.as_millis()).unwrap();
    for number in 0..frames {
        // A writer that was held up catches up.
        while flows(&mut connection, &mut held).await {}
        beat.tick().await;
        let at = 1_000_000_000_000_000_000 + begun.elapsed().as_nanos() as u64;
        sent += lines;
        if held.len() >= HELD {
            dropped.extend((0..lines).map(|n| at + n));
            continue;
        }
        held.push_back(frame(
            name,
            number,
            (at, lines),
            &std::mem::take(&mut dropped),
        ));
    }
    for frame in held {
        connection
            .stream
            .send(Message::Text(frame.into()))
            .await
            .unwrap();
    }
    let at = 1_000_000_000_000_000_000 + begun.elapsed().as_nanos() as u64;
    let mut last = json!({ "streams": [stream(name, at, "end")] });
    last["dropped_entries"] = entries(&dropped);
    connection.send(&last).await;
    // The reader hangs up when it has all.
    while let Some(Ok(_)) = connection.stream.next().await {}
    sent + 1
}

/// Sends the first of what is held, if the reader takes it.
async fn flows(connection: &mut Connection, held: &mut VecDeque<String>) -> bool {
    let ready = futures::poll!(connection.stream.flush()).is_ready();
    if !ready {
        return false;
    }
    let Some(frame) = held.pop_front() else {
        return false;
    };
    let sent = connection.stream.feed(Message::Text(frame.into())).await;
    sent.unwrap();
    true
}

fn frame(name: &str, number: u64, (at, lines): (u64, u64), dropped: &[u64]) -> String {
    let text = |n| {
        format!("level=info msg=\"request served\" route=/cart/{number} status=200 duration={n}ms")
    };
    let streams: Vec<Value> = (0..lines).map(|n| stream(name, at + n, &text(n))).collect();
    json!({ "streams": streams, "dropped_entries": entries(dropped) }).to_string()
}

fn stream(name: &str, at: u64, text: &str) -> Value {
    json!({
        "stream": { "namespace": "shop", "app": "cart", "pod": "cart-7d9f8b6c5-x2k4q",
                    "container": "cart", "node": name, "service_name": "cart" },
        "values": [[at.to_string(), text, { "structuredMetadata": { "detected_level": "info" } }]],
    })
}

fn entries(dropped: &[u64]) -> Value {
    let entry = |at: &u64| json!({ "timestamp": at.to_string(), "labels": {} });
    dropped.iter().map(entry).collect()
}

/// Resident memory of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap()
}
