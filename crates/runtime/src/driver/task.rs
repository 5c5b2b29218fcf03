//! Tasks: work that is done again and again, on a schedule, when something wakes it, or when
//! somebody asks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use fleetscope_api::TaskBoard;
use fleetscope_client::wire;
use fleetscope_model::Role;
use fleetscope_ports::Clock;
use futures::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};
use tracing::Instrument as _;

use super::Driver;
use crate::{Error, Result};

/// How many questions may wait while a task is busy; who comes then waits to ask.
const MOST_ASKERS: usize = 16;

/// Work without an argument that may be repeated, and dropped at any point and repeated.
#[async_trait]
pub(crate) trait Task: Send + Sync {
    /// Its name in the API, in logs and metrics.
    fn name(&self) -> &'static str;

    /// Whose work it is.
    fn role(&self) -> Role;

    /// Does what is to be done now. The error is one line for people.
    async fn activate(&self) -> std::result::Result<Done, String>;
}

/// What one activation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// One line for people.
    pub(crate) summary: String,
    /// Whether there was anything to do; an idle round is not worth a line in the log.
    pub(crate) busy: bool,
}

/// When a task is activated without being asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule {
    /// This often by the clock, from start to start and the first time at once; a round that
    /// takes longer delays the next.
    pub(crate) every: Option<Duration>,
    /// Whenever this is notified.
    pub(crate) wake: Option<Arc<Notify>>,
}

/// Lets a task be activated from outside. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) name: &'static str,
    questions: mpsc::Sender<oneshot::Sender<wire::Task>>,
}

impl Asker {
    /// Activates the task once more, after the round under way if there is one, and gives its
    /// state after that.
    pub(crate) async fn activate(&self) -> Result<wire::Task> {
        let (reply, answer) = oneshot::channel();
        let sent = self.questions.send(reply).await;
        sent.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)
    }
}

impl Driver {
    /// Runs a task until the group stops. Rounds never overlap. A round that panics is a failure
    /// of that round.
    pub(crate) fn drive(
        &self,
        task: impl Task + 'static,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
        board: TaskBoard,
    ) -> Asker {
        let (questions, asked) = mpsc::channel(MOST_ASKERS);
        let name = task.name();
        let rounds = Rounds {
            status: blank(name),
            due: schedule.every.map(|_| clock.now()),
            task: Box::new(task),
            schedule,
            clock,
            board,
            asked,
        };
        rounds.show();
        self.spawn(rounds.run(self.clone()));
        Asker { name, questions }
    }
}

/// One task and how it fares.
struct Rounds {
    task: Box<dyn Task>,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    board: TaskBoard,
    asked: mpsc::Receiver<oneshot::Sender<wire::Task>>,
    status: wire::Task,
    due: Option<Timestamp>,
}

impl Rounds {
    async fn run(mut self, driver: Driver) {
        loop {
            let reply = tokio::select! {
                biased;
                () = driver.stopped() => return,
                Some(reply) = self.asked.recv() => Some(reply),
                () = until(&*self.clock, self.due) => None,
                () = woken(self.schedule.wake.as_deref()) => None,
            };
            self.round().await;
            if let Some(reply) = reply {
                // Who asked may have gone.
                let _ = reply.send(self.status.clone());
            }
        }
    }

    async fn round(&mut self) {
        let (name, role) = (self.task.name(), self.task.role());
        let started_at = self.clock.now();
        let started = Instant::now();
        let span = tracing::info_span!("task", task = name, role = role.as_str());
        let activation = AssertUnwindSafe(self.task.activate()).catch_unwind();
        let outcome = activation.instrument(span.clone()).await;
        let outcome = outcome.unwrap_or_else(|_| Err("it panicked".to_owned()));

        self.due = self
            .schedule
            .every
            .map(|every| started_at.checked_add(every).unwrap_or(Timestamp::MAX));
        self.status.runs += 1;
        self.status.last_started_at = Some(started_at);
        self.status.last_seconds = Some(started.elapsed().as_secs_f64());
        span.in_scope(|| match outcome {
            Ok(Done { summary, busy }) => {
                if busy {
                    tracing::info!(summary, "did its work");
                } else {
                    tracing::debug!(summary, "had nothing to do");
                }
                self.status.last_summary = Some(summary);
                self.status.last_error = None;
            }
            Err(error) => {
                tracing::warn!(error, "failed; it is tried again at its next turn");
                self.status.failures += 1;
                self.status.last_error = Some(error);
            }
        });
        self.show();
    }

    fn show(&self) {
        self.board.record(self.status.clone());
    }
}

async fn until(clock: &dyn Clock, due: Option<Timestamp>) {
    let Some(due) = due else {
        return std::future::pending().await;
    };
    let left = due.duration_since(clock.now());
    clock.sleep(left.try_into().unwrap_or_default()).await;
}

async fn woken(wake: Option<&Notify>) {
    match wake {
        Some(wake) => wake.notified().await,
        None => std::future::pending().await,
    }
}

fn blank(name: &str) -> wire::Task {
    wire::Task {
        name: name.to_owned(),
        runs: 0,
        failures: 0,
        last_started_at: None,
        last_seconds: None,
        last_summary: None,
        last_error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_ports::ManualClock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::sync::watch;

    /// Counts its rounds; the second fails and the third panics.
    struct Moody(watch::Sender<u64>);

    #[async_trait]
    impl Task for Moody {
        fn name(&self) -> &'static str {
            "moody"
        }

        fn role(&self) -> Role {
            Role::Intelligence
        }

        async fn activate(&self) -> std::result::Result<Done, String> {
            self.0.send_modify(|rounds| *rounds += 1);
            let round = *self.0.borrow();
            match round {
                2 => Err("no mood".to_owned()),
                3 => panic!("a bad day"),
                _ => Ok(Done {
                    summary: format!("round {round}"),
                    busy: true,
                }),
            }
        }
    }

    struct Fixture {
        driver: Driver,
        clock: Arc<ManualClock>,
        board: TaskBoard,
        rounds: watch::Receiver<u64>,
        asker: Asker,
    }

    fn drive(schedule: Schedule) -> Fixture {
        let driver = Driver::new();
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let board = TaskBoard::default();
        let counter = watch::Sender::new(0);
        let rounds = counter.subscribe();
        let asker = driver.drive(Moody(counter), schedule, clock.clone(), board.clone());
        Fixture {
            driver,
            clock,
            board,
            rounds,
            asker,
        }
    }

    fn every(seconds: u64) -> Schedule {
        Schedule {
            every: Some(Duration::from_secs(seconds)),
            wake: None,
        }
    }

    #[tokio::test]
    async fn a_periodic_task_runs_at_once_and_then_by_the_clock() {
        let mut task = drive(every(60));
        task.rounds.wait_for(|rounds| *rounds == 1).await.unwrap();
        task.clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert_eq!(*task.rounds.borrow(), 1);
        task.clock.advance(Duration::from_secs(1));
        task.rounds.wait_for(|rounds| *rounds == 2).await.unwrap();
    }

    #[tokio::test]
    async fn a_woken_task_runs_without_waiting_for_its_turn() {
        let wake = Arc::new(Notify::new());
        let mut task = drive(Schedule {
            every: None,
            wake: Some(wake.clone()),
        });
        assert_eq!(task.board.list()[0].runs, 0);
        wake.notify_one();
        task.rounds.wait_for(|rounds| *rounds == 1).await.unwrap();
    }

    #[tokio::test]
    async fn failures_and_panics_are_shown_and_the_task_goes_on() {
        let task = drive(Schedule::default());
        let mut states = Vec::new();
        for _ in 0..4 {
            let state = task.asker.activate().await.unwrap();
            assert_eq!(task.board.list(), std::slice::from_ref(&state));
            states.push((
                state.runs,
                state.failures,
                state.last_error,
                state.last_summary,
            ));
        }
        let first = Some("round 1".to_owned());
        assert_eq!(states[0], (1, 0, None, first.clone()));
        assert_eq!(states[1], (2, 1, Some("no mood".to_owned()), first.clone()));
        assert_eq!(states[2], (3, 2, Some("it panicked".to_owned()), first));
        assert_eq!(states[3], (4, 2, None, Some("round 4".to_owned())));
    }

    #[tokio::test]
    async fn a_stopped_task_answers_no_more() {
        let task = drive(Schedule::default());
        task.driver.stop();
        task.driver.finished().await;
        assert!(matches!(task.asker.activate().await, Err(Error::Stopping)));
    }

    #[tokio::test]
    async fn rounds_do_not_overlap_and_one_under_way_finishes_after_the_stop() {
        struct Slow {
            inside: Arc<AtomicU64>,
            entered: Arc<Notify>,
            go: Arc<Notify>,
        }

        #[async_trait]
        impl Task for Slow {
            fn name(&self) -> &'static str {
                "slow"
            }

            fn role(&self) -> Role {
                Role::Registry
            }

            async fn activate(&self) -> std::result::Result<Done, String> {
                assert_eq!(self.inside.fetch_add(1, Ordering::SeqCst), 0);
                self.entered.notify_one();
                self.go.notified().await;
                self.inside.fetch_sub(1, Ordering::SeqCst);
                Ok(Done {
                    summary: "done".to_owned(),
                    busy: false,
                })
            }
        }

        let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (driver, board) = (Driver::new(), TaskBoard::default());
        let slow = Slow {
            inside: Arc::default(),
            entered: entered.clone(),
            go: go.clone(),
        };
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        driver.drive(slow, every(1), clock.clone(), board.clone());
        entered.notified().await;
        clock.advance(Duration::from_secs(10));
        driver.stop();
        go.notify_one();
        driver.finished().await;
        assert_eq!(board.list()[0].runs, 1);
        assert_eq!(board.list()[0].last_summary.as_deref(), Some("done"));
    }
}
