//! How long somebody who is known waits while 200 wrong tokens a second come: standard R3.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{House, Shape, ask};
use crate::floods::{Load, compare};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a soak that measures: ./dev soak floods"]
async fn wrong_tokens_slow_nobody_down_who_is_known() {
    let house = House::with(Shape::One, |config, hub| {
        (config.limits.per_second, config.limits.burst) = (1_000_000, 1_000_000);
        hub.behave(|hub| hub.latency = Duration::from_millis(200));
    })
    .await;
    let (at, token) = (house.at, house.for_us());
    assert_eq!(house.code(&token).await, "ok");
    let flood = || async move {
        let mut often = tokio::time::interval(Duration::from_millis(5));
        let mut asked = JoinSet::new();
        for n in 0_u64.. {
            often.tick().await;
            asked.spawn(async move {
                let bearer = format!("Bearer wrong-{n}");
                ask(
                    at,
                    "GET",
                    "/api/v1/clusters",
                    &[("authorization", &bearer)],
                    "",
                )
                .await;
            });
            while asked.try_join_next().is_some() {}
        }
    };
    let good = Load::plain(at, &token).await;
    let ratio = compare("200 wrong tokens a second", good, flood).await;
    assert!(house.hub.counts().most_at_once <= 10);
    assert!(ratio <= 1.2, "{ratio}");
    house.close().await;
}
