//! What a test may do to the reviews of a cluster.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Counts reviews, and makes them slow or fail.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    count: AtomicU64,
    delay_ms: AtomicU64,
    failing: AtomicBool,
    guarding: AtomicBool,
}

impl Switches {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_ms.store(ms, Ordering::SeqCst);
    }

    pub(crate) fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    pub(crate) fn set_guarding(&self, guarding: bool) {
        self.guarding.store(guarding, Ordering::SeqCst);
    }

    pub(crate) fn guards(&self) -> bool {
        self.guarding.load(Ordering::SeqCst)
    }

    /// Counts a review, takes its time, and says whether it may be answered.
    pub(crate) async fn pass(&self) -> bool {
        self.count.fetch_add(1, Ordering::SeqCst);
        let ms = self.delay_ms.load(Ordering::SeqCst);
        if ms > 0 {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        !self.failing.load(Ordering::SeqCst)
    }
}
