//! Time, passed in. Waiting goes by the same clock as reading, so that an accelerated or a
//! hand-moved clock carries schedules with it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time and waits by it.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Returns once the clock has gone on by `length`.
    async fn sleep(&self, length: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one adapter of the wall clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

/// A clock that starts in the past and runs faster than the machine's until it has caught up with
/// it; from then on it is the machine's clock. No instant it gives lies in the future, so what
/// was stored under it stays in order after a restart under the machine's clock.
#[derive(Debug, Clone)]
pub struct PacedClock {
    wall_start: Timestamp,
    start: Timestamp,
    speed: f64,
}

impl PacedClock {
    /// A clock that now shows the machine's time less `behind`, and runs `speed` times as fast.
    pub fn behind(behind: Duration, speed: f64) -> Self {
        let wall_start = SystemClock.now();
        let start = wall_start.checked_sub(behind).unwrap_or(Timestamp::MIN);
        Self {
            wall_start,
            start,
            speed: speed.max(1.0),
        }
    }
}

#[async_trait]
impl Clock for PacedClock {
    fn now(&self) -> Timestamp {
        let wall = SystemClock.now();
        let passed = wall.duration_since(self.wall_start).as_secs_f64() * self.speed;
        let paced = SignedDuration::try_from_secs_f64(passed)
            .ok()
            .and_then(|passed| self.start.checked_add(passed).ok())
            .unwrap_or(wall);
        paced.min(wall)
    }

    async fn sleep(&self, length: Duration) {
        let until = self.now().checked_add(length).unwrap_or(Timestamp::MAX);
        loop {
            let left = until.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            // At the fast pace at most; the loop goes round again if the clock slowed meanwhile.
            let wait = (left.as_secs_f64() / self.speed).max(0.001);
            tokio::time::sleep(Duration::from_secs_f64(wait)).await;
        }
    }
}

/// A clock that stands still until it is moved, for tests and replays.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(start),
        }
    }

    /// Moves the clock on and wakes whoever waited for the time now reached.
    pub fn advance(&self, length: Duration) {
        self.now
            .send_modify(|now| *now = now.checked_add(length).unwrap_or(Timestamp::MAX));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep(&self, length: Duration) {
        let mut seen = self.now.subscribe();
        let until = self.now().checked_add(length).unwrap_or(Timestamp::MAX);
        // The sender lives in `self`, so waiting can't fail while this future is polled.
        let _ = seen.wait_for(|now| *now >= until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_manual_clock_reaches_its_time() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let sleeper = clock.sleep(Duration::from_mins(1));
        tokio::pin!(sleeper);
        assert!(futures::poll!(&mut sleeper).is_pending());
        clock.advance(Duration::from_secs(59));
        assert!(futures::poll!(&mut sleeper).is_pending());
        clock.advance(Duration::from_secs(1));
        sleeper.await;
        assert_eq!(clock.now().as_second(), 60);
    }

    #[test]
    fn a_paced_clock_starts_behind_and_is_never_ahead_of_the_machine() {
        let clock = PacedClock::behind(Duration::from_hours(1), 1e9);
        let wall = SystemClock.now();
        assert!(clock.now() <= SystemClock.now());
        assert!(clock.now() >= wall.checked_sub(Duration::from_secs(3601)).unwrap());
    }
}
