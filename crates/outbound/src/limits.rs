//! Calls at the same time and calls a second, by cluster, apart for people and for what runs by
//! itself: a dashboard must not wait for a watch, nor a watched server for either.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::{ClusterId, GapKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::Failure;

/// For whom a call is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Somebody waits for the answer.
    #[default]
    People,
    /// It is made by itself, again and again.
    Scheduled,
}

impl Lane {
    /// The name in metrics and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Scheduled => "scheduled",
        }
    }
}

/// How much one cluster is asked in one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Calls at the same time, at least one.
    pub concurrency: u32,
    /// Calls a second in the long run, at least one.
    pub per_second: u32,
    /// Calls that may come at once after a pause.
    pub burst: u32,
}

/// One queue a cluster and lane.
#[derive(Debug)]
pub(crate) struct Limits {
    people: Pace,
    scheduled: Pace,
    queues: Mutex<HashMap<(ClusterId, Lane), Arc<Queue>>>,
}

#[derive(Debug)]
struct Queue {
    places: Arc<Semaphore>,
    bucket: Mutex<Bucket>,
}

/// A token bucket whose tokens may be owed: whoever owes waits.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// Takes a token and tells how long it takes to come; nothing is taken where that is longer
    /// than `most`.
    fn take(&mut self, pace: Pace, now: Instant, most: Duration) -> Option<Duration> {
        let rate = f64::from(pace.per_second.max(1));
        let come = now.saturating_duration_since(self.at).as_secs_f64() * rate;
        self.tokens = (self.tokens + come).min(f64::from(pace.burst.max(1)));
        self.at = self.at.max(now);
        let owed = 1.0 - self.tokens;
        let wait = Duration::from_secs_f64(owed.max(0.0) / rate);
        if wait > most {
            return None;
        }
        self.tokens -= 1.0;
        Some(wait)
    }
}

impl Limits {
    pub(crate) fn new(people: Pace, scheduled: Pace) -> Self {
        Self {
            people,
            scheduled,
            queues: Mutex::default(),
        }
    }

    /// A place for one call, and a token where it is to keep the pace; `Overloaded` where none comes
    /// within `wait`.
    pub(crate) async fn enter(
        &self,
        (cluster, lane): (ClusterId, Lane),
        paced: bool,
        wait: Duration,
    ) -> Result<OwnedSemaphorePermit, Failure> {
        let until = Instant::now() + wait;
        let pace = self.pace(lane);
        let queue = self.queue(cluster, lane);
        let due = if paced {
            let mut bucket = queue.bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.take(pace, Instant::now(), wait)
        } else {
            Some(Duration::ZERO)
        };
        let due = due.ok_or_else(|| too_often(pace, lane))?;
        if !due.is_zero() {
            tokio::time::sleep(due).await;
        }
        let place = Arc::clone(&queue.places).acquire_owned();
        match tokio::time::timeout_at(until, place).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(no_place(pace, lane)),
        }
    }

    fn pace(&self, lane: Lane) -> Pace {
        match lane {
            Lane::People => self.people,
            Lane::Scheduled => self.scheduled,
        }
    }

    fn queue(&self, cluster: ClusterId, lane: Lane) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&(cluster, lane)) {
            return Arc::clone(queue);
        }
        let pace = self.pace(lane);
        let now = Instant::now();
        // Removed clusters leave their queues behind; a new cluster is the moment to sweep. One
        // that was used within the last minute still knows what is owed.
        queues.retain(|_, queue| {
            let bucket = queue.bucket.lock().unwrap_or_else(PoisonError::into_inner);
            let used = now.saturating_duration_since(bucket.at) < Duration::from_mins(1);
            used || Arc::strong_count(&queue.places) > 1 || Arc::strong_count(queue) > 1
        });
        let queue = Arc::new(Queue {
            places: Arc::new(Semaphore::new(pace.concurrency.max(1) as usize)),
            bucket: Mutex::new(Bucket {
                tokens: f64::from(pace.burst.max(1)),
                at: now,
            }),
        });
        queues.insert((cluster, lane), Arc::clone(&queue));
        queue
    }
}

fn no_place(pace: Pace, lane: Lane) -> Failure {
    let setting = match lane {
        Lane::People => "outbound.concurrency_per_cluster",
        Lane::Scheduled => "outbound.scheduled_concurrency",
    };
    Failure::new(
        GapKind::Overloaded,
        format!(
            "{} reads of this cluster were under way and none ended in time: ask again later, or \
             raise {setting}",
            pace.concurrency.max(1)
        ),
    )
}

fn too_often(pace: Pace, lane: Lane) -> Failure {
    let setting = match lane {
        Lane::People => "outbound.per_second",
        Lane::Scheduled => "outbound.scheduled_per_second",
    };
    Failure::new(
        GapKind::Overloaded,
        format!(
            "this cluster is asked more than {} times a second: ask again later, or raise \
             {setting}",
            pace.per_second.max(1)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Pace = Pace {
        concurrency: 2,
        per_second: 1,
        burst: 2,
    };

    fn limits() -> Limits {
        let many = Pace {
            concurrency: 10,
            per_second: 1000,
            burst: 10,
        };
        Limits::new(many, SLOW)
    }

    fn id(n: u128) -> ClusterId {
        ClusterId::new(uuid::Uuid::from_u128(n))
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_burst_calls_come_at_their_pace_and_those_that_would_be_late_are_refused() {
        let limits = limits();
        let begun = Instant::now();
        let wait = Duration::from_secs(3);
        for due in [0, 0, 1, 2, 3] {
            let place = limits
                .enter((id(1), Lane::Scheduled), true, wait)
                .await
                .unwrap();
            drop(place);
            assert_eq!(begun.elapsed().as_secs(), due);
        }
        let short = Duration::from_millis(500);
        let failure = limits.enter((id(1), Lane::Scheduled), true, short).await;
        let failure = failure.unwrap_err();
        assert_eq!(failure.kind, GapKind::Overloaded);
        assert!(failure.detail.contains("scheduled_per_second"));
        // Neither people nor another cluster wait for it.
        assert!(
            limits
                .enter((id(1), Lane::People), true, short)
                .await
                .is_ok()
        );
        assert!(
            limits
                .enter((id(2), Lane::Scheduled), true, short)
                .await
                .is_ok()
        );
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_there_are_places_run_at_once() {
        let limits = limits();
        let wait = Duration::from_secs(1);
        let first = limits
            .enter((id(1), Lane::Scheduled), true, wait)
            .await
            .unwrap();
        let _second = limits
            .enter((id(1), Lane::Scheduled), true, wait)
            .await
            .unwrap();
        let failure = limits.enter((id(1), Lane::Scheduled), true, wait).await;
        assert!(failure.unwrap_err().detail.contains("2 reads"));
        drop(first);
        assert!(
            limits
                .enter((id(1), Lane::Scheduled), true, wait)
                .await
                .is_ok()
        );
    }
}
