//! A hub that is out of order says neither yes nor no.

use std::time::Duration;

use fleetscope_model::{ErrorKind, Fault as _};
use fleetscope_sim::hub::Outage;

use super::Bench;

const OUTAGE: Outage = Outage::Answers(503);

#[tokio::test]
async fn an_outage_is_no_verdict_and_is_forgotten_at_once() {
    let bench = Bench::start().await;
    let token = bench.for_us();
    for outage in [
        OUTAGE,
        Outage::Answers(500),
        Outage::Answers(429),
        Outage::Answers(401),
    ] {
        bench.hub.behave(|hub| hub.outage = outage);
        let error = bench.known(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{outage:?}");
        assert_eq!(error.code(), "identity_unavailable");
    }
    // Without any time passing: errors are not kept, whatever the refusals are.
    bench.hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(bench.code(&token).await, "ok");
}

#[tokio::test]
async fn who_is_known_goes_on_until_the_answer_ends_and_not_a_millisecond_longer() {
    let bench = Bench::start().await;
    let (warm, cold) = (bench.for_us(), bench.for_us());
    assert_eq!(bench.code(&warm).await, "ok");
    bench.advance(Duration::from_millis(1));
    bench.hub.behave(|hub| hub.outage = OUTAGE);
    assert_eq!(bench.code(&warm).await, "ok");
    assert_eq!(bench.code(&cold).await, "identity_unavailable");
    bench.advance(Duration::from_millis(59_998));
    assert_eq!(bench.code(&warm).await, "ok");
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.code(&warm).await, "identity_unavailable");
    bench.hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(bench.code(&warm).await, "ok");
    assert_eq!(bench.code(&cold).await, "ok");
}

#[tokio::test]
async fn an_outage_does_not_turn_a_no_into_a_yes() {
    let bench = Bench::start().await;
    let token = bench.for_us();
    bench.hub.revoke(&token);
    assert_eq!(bench.code(&token).await, "token_invalid");
    bench.hub.behave(|hub| hub.outage = OUTAGE);
    bench.advance(Duration::from_secs(2));
    assert_eq!(bench.code(&token).await, "identity_unavailable");
}

#[tokio::test]
async fn an_outage_costs_nobody_his_budget() {
    let bench = Bench::start().await;
    let token = bench.for_us().into();
    bench.hub.behave(|hub| hub.outage = OUTAGE);
    for _ in 0..50 {
        assert_eq!(
            bench.code_from(&token, "192.0.2.9").await,
            "identity_unavailable"
        );
    }
    bench.hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(bench.code_from(&token, "192.0.2.9").await, "ok");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_holds_up_nobody_who_is_known() {
    let bench = Bench::start().await;
    let (warm, cold) = (bench.for_us(), bench.for_us());
    assert_eq!(bench.code(&warm).await, "ok");
    bench.hub.behave(|hub| hub.outage = Outage::Hangs);
    let stuck = bench.code(&cold);
    tokio::pin!(stuck);
    assert!(futures::poll!(&mut stuck).is_pending());
    assert_eq!(bench.code(&warm).await, "ok");
    bench.hub.behave(|hub| hub.outage = Outage::None);
    assert_eq!(stuck.await, "ok");
}
