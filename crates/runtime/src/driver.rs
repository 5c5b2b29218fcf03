//! The one place that spawns. Whatever runs beside the caller is known here, ends with the
//! process, and is waited for.

mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) use task::{Asker, Done, Schedule, Task};

/// A group of running things that stop together: softly (nothing new begins, what is under way
/// may finish), and then hard (it is dropped where it stands). Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    soft: CancellationToken,
    hard: CancellationToken,
    stopping: watch::Sender<bool>,
    leaving: Arc<AtomicBool>,
    tracker: TaskTracker,
}

impl Driver {
    pub(crate) fn new() -> Self {
        let hard = CancellationToken::new();
        Self {
            soft: hard.child_token(),
            hard,
            stopping: watch::Sender::new(false),
            leaving: Arc::default(),
            tracker: TaskTracker::new(),
        }
    }

    /// Runs a future beside the caller. It is dropped when the group is cut.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let hard = self.hard.clone();
        // Moved into a future, it would take its room twice.
        let mut future = Box::pin(future);
        self.tracker.spawn(async move {
            tokio::select! {
                biased;
                () = hard.cancelled() => {}
                () = &mut future => {}
            }
        });
    }

    /// Returns once the group is to stop.
    pub(crate) async fn stopped(&self) {
        self.soft.cancelled().await;
    }

    /// Whether the group is to stop, or will be soon.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst) || self.soft.is_cancelled()
    }

    /// Says that the group will be asked to stop soon.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
    }

    /// Turns true when the group is to stop, for crates that know no token.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Asks everything to finish.
    pub(crate) fn stop(&self) {
        self.soft.cancel();
        self.stopping.send_replace(true);
        self.tracker.close();
    }

    /// Drops everything.
    pub(crate) fn cut(&self) {
        self.stop();
        self.hard.cancel();
    }

    /// Drops everything when it is dropped itself.
    pub(crate) fn guard(&self) -> DropGuard {
        self.hard.clone().drop_guard()
    }

    /// Returns once everything has ended after [`Self::stop`].
    pub(crate) async fn finished(&self) {
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn stopping_waits_for_what_is_under_way() {
        let driver = Driver::new();
        let go = Arc::new(Notify::new());
        let waiting = go.clone();
        driver.spawn(async move { waiting.notified().await });
        driver.stop();
        assert!(*driver.stopping().borrow());
        let finished = driver.finished();
        tokio::pin!(finished);
        assert!(futures::poll!(&mut finished).is_pending());
        go.notify_one();
        finished.await;
    }

    #[tokio::test]
    async fn cutting_drops_what_does_not_end() {
        let driver = Driver::new();
        let held = Arc::new(());
        let inside = held.clone();
        driver.spawn(async move {
            std::future::pending::<()>().await;
            drop(inside);
        });
        driver.cut();
        driver.finished().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
