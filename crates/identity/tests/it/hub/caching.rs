//! How seldom the hub is asked.

use std::time::Duration;

use fleetscope_identity::Limits;
use fleetscope_sim::hub::{Outage, Terms};
use futures::FutureExt as _;
use futures::future::join_all;

use super::{AUDIENCE, Bench};

/// What an API server is asked at once at most, whatever happens.
const MOST_AT_ONCE: usize = 10;

#[tokio::test]
async fn ten_thousand_requests_with_one_token_cost_one_review_a_minute() {
    let bench = Bench::start().await;
    let token = bench.for_us();
    // A request each 30 ms, for five minutes.
    for _ in 0..10_000 {
        assert_eq!(bench.code(&token).await, "ok");
        bench.advance(Duration::from_millis(30));
    }
    assert_eq!(bench.reviews(), 5);
}

#[tokio::test]
async fn a_thousand_at_once_on_a_cold_cache_cost_one_review() {
    let bench = Bench::start().await;
    bench
        .hub
        .behave(|hub| hub.latency = Duration::from_millis(200));
    let token = bench.for_us();
    let answers = join_all((0..1000).map(|_| bench.code(&token))).await;
    assert!(answers.iter().all(|code| *code == "ok"));
    assert_eq!(bench.reviews(), 1);
}

#[tokio::test]
async fn a_yes_is_kept_for_a_minute_and_a_no_for_two_seconds() {
    let bench = Bench::start().await;
    let (good, bad) = (bench.for_us(), "nobody");
    bench.code(&good).await;
    bench.code(bad).await;
    assert_eq!(bench.reviews(), 2);
    bench.advance(Duration::from_millis(1999));
    bench.code(&good).await;
    bench.code(bad).await;
    assert_eq!(bench.reviews(), 2);
    bench.advance(Duration::from_millis(1));
    bench.code(&good).await;
    bench.code(bad).await;
    assert_eq!(bench.reviews(), 3);
    bench.advance(Duration::from_millis(57_999));
    bench.code(&good).await;
    assert_eq!(bench.reviews(), 3);
    bench.advance(Duration::from_millis(1));
    bench.code(&good).await;
    assert_eq!(bench.reviews(), 4);
}

#[tokio::test]
async fn a_token_made_just_after_it_was_refused_works_within_two_seconds() {
    let bench = Bench::start().await;
    let viewer = "system:serviceaccount:shop:viewer";
    let token = bench.for_us();
    bench.hub.remove_user(viewer);
    assert_eq!(bench.code(&token).await, "token_invalid");
    bench
        .hub
        .add_user(fleetscope_sim::hub::User::service_account("shop", "viewer"));
    bench.advance(Duration::from_secs(2));
    assert_eq!(bench.code(&token).await, "ok");
}

#[tokio::test]
async fn a_token_ends_when_it_says_so_though_the_cache_would_go_on() {
    let bench = Bench::start().await;
    let terms = Terms {
        life: Duration::from_secs(90),
        ..Terms::audience(AUDIENCE)
    };
    let token = bench.hub.token("system:serviceaccount:shop:viewer", &terms);
    assert_eq!(bench.code(&token).await, "ok");
    bench.advance(Duration::from_mins(1));
    assert_eq!(bench.code(&token).await, "ok");
    bench.advance(Duration::from_millis(29_999));
    assert_eq!(bench.code(&token).await, "ok");
    assert_eq!(bench.reviews(), 2);
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.code(&token).await, "token_invalid");
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_reaches_the_hub_ten_at_a_time_and_not_at_all_soon() {
    let bench = Bench::start().await;
    bench
        .hub
        .behave(|hub| hub.latency = Duration::from_millis(50));
    let good = bench.for_us();
    assert_eq!(
        bench.code_from(&good.clone().into(), "192.0.2.1").await,
        "ok"
    );
    let wrong: Vec<_> = (0..200).map(|n| format!("wrong-{n}").into()).collect();
    let flood = join_all(
        wrong
            .iter()
            .map(|token| bench.code_from(token, "192.0.2.9")),
    );
    // Who is known is answered while the flood is on, without a question.
    let others = async {
        for _ in 0..100 {
            assert_eq!(
                bench.code_from(&good.clone().into(), "192.0.2.9").await,
                "ok"
            );
            tokio::task::yield_now().await;
        }
        bench.reviews()
    };
    let (codes, seen) = tokio::join!(flood, others);
    let limits = Limits::default();
    let refused = codes
        .iter()
        .filter(|code| **code == "token_invalid")
        .count();
    assert_eq!(refused, limits.burst as usize, "{codes:?}");
    assert!(
        codes
            .iter()
            .all(|code| ["token_invalid", "too_many_wrong_tokens"].contains(code))
    );
    assert!(seen <= 1 + MOST_AT_ONCE, "{seen}");
    let counts = bench.hub.counts();
    assert_eq!(counts.token_reviews, 1 + limits.burst as usize);
    assert!(counts.most_at_once <= MOST_AT_ONCE, "{counts:?}");
    // Others are not held to it, and the source itself is let in again after a while.
    let new = bench.for_us().into();
    assert_eq!(
        bench.code_from(&new, "192.0.2.9").await,
        "too_many_wrong_tokens"
    );
    assert_eq!(bench.code_from(&new, "192.0.2.1").await, "ok");
    bench.advance(Duration::from_secs(1));
    let newer = bench.for_us().into();
    assert_eq!(bench.code_from(&newer, "192.0.2.9").await, "ok");
}

/// Standard R3 as a certainty: who is known needs no place at the gate, nor anything else that a
/// question about another token could hold, so that no number of those can make him wait at all.
#[tokio::test]
async fn who_is_known_does_not_wait_while_every_place_and_every_turn_is_taken() {
    let bench = Bench::start().await;
    let good: secrecy::SecretString = bench.for_us().into();
    assert_eq!(bench.code_from(&good, "192.0.2.9").await, "ok");
    bench.hub.behave(|hub| hub.outage = Outage::Hangs);
    let wrong: Vec<_> = (0..200).map(|n| format!("wrong-{n}").into()).collect();
    let mut flood = Box::pin(join_all(
        wrong
            .iter()
            .map(|token| bench.code_from(token, "192.0.2.9")),
    ));
    while bench.hub.counts().under_way < MOST_AT_ONCE {
        assert!(futures::poll!(&mut flood).is_pending());
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        let known = bench.code_from(&good, "192.0.2.9").now_or_never();
        assert_eq!(known, Some("ok"), "it waits for somebody");
    }
    assert_eq!(bench.hub.counts().under_way, MOST_AT_ONCE, "all were held");
    drop(flood);
}

#[tokio::test]
async fn new_tokens_from_everywhere_reach_the_hub_ten_at_a_time() {
    let bench = Bench::start().await;
    bench
        .hub
        .behave(|hub| hub.latency = Duration::from_millis(20));
    let tokens: Vec<_> = (0..200).map(|_| bench.for_us().into()).collect();
    let asked = tokens.iter().enumerate().map(async |(n, token)| {
        let source = format!("192.0.2.{n}");
        bench.code_from(token, &source).await
    });
    let codes = join_all(asked).await;
    assert!(codes.iter().all(|code| *code == "ok"), "{codes:?}");
    let counts = bench.hub.counts();
    assert_eq!(counts.token_reviews, 200);
    assert_eq!(counts.most_at_once, MOST_AT_ONCE);
}

#[tokio::test]
async fn good_tokens_cost_their_source_nothing() {
    let bench = Bench::start().await;
    for _ in 0..100 {
        let token = bench.for_us().into();
        assert_eq!(bench.code_from(&token, "192.0.2.9").await, "ok");
    }
}
