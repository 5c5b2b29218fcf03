//! Reads that are shared, kept, paced, repeated and packed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fleetscope_collector::Collector;
use fleetscope_model::{Caller, Evaluation, GapKind, Selection, Source, TimeRange, Union, Window};
use fleetscope_outbound::{Outbound, OutboundOptions, Pace};
use fleetscope_ports::{Access, ManualClock, Metrics as _, Unrestricted};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use crate::fleet::{Fleet, at, caller, hour, patient};
use crate::lists::Within;
use crate::server::{self, Server};

/// A server that takes a moment, and counts.
async fn counting() -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let server = Server::raw(move |stream| {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let series = json!({ "metric": {}, "value": [1, nth.to_string()] });
            let body = json!({ "status": "success",
                "data": { "resultType": "vector", "result": [series] } });
            server::answer_once(stream, &body.to_string()).await;
        }
    })
    .await;
    (server, count)
}

fn collector(server: &Server, access: Arc<dyn Access>, options: OutboundOptions) -> Collector {
    let fleet = Fleet::of_one(Source::Prometheus, server.endpoint());
    let clock = Arc::new(ManualClock::new(at("2026-11-22T12:00:00Z")));
    Collector::new(Arc::new(fleet), access, Outbound::new(options).unwrap()).with_clock(clock)
}

fn instant(query: &str, minutes: i64) -> Evaluation {
    let at = at("2026-11-22T12:00:00Z") - SignedDuration::from_mins(minutes);
    Evaluation {
        clusters: Selection::All,
        query: query.to_owned(),
        window: Window::At(at),
        union: Union::Each,
        points: None,
    }
}

async fn value(collector: &Collector, caller: &Caller, asked: &Evaluation) -> f64 {
    let found = collector.evaluate(caller, asked).await.unwrap();
    assert_eq!(found.gaps, []);
    found.series[0].samples[0].value
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_same_at_the_same_time_is_answered_by_one_read() {
    let (server, count) = counting().await;
    let collector = collector(&server, Arc::new(Unrestricted), patient());
    let (caller, asked) = (caller(), instant("up", 1));
    let all = join_all((0..50).map(|_| value(&collector, &caller, &asked))).await;
    assert_eq!(all, [0.0; 50]);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    // What may still change is asked for anew, another question is another read.
    assert!(value(&collector, &caller, &asked).await > 0.5);
    let other = instant("up + 1", 1);
    join_all([
        value(&collector, &caller, &asked),
        value(&collector, &caller, &other),
    ])
    .await;
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_long_past_is_kept_and_what_looks_ahead_is_not() {
    let (server, count) = counting().await;
    let collector = collector(&server, Arc::new(Unrestricted), patient());
    let caller = caller();
    let twice = async |query: &str, minutes| {
        let before = count.load(Ordering::SeqCst);
        for _ in 0..2 {
            value(&collector, &caller, &instant(query, minutes)).await;
        }
        count.load(Ordering::SeqCst) - before
    };
    assert_eq!(twice("up", 30).await, 1);
    assert_eq!(twice("up", 9).await, 2);
    assert_eq!(twice("up offset -1h", 30).await, 2);
    assert_eq!(twice("up @ 1795348800", 30).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_whose_rights_differ_share_nothing() {
    let (server, count) = counting().await;
    let outbound = Outbound::new(patient()).unwrap();
    let over = |access: Arc<dyn Access>| {
        let fleet = Fleet::of_one(Source::Prometheus, server.endpoint());
        let clock = Arc::new(ManualClock::new(at("2026-11-22T12:00:00Z")));
        Collector::new(Arc::new(fleet), access, outbound.clone()).with_clock(clock)
    };
    let whole = over(Arc::new(Unrestricted));
    let shop = over(Arc::new(Within(&["shop"])));
    let till = over(Arc::new(Within(&["till"])));
    let caller = caller();
    // One number is the same text whatever is seen of a cluster.
    for query in ["1", "up"] {
        let asked = instant(query, 30);
        let reads = [&whole, &shop, &till].map(|one| value(one, &caller, &asked));
        let mut values = join_all(reads).await;
        values.sort_by(f64::total_cmp);
        values.dedup();
        assert_eq!(values.len(), 3, "{query}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 6);
    let mut text = String::new();
    let mut registry = prometheus_client::registry::Registry::default();
    outbound.metrics().register(&mut registry);
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(!text.contains("outbound_spared_total{"), "{text}");
    assert!(text.contains("outbound_kept_bytes"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_has_a_pace_of_its_own() {
    let (server, _) = counting().await;
    let options = OutboundOptions {
        scheduled: Pace {
            concurrency: 10,
            per_second: 1,
            burst: 2,
        },
        timeout: Duration::from_secs(1),
        ..OutboundOptions::default()
    };
    let collector = collector(&server, Arc::new(Unrestricted), options);
    let kinds = async |caller: Caller| {
        let (collector, caller) = (&collector, &caller);
        let reads = (0..6).map(|n| async move {
            let asked = instant(&format!("up + {n}"), 1);
            let found = collector.evaluate(caller, &asked).await.unwrap();
            found.gaps.first().map(|gap| gap.kind)
        });
        let mut kinds = join_all(reads).await;
        kinds.sort();
        kinds
    };
    // Half of the time limit is half a token.
    let away = Some(GapKind::Overloaded);
    assert_eq!(
        kinds(Caller::system("watches")).await,
        [None, None, away, away, away, away]
    );
    let person = Caller::local("ada", fleetscope_model::AccessRole::Viewer);
    assert_eq!(kinds(person).await, [None; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_query_that_nobody_took_is_repeated() {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let server = Server::raw(move |stream| {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        async move {
            if nth == 2 {
                let body = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
                server::answer_once(stream, body).await;
            }
        }
    })
    .await;
    let collector = collector(&server, Arc::new(Unrestricted), patient());
    let found = collector
        .evaluate(&caller(), &instant("up", 1))
        .await
        .unwrap();
    assert_eq!((found.answered, count.load(Ordering::SeqCst)), (1, 3));
}

/// An answer of a million bytes, nearly all of them blank, packed.
fn packed(with: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text = match with {
        "gzip" => include_str!("packed/zeros.gz.base64"),
        _ => include_str!("packed/zeros.zst.base64"),
    };
    let text: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_answer_is_unpacked_and_its_size_is_what_comes_out() {
    for with in ["gzip", "zstd"] {
        let server = Server::start(move |seen| {
            let takes = seen.headers["accept-encoding"].to_str().unwrap();
            assert!(takes.contains(with), "{takes}");
            let mut response = server::reply(200, "application/json", packed(with));
            let value = axum::http::HeaderValue::from_static(with);
            response.headers_mut().insert("content-encoding", value);
            response
        })
        .await;
        let read = async |cap| {
            let options = OutboundOptions {
                max_response: cap,
                ..patient()
            };
            let fleet = Fleet::of_one(Source::Prometheus, server.endpoint());
            let range = TimeRange { ..hour() };
            let asked = Evaluation {
                window: Window::Over(range, Some(SignedDuration::from_mins(1))),
                ..instant("up", 0)
            };
            fleet
                .collector(options)
                .evaluate(&caller(), &asked)
                .await
                .unwrap()
        };
        let whole = read(2 << 20).await;
        assert_eq!((whole.answered, whole.gaps), (1, vec![]), "{with}");
        let small = read(64 << 10).await;
        assert_eq!(small.gaps[0].kind, GapKind::Truncated, "{with}");
        assert!(small.gaps[0].detail.contains("larger than 65536"), "{with}");
    }
}
