//! A hundred clusters of which forty are in trouble, and credentials that change under load.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use fleetscope_collector::Collector;
use fleetscope_model::{
    ClusterId, Endpoints, Evaluation, GapKind, Role, Selection, Source, Union, Window,
};
use fleetscope_outbound::{Outbound, OutboundOptions, Shown};
use fleetscope_ports::{Credentials, Metrics as _, Opened, Plain, Result, Unrestricted};
use futures::future::join_all;
use serde_json::json;

use crate::fleet::{Fleet, caller, hour, id, only, patient};
use crate::server::{self, Server};

fn asked(query: &str, union: Union) -> Evaluation {
    Evaluation {
        clusters: Selection::All,
        query: query.to_owned(),
        window: Window::At(hour().end),
        union,
        points: None,
    }
}

fn vector(n: usize) -> serde_json::Value {
    let series = |job: &str| json!({ "metric": { "job": job }, "value": [1, n.to_string()] });
    json!({ "status": "success",
        "data": { "resultType": "vector", "result": [series("a"), series("b")] } })
}

/// Less than it promises.
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 500\r\n\r\n{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"res";

fn names() -> Vec<&'static str> {
    let names = (0..100).map(|n| {
        let kind = [
            "well", "well", "well", "well", "well", "well", "dead", "slow", "odd", "cut",
        ];
        &*Box::leak(format!("{}-{n:02}", kind[n % 10]).into_boxed_str())
    });
    names.collect()
}

/// Servers of every kind, and the clusters over them.
async fn hundred() -> (Vec<Server>, Fleet) {
    let (mut servers, mut clusters) = (Vec::new(), Vec::<(&'static str, Endpoints)>::new());
    for (n, name) in names().into_iter().enumerate() {
        let server = match n % 10 {
            6 => {
                clusters.push((name, only(Source::Prometheus, Server::nobody())));
                continue;
            }
            7 => {
                Server::raw(|stream| async move {
                    let _held = stream;
                    std::future::pending::<()>().await;
                })
                .await
            }
            8 if n < 50 => Server::start(|_| server::reply(200, "text/html", "<html>log in")).await,
            8 => Server::start(|_| server::reply(200, "application/json", "{\"status\":1]")).await,
            9 => Server::raw(|stream| server::cut(stream, CUT)).await,
            _ => Server::start(move |_| server::json(200, &vector(n))).await,
        };
        clusters.push((name, only(Source::Prometheus, server.endpoint())));
        servers.push(server);
    }
    (servers, Fleet::new(clusters))
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_answer_in_full_and_forty_gaps_tell_which_and_why_within_the_deadline() {
    let (_servers, fleet) = hundred().await;
    let options = OutboundOptions {
        timeout: Duration::from_secs(3),
        ..OutboundOptions::default()
    };
    let collector = fleet.collector(options);
    let begun = Instant::now();
    let found = collector
        .evaluate(&caller(), &asked("up", Union::Each))
        .await
        .unwrap();
    let took = begun.elapsed();
    // The ten slow ones one after another would take 30 s.
    assert!(took < Duration::from_secs(10), "{took:?}");

    assert_eq!((found.answered, found.series.len()), (60, 120));
    for (n, name) in names().into_iter().enumerate().filter(|(n, _)| n % 10 < 6) {
        let own = found.series.iter().filter(|s| s.labels["cluster"] == name);
        let values: Vec<f64> = own.map(|series| series.samples[0].value).collect();
        assert_eq!(values, [n as f64; 2], "{name}");
    }
    let mut kinds: BTreeMap<&str, Vec<GapKind>> = BTreeMap::new();
    for gap in &found.gaps {
        let kind = gap.cluster_name.split('-').next().unwrap();
        kinds.entry(kind).or_default().push(gap.kind);
        assert!(gap.detail.contains("127.0.0.1"), "{}", gap.detail);
    }
    let ten = |kind| vec![kind; 10];
    assert_eq!(
        kinds,
        BTreeMap::from([
            ("cut", ten(GapKind::Truncated)),
            ("dead", ten(GapKind::Unreachable)),
            ("odd", ten(GapKind::BadAnswer)),
            ("slow", ten(GapKind::Timeout)),
        ])
    );

    // Put together, the sixty are counted and nothing is passed over in silence.
    let found = collector
        .evaluate(&caller(), &asked("count(up)", Union::One))
        .await
        .unwrap();
    assert_eq!((found.answered, found.gaps.len()), (60, 40));
    assert_eq!(found.series.len(), 2);
}

/// Tokens that are kept, and how often they were opened.
#[derive(Default)]
struct Safe {
    token: Mutex<String>,
    opened: AtomicUsize,
}

#[async_trait]
impl Credentials for Safe {
    async fn shown(
        &self,
        _: ClusterId,
        _: Source,
        _: &str,
        _: Role,
    ) -> Result<Option<Arc<Opened>>> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let token = self.token.lock().unwrap().clone();
        let token = (!token.is_empty()).then(|| Arc::new(Opened::Token(Plain::new(token))));
        Ok(token)
    }
}

/// A server that lets in whoever bears one of some tokens, and what stands before it.
struct Guarded {
    server: Server,
    good: Arc<Mutex<Vec<String>>>,
    safe: Arc<Safe>,
    shown: Shown,
    collector: Collector,
}

impl Guarded {
    async fn new() -> Self {
        let good = Arc::new(Mutex::new(vec!["first-token".to_owned()]));
        let known = Arc::clone(&good);
        let server = Server::start(move |seen| {
            let shown = seen.headers.get("authorization");
            let shown = shown
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let known = known.lock().unwrap();
            if known.iter().any(|token| shown == format!("Bearer {token}")) {
                return server::json(200, &vector(1));
            }
            server::json(401, &json!({ "error": format!("no entry with {shown}") }))
        })
        .await;
        let safe = Arc::new(Safe::default());
        let shown = Shown::new(safe.clone(), Role::Collector, Duration::from_mins(1));
        let outbound = Outbound::new(OutboundOptions {
            concurrency_per_cluster: 8,
            ..patient()
        });
        let outbound = outbound.unwrap().showing(shown.clone());
        let fleet = Fleet::of_one(Source::Prometheus, server.endpoint());
        let collector = Collector::new(Arc::new(fleet), Arc::new(Unrestricted), outbound);
        Self {
            server,
            good,
            safe,
            shown,
            collector,
        }
    }

    /// Another token is kept, and the event of it has come.
    fn keep(&self, token: &str) {
        token.clone_into(&mut self.safe.token.lock().unwrap());
        self.shown.forget(id(1));
    }

    async fn ask(&self, query: &str) -> Vec<GapKind> {
        let asked = asked(query, Union::Each);
        let found = self.collector.evaluate(&caller(), &asked).await.unwrap();
        for gap in &found.gaps {
            assert!(!gap.detail.contains("first-token"), "{}", gap.detail);
        }
        found.gaps.into_iter().map(|gap| gap.kind).collect()
    }

    /// What the server was shown so far.
    fn log(&self) -> Vec<String> {
        let seen = self.server.seen().into_iter();
        let shown = seen.map(|seen| {
            let shown = seen.headers.get("authorization");
            shown
                .map_or("none", |value| value.to_str().unwrap())
                .to_owned()
        });
        shown.collect()
    }
}

#[tokio::test]
async fn a_secured_endpoint_sees_no_header_a_wrong_a_right_and_a_rotated_token() {
    let guarded = Guarded::new().await;
    let refused = vec![GapKind::Unauthenticated];
    assert_eq!(guarded.ask("a").await, refused);
    guarded.keep("wrong");
    assert_eq!(guarded.ask("b").await, refused);
    guarded.keep("first-token");
    assert_eq!(guarded.ask("c").await, []);
    // It ends over there, and then another is kept here.
    *guarded.good.lock().unwrap() = vec!["second-token".to_owned()];
    assert_eq!(guarded.ask("d").await, refused);
    guarded.keep("second-token");
    assert_eq!(guarded.ask("e").await, []);
    assert_eq!(
        guarded.log(),
        [
            "none",
            "Bearer wrong",
            "Bearer first-token",
            "Bearer first-token",
            "Bearer second-token"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_rotated_under_load_fails_no_read_and_none_is_tried_more_than_twice() {
    let guarded = Guarded::new().await;
    guarded.keep("first-token");
    let done = AtomicUsize::new(0);
    let readers = (0..8).map(|reader| {
        let (guarded, done) = (&guarded, &done);
        async move {
            for n in 0..60 {
                let gaps = guarded.ask(&format!("up + {reader} + {n}")).await;
                assert_eq!(gaps, [], "read {n} of reader {reader}");
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let rotations = async {
        for turn in 1..=6 {
            while done.load(Ordering::SeqCst) < turn * 60 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let next = format!("next-{turn}");
            // The new one is let in, kept here, and only then is the old one shut out.
            guarded.good.lock().unwrap().push(next.clone());
            guarded.keep(&next);
            guarded.good.lock().unwrap().retain(|token| *token == next);
        }
    };
    tokio::join!(join_all(readers), rotations);
    let asked = guarded.server.seen().len();
    assert!(asked < 480 * 2, "{asked} requests for 480 reads");
    // Each was opened once for all readers.
    assert_eq!(guarded.safe.opened.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn a_token_that_is_taken_away_is_a_gap_and_not_asked_for_again_and_again() {
    let guarded = Guarded::new().await;
    guarded.keep("first-token");
    assert_eq!(guarded.ask("a").await, []);
    guarded.good.lock().unwrap().clear();
    for n in 0..10 {
        let gaps = guarded.ask(&format!("b + {n}")).await;
        assert_eq!(gaps, [GapKind::Unauthenticated]);
    }
    assert_eq!(guarded.safe.opened.load(Ordering::SeqCst), 1);
    assert_eq!(guarded.log().len(), 11);
}
