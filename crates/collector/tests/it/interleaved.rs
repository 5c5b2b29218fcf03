//! Two readers who ask the same while their rights change, in drawn orders: each gets what was read
//! for rights that are its own at that moment, whoever else asks, waits, leaves or was there before
//! (standard S10). The server holds every answer back until the order says that it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::{Json, Router};
use fleetscope_collector::Collector;
use fleetscope_model::{
    AccessRole, Aspect, Caller, ClusterId, ClusterVerb, Evaluation, Selection, Sight, Source,
    Union, Window,
};
use fleetscope_outbound::{Outbound, OutboundOptions, Pace};
use fleetscope_ports::{Access, ManualClock, Metrics as _, Result, Unasked};
use futures::FutureExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};

use crate::fleet::{Fleet, at, patient};
use crate::server::endpoint;

const READERS: [&str; 2] = ["ada", "bob"];

/// What may be seen: all, or so many namespaces that they are not named in the URL, so that of a
/// number the same bytes are sent for all three.
const SIGHTS: usize = 3;

fn sight(which: usize) -> Sight {
    if which == 0 {
        return Sight::Whole;
    }
    let names = (0..20).map(|n| format!("n{n}"));
    Sight::Namespaces(names.chain([format!("own-{which}")]).collect())
}

/// What each reader may see now.
#[derive(Default)]
struct Rights(Mutex<BTreeMap<String, usize>>);

#[async_trait]
impl Access for Rights {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        caller: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        Ok(sight(self.0.lock().unwrap()[&caller.name]))
    }
}

/// The requests that have come, by their number, and how each is let go.
type Held = Arc<Mutex<Vec<Option<oneshot::Sender<()>>>>>;

/// Answers each request with its number, when it is let go.
async fn answer(State(held): State<Held>) -> Json<Value> {
    let (go, wait) = oneshot::channel();
    let nth = {
        let mut held = held.lock().unwrap();
        held.push(Some(go));
        held.len() - 1
    };
    let _ = wait.await;
    let series = json!({ "metric": {}, "value": [1, nth.to_string()] });
    Json(json!({ "status": "success",
        "data": { "resultType": "vector", "result": [series] } }))
}

/// Random numbers that are the same for the same seed: xorshift64*, Vigna 2014.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as usize % most
    }
}

/// Somebody who waits for an answer.
struct Ask {
    /// The number of the read that answers it.
    nth: usize,
    answer: Pin<Box<dyn Future<Output = f64> + Send>>,
}

/// What happened altogether.
#[derive(Debug, Default)]
struct Count {
    reads: usize,
    joined: usize,
    kept: usize,
    left: usize,
}

/// One order of events about one query.
struct Round<'a> {
    collector: &'a Collector,
    rights: &'a Rights,
    held: &'a Held,
    count: &'a mut Count,
    asked: Evaluation,
    closed: bool,
    /// The read that is under way, and the one that is kept, for those who see this.
    flights: BTreeMap<usize, usize>,
    kept: BTreeMap<usize, usize>,
    asks: Vec<Ask>,
}

impl Round<'_> {
    fn begin(&self, reader: &str) -> Pin<Box<dyn Future<Output = f64> + Send>> {
        let (collector, asked) = (self.collector.clone(), self.asked.clone());
        let caller = Caller::local(reader, AccessRole::Viewer);
        Box::pin(async move {
            let found = collector.evaluate(&caller, &asked).await.unwrap();
            assert_eq!(found.gaps, []);
            found.series[0].samples[0].value
        })
    }

    async fn ask(&mut self, reader: &str) {
        let sees = self.rights.0.lock().unwrap()[reader];
        let mut answer = self.begin(reader);
        let at_once = answer.as_mut().now_or_never();
        if let Some(nth) = self.kept.get(&sees) {
            assert_eq!(at_once, Some(*nth as f64), "what is kept is for {sees}");
            self.count.kept += 1;
            return;
        }
        assert_eq!(at_once, None, "nothing is kept for {sees}");
        let nth = if let Some(nth) = self.flights.get(&sees) {
            self.count.joined += 1;
            *nth
        } else {
            // Nobody who sees the same is under way: there is a read of its own.
            let nth = self.count.reads;
            self.count.reads += 1;
            self.flights.insert(sees, nth);
            nth
        };
        self.asks.push(Ask { nth, answer });
        let reads = self.count.reads;
        let come = async {
            while self.held.lock().unwrap().len() < reads {
                self.poll();
                yield_now().await;
            }
        };
        let come = tokio::time::timeout(Duration::from_secs(20), come).await;
        assert!(come.is_ok(), "who sees {sees} was given what others see");
        assert_eq!(self.held.lock().unwrap().len(), reads);
    }

    /// Looks at all who wait.
    fn poll(&mut self) {
        self.asks.retain_mut(|ask| {
            let answered = ask.answer.as_mut().now_or_never();
            if let Some(answered) = answered {
                assert_eq!(answered, ask.nth as f64, "an answer of others");
            }
            answered.is_none()
        });
    }

    /// One of the reads is answered.
    async fn release(&mut self, sees: usize) {
        let Some(nth) = self.flights.remove(&sees) else {
            return;
        };
        let go = self.held.lock().unwrap()[nth].take();
        go.unwrap().send(()).unwrap();
        while self.asks.iter().any(|ask| ask.nth == nth) {
            self.poll();
            yield_now().await;
        }
        if self.closed {
            self.kept.insert(sees, nth);
        }
    }

    /// Somebody does not wait any more. A read for which nobody waits ends.
    fn leave(&mut self, place: usize) {
        if self.asks.is_empty() {
            return;
        }
        let place = place % self.asks.len();
        let gone = self.asks.swap_remove(place);
        self.count.left += 1;
        if self.asks.iter().all(|ask| ask.nth != gone.nth) {
            self.flights.retain(|_, nth| *nth != gone.nth);
        }
    }
}

/// How many orders are drawn; all of them are for `./dev soak interleavings`.
#[expect(
    clippy::disallowed_methods,
    reason = "a soak is the same test with another number"
)]
fn wanted() -> u64 {
    let wanted = std::env::var("FLEETSCOPE_INTERLEAVINGS").ok();
    wanted.map_or(300, |wanted| wanted.parse().unwrap())
}

#[tokio::test]
async fn readers_whose_rights_differ_or_change_never_get_each_others_answers() {
    let held = Held::default();
    let app = Router::new().fallback(answer).with_state(Arc::clone(&held));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    let rights = Arc::new(Rights::default());
    let many = Pace {
        concurrency: 100,
        per_second: 1_000_000,
        burst: 1_000_000,
    };
    let outbound = Outbound::new(OutboundOptions {
        people: many,
        concurrency_per_cluster: 100,
        ..patient()
    });
    let now = at("2026-11-22T12:00:00Z");
    let collector = Collector::new(
        Arc::new(Fleet::of_one(Source::Prometheus, endpoint(&url))),
        Arc::clone(&rights) as Arc<dyn Access>,
        outbound.unwrap(),
    )
    .with_clock(Arc::new(ManualClock::new(now)));
    let mut count = Count::default();
    for seed in 0..wanted() {
        let mut dice = Dice((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for reader in READERS {
            let sees = dice.below(SIGHTS);
            rights.0.lock().unwrap().insert(reader.to_owned(), sees);
        }
        let closed = dice.below(2) == 0;
        let what = ["1", "up"][dice.below(2)];
        let past = SignedDuration::from_mins(if closed { 30 } else { 1 });
        let mut round = Round {
            collector: &collector,
            rights: &rights,
            held: &held,
            count: &mut count,
            asked: Evaluation {
                clusters: Selection::All,
                query: format!("{what} + {seed}"),
                window: Window::At(now - past),
                union: Union::Each,
                points: None,
            },
            closed,
            flights: BTreeMap::new(),
            kept: BTreeMap::new(),
            asks: Vec::new(),
        };
        for _ in 0..12 {
            let reader = READERS[dice.below(2)];
            match dice.below(8) {
                0..=3 => round.ask(reader).await,
                4 => {
                    let sees = dice.below(SIGHTS);
                    rights.0.lock().unwrap().insert(reader.to_owned(), sees);
                }
                5 => round.leave(dice.below(8)),
                _ => round.release(dice.below(SIGHTS)).await,
            }
        }
        for sees in 0..SIGHTS {
            round.release(sees).await;
        }
        assert!(round.asks.is_empty(), "seed {seed}: somebody still waits");
    }
    println!("{count:?}");
    let rounds = wanted() as usize;
    assert!(count.reads > rounds && count.left > rounds / 4, "{count:?}");
    assert!(
        count.joined > rounds / 2 && count.kept > rounds / 3,
        "{count:?}"
    );
}
