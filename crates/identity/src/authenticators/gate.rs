//! How many questions may be under way, and how many wrong tokens somebody may try.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_ports::Clock;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, Result};

/// How many sources are remembered. One that is forgotten may begin anew.
const SOURCES: usize = 10_000;

/// How reviewers are spared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Questions under way at once, all tokens and sources together.
    pub at_once: usize,
    /// How many may wait for their turn beside.
    pub waiting: usize,
    /// How long one waits for its turn.
    pub patience: Duration,
    /// How many wrong tokens a source may try at once.
    pub burst: f64,
    /// How many more it may try each second.
    pub per_second: f64,
}

impl Default for Limits {
    /// Ten at once: an API server's own fair share for such questions is a few dozen. A person
    /// mistypes a token a few times; nobody honest has twenty wrong ones.
    fn default() -> Self {
        Self {
            at_once: 10,
            waiting: 500,
            patience: Duration::from_secs(2),
            burst: 20.0,
            per_second: 2.0,
        }
    }
}

/// Lets questions pass.
pub(super) struct Gate {
    limits: Limits,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    budgets: Arc<Budgets>,
}

/// The right to ask. Unless it is spent, it costs its source nothing.
pub(super) struct Pass {
    _place: OwnedSemaphorePermit,
    budgets: Arc<Budgets>,
    source: IpAddr,
    spent: bool,
}

impl Gate {
    pub(super) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.at_once.max(1))),
            waiting: Arc::new(Semaphore::new(limits.waiting)),
            budgets: Arc::new(Budgets::new(limits.burst, limits.per_second, clock)),
            limits,
        }
    }

    /// Waits for a place. A source that has used its budget up is refused before it can take a
    /// place from others, and again once it has one: many may have come at the same time.
    pub(super) async fn enter(&self, source: Option<IpAddr>) -> Result<Pass> {
        let source = network(source);
        if self.budgets.left(source) < 1.0 {
            return Err(Error::TooManyFailures);
        }
        let waiting = Arc::clone(&self.waiting).try_acquire_owned();
        let _waiting = waiting.map_err(|_| Error::TooManyReviews)?;
        let place = Arc::clone(&self.places).acquire_owned();
        let place = tokio::time::timeout(self.limits.patience, place).await;
        let place = place
            .map_err(|_| Error::TooManyReviews)?
            .map_err(|_| Error::TooManyReviews)?;
        if !self.budgets.take(source) {
            return Err(Error::TooManyFailures);
        }
        Ok(Pass {
            _place: place,
            budgets: Arc::clone(&self.budgets),
            source,
            spent: false,
        })
    }
}

impl Pass {
    /// The token was wrong.
    pub(super) fn spend(mut self) {
        self.spent = true;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.spent {
            self.budgets.give(self.source);
        }
    }
}

/// A token bucket for each source.
pub(crate) struct Budgets {
    buckets: Cache<IpAddr, Arc<Mutex<Bucket>>>,
    burst: f64,
    per_second: f64,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Budgets {
    /// `burst` at once, and `per_second` more each second.
    pub(crate) fn new(burst: f64, per_second: f64, clock: Arc<dyn Clock>) -> Self {
        Self {
            buckets: Cache::new(SOURCES),
            burst,
            per_second,
            clock,
        }
    }

    fn left(&self, source: IpAddr) -> f64 {
        self.change(source, |left| left)
    }

    /// Takes one, where there is one left.
    pub(crate) fn take(&self, source: IpAddr) -> bool {
        let mut taken = false;
        self.change(source, |left| {
            taken = left >= 1.0;
            if taken { left - 1.0 } else { left }
        });
        taken
    }

    fn give(&self, source: IpAddr) {
        self.change(source, |left| left + 1.0);
    }

    fn change(&self, source: IpAddr, change: impl FnOnce(f64) -> f64) -> f64 {
        let now = self.clock.now();
        let full = || {
            Ok::<_, std::convert::Infallible>(Arc::new(Mutex::new(Bucket {
                left: self.burst,
                at: now,
            })))
        };
        let Ok(bucket) = self.buckets.get_or_insert_with(&source, full);
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        let refilled = bucket.left + passed * self.per_second;
        bucket.at = bucket.at.max(now);
        bucket.left = change(refilled.min(self.burst)).min(self.burst);
        bucket.left
    }
}

/// Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits, which is what one
/// machine is given. Those of whom nothing is known are one too.
pub(crate) fn network(source: Option<IpAddr>) -> IpAddr {
    match source.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) & (u128::MAX << 64);
            Ipv6Addr::from(network).into()
        }
        Some(address) => address,
        None => Ipv4Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_ports::ManualClock;

    fn gate(clock: &Arc<ManualClock>) -> Gate {
        let limits = Limits {
            at_once: 2,
            waiting: 1,
            burst: 2.0,
            per_second: 1.0,
            ..Limits::default()
        };
        Gate::new(limits, clock.clone())
    }

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH))
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_so_many_places_and_so_many_who_wait_for_one() {
        let gate = gate(&clock());
        let [_a, _b] = [
            gate.enter(None).await.unwrap(),
            gate.enter(None).await.unwrap(),
        ];
        let other = Some(Ipv4Addr::LOCALHOST.into());
        let third = gate.enter(other);
        tokio::pin!(third);
        assert!(futures::poll!(&mut third).is_pending());
        assert!(matches!(
            gate.enter(other).await,
            Err(Error::TooManyReviews)
        ));
        assert!(matches!(third.await, Err(Error::TooManyReviews)));
    }

    #[tokio::test]
    async fn a_source_that_was_wrong_too_often_waits_and_others_do_not() {
        let clock = clock();
        let gate = gate(&clock);
        let bad: Option<IpAddr> = Some("2001:db8::1".parse().unwrap());
        let neighbour: Option<IpAddr> = Some("2001:db8::2".parse().unwrap());
        let other: Option<IpAddr> = Some("2001:db8:0:1::1".parse().unwrap());
        for _ in 0..5 {
            drop(gate.enter(bad).await.unwrap());
        }
        for _ in 0..2 {
            gate.enter(bad).await.unwrap().spend();
        }
        assert!(matches!(gate.enter(bad).await, Err(Error::TooManyFailures)));
        assert!(matches!(
            gate.enter(neighbour).await,
            Err(Error::TooManyFailures)
        ));
        assert!(gate.enter(other).await.is_ok());
        clock.advance(Duration::from_secs(1));
        assert!(gate.enter(bad).await.is_ok());
    }
}
