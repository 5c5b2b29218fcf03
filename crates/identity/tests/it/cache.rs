//! The cache of answers: once per key at a time, no longer than said, and never an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fleetscope_identity::{Cache, Found};
use fleetscope_ports::ManualClock;
use futures::future::join_all;
use tokio::sync::Semaphore;

use crate::start;

const MINUTE: Duration = Duration::from_mins(1);

/// A cache over a source that counts how often it is asked, and answers when it is let.
struct Bench {
    cache: Cache<u32, u32, &'static str>,
    clock: Arc<ManualClock>,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Bench {
    fn new(capacity: usize) -> Self {
        let clock = Arc::new(ManualClock::new(start()));
        Self {
            cache: Cache::new(capacity, clock.clone()),
            clock,
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    fn open(capacity: usize) -> Self {
        let bench = Self::new(capacity);
        bench.gate.add_permits(Semaphore::MAX_PERMITS);
        bench
    }

    /// Asks for the key; the answer is how many questions there have been.
    async fn get(&self, key: u32, keep: Duration) -> Result<u32, &'static str> {
        self.answered(key, move |count| Ok(Found::new(count, keep)))
            .await
    }

    async fn answered(
        &self,
        key: u32,
        answer: impl FnOnce(u32) -> Result<Found<u32>, &'static str> + Send + 'static,
    ) -> Result<u32, &'static str> {
        let ask = || {
            let (asked, gate) = (self.asked.clone(), self.gate.clone());
            async move {
                let count = asked.fetch_add(1, Ordering::SeqCst) + 1;
                let _permit = gate.acquire().await.map_err(|_| "closed")?;
                answer(count as u32)
            }
        };
        self.cache.get(key, ask).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn an_answer_is_kept_for_as_long_as_it_says_and_not_a_moment_longer() {
    let bench = Bench::open(8);
    assert_eq!(bench.get(1, MINUTE).await, Ok(1));
    bench.clock.advance(Duration::from_millis(59_999));
    assert_eq!(bench.get(1, MINUTE).await, Ok(1));
    bench.clock.advance(Duration::from_millis(1));
    assert_eq!(bench.cache.peek(&1), None);
    assert_eq!(bench.get(1, MINUTE).await, Ok(2));
}

#[tokio::test]
async fn time_is_counted_from_when_it_was_asked_for() {
    let bench = Bench::new(8);
    let asking = bench.get(1, MINUTE);
    tokio::pin!(asking);
    assert!(futures::poll!(&mut asking).is_pending());
    bench.clock.advance(Duration::from_secs(50));
    bench.gate.add_permits(8);
    assert_eq!(asking.await, Ok(1));
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(bench.get(1, MINUTE).await, Ok(2));
}

#[tokio::test]
async fn a_thousand_at_once_ask_once() {
    let bench = Bench::new(8);
    let all = join_all((0..1000).map(|_| bench.get(1, MINUTE)));
    tokio::pin!(all);
    assert!(futures::poll!(&mut all).is_pending());
    assert_eq!(bench.asked(), 1);
    bench.gate.add_permits(1);
    assert!(all.await.iter().all(|answer| *answer == Ok(1)));
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn who_came_first_may_go_away_and_the_others_are_answered() {
    let bench = Bench::new(8);
    let mut first = Box::pin(bench.get(1, MINUTE));
    assert!(futures::poll!(&mut first).is_pending());
    let mut second = Box::pin(bench.get(1, MINUTE));
    assert!(futures::poll!(&mut second).is_pending());
    drop(first);
    bench.gate.add_permits(1);
    assert_eq!(second.await, Ok(1));
    assert_eq!(bench.asked(), 1);
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_given_up_and_asked_anew() {
    let bench = Bench::new(8);
    let mut first = Box::pin(bench.get(1, MINUTE));
    assert!(futures::poll!(&mut first).is_pending());
    drop(first);
    bench.gate.add_permits(1);
    assert_eq!(bench.get(1, MINUTE).await, Ok(2));
}

#[tokio::test]
async fn an_error_reaches_all_who_wait_and_is_not_kept() {
    let bench = Bench::new(8);
    let both = async {
        tokio::join!(
            bench.answered(1, |_| Err("down")),
            bench.answered(1, |_| Err("asked twice"))
        )
    };
    tokio::pin!(both);
    assert!(futures::poll!(&mut both).is_pending());
    bench.gate.add_permits(8);
    assert_eq!(both.await, (Err("down"), Err("down")));
    assert_eq!(bench.get(1, MINUTE).await, Ok(2));
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let bench = Bench::open(8);
    assert_eq!(bench.get(1, Duration::ZERO).await, Ok(1));
    assert_eq!(bench.get(1, MINUTE).await, Ok(2));
    bench.cache.forget(&1);
    assert_eq!(bench.get(1, MINUTE).await, Ok(3));
}

#[tokio::test]
async fn a_flood_of_new_keys_stays_within_bounds_and_spares_what_is_in_use() {
    let bench = Bench::open(1000);
    assert_eq!(bench.get(0, Duration::MAX).await, Ok(1));
    for key in 1..20_000 {
        bench.get(key, MINUTE).await.unwrap();
        assert!(bench.cache.peek(&0).is_some(), "pushed out by key {key}");
    }
    assert!(bench.cache.len() <= 1000, "{}", bench.cache.len());
}
