//! Looking out for the next request, instead of sleeping until it comes.
//!
//! A worker with nothing to do sleeps in the kernel. To be woken takes some tens of microseconds on
//! most virtual machines, and a request that is passed on waits for it twice: longer than for all
//! that is done with it. A worker that looks out does not sleep for a moment after each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::driver::Driver;

/// Who is told of each request. Cheap to clone; all clones tell the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lookout(Option<Arc<Asked>>);

#[derive(Debug, Default)]
struct Asked {
    since_looked: AtomicBool,
    begin: Notify,
}

impl Lookout {
    /// Looks out for so long after each request; never where that is no time.
    pub(crate) fn begin(driver: &Driver, length: Duration) -> Self {
        if length.is_zero() {
            return Self::default();
        }
        let asked = Arc::new(Asked::default());
        let looking = asked.clone();
        let stopping = driver.clone();
        driver.spawn(async move {
            tokio::select! {
                biased;
                () = stopping.stopped() => {}
                () = looking.look_out(length) => {}
            }
        });
        Self(Some(asked))
    }

    /// Says that a request has come.
    pub(super) fn tell(&self) {
        if let Some(asked) = &self.0 {
            asked.since_looked.store(true, Ordering::Relaxed);
            asked.begin.notify_one();
        }
    }
}

impl Asked {
    /// A task that yields is run again as soon as nothing else can be, and before that the runtime
    /// looks for what has come in.
    async fn look_out(&self, length: Duration) {
        loop {
            self.begin.notified().await;
            while self.since_looked.swap(false, Ordering::Relaxed) {
                let since = Instant::now();
                while since.elapsed() < length && !self.since_looked.load(Ordering::Relaxed) {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    const A_WHILE: Duration = Duration::from_secs(1);

    /// Time goes on by itself here once all that runs sleeps, and not before.
    #[tokio::test(start_paused = true)]
    async fn after_a_request_the_worker_stays_awake_until_the_group_ends() {
        let driver = Driver::new();
        let lookout = Lookout::begin(&driver, Duration::from_hours(1));
        sleep(A_WHILE).await;
        lookout.tell();
        let mut asleep = std::pin::pin!(sleep(A_WHILE));
        for _ in 0..1000 {
            assert!(futures::poll!(asleep.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        driver.stop();
        asleep.await;
        driver.finished().await;
    }

    #[tokio::test(start_paused = true)]
    async fn it_sleeps_again_after_the_length() {
        let driver = Driver::new();
        let lookout = Lookout::begin(&driver, Duration::from_micros(1));
        for _ in 0..3 {
            lookout.tell();
            sleep(A_WHILE).await;
        }
        driver.stop();
        driver.finished().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_seen_is_not_looked_out_after_again() {
        let driver = Driver::new();
        let lookout = Lookout::begin(&driver, Duration::from_hours(1));
        // What is left of telling while it looked out.
        lookout.0.as_ref().unwrap().begin.notify_one();
        sleep(A_WHILE).await;
        driver.stop();
        driver.finished().await;
    }

    #[tokio::test]
    async fn without_a_length_nothing_runs() {
        let driver = Driver::new();
        Lookout::begin(&driver, Duration::ZERO).tell();
        driver.stop();
        driver.finished().await;
    }
}
