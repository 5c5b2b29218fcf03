//! How a process ends.

use std::net::SocketAddr;
use std::time::Duration;

use fleetscope_api::TaskBoard;
use fleetscope_client::wire;
use fleetscope_store::Housekeeping;
use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::DropGuard;

use crate::driver::{Asker, Driver};
use crate::{Error, Result};

/// How long the admin address may take to finish; it has only short requests.
const ADMIN_GRACE: Duration = Duration::from_secs(1);

/// What whoever manages processes sends to end one.
const TERMINATE: &str = "SIGTERM";

/// A process that serves. Dropping it cuts everything off; [`Self::shutdown`] is the kind way.
#[derive(Debug)]
pub struct Running {
    /// Where the public API is, if this process has the gateway role.
    pub public: Option<SocketAddr>,
    /// Where `/healthz`, `/readyz` and `/metrics` are.
    pub admin: SocketAddr,
    /// Where a gateway in another process reaches the roles of this one, if it may.
    pub inner: Option<SocketAddr>,
    /// The first admin token, at the first start of an installation only: to be shown once.
    pub bootstrap_token: Option<SecretString>,
    pub(crate) work: Driver,
    pub(crate) observers: Driver,
    pub(crate) askers: Vec<Asker>,
    pub(crate) board: TaskBoard,
    pub(crate) housekeeping: Option<Housekeeping>,
    pub(crate) leave: Duration,
    pub(crate) grace: Duration,
    pub(crate) _cut_when_dropped: [DropGuard; 2],
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything that was under way was finished.
    Drained,
    /// Something was cut off, after `server.shutdown_grace` or a second signal.
    Cut,
}

impl Running {
    /// Activates a task (`watches`, `work`, `sweep`, `housekeeping`) now, after its round under
    /// way if there is one, and gives its state after that. `unknown_task` where this process has
    /// no such task.
    pub async fn activate(&self, name: &str) -> Result<wire::Task> {
        let asker = self.askers.iter().find(|asker| asker.name == name);
        let Some(asker) = asker else {
            let known: Vec<_> = self.askers.iter().map(|asker| asker.name).collect();
            return Err(Error::UnknownTask {
                name: name.to_owned(),
                known: known.join(", "),
            });
        };
        asker.activate().await
    }

    /// The state of every task of this process, by name.
    pub fn tasks(&self) -> Vec<wire::Task> {
        self.board.list()
    }

    /// Serves until SIGTERM or SIGINT, then drains; a second signal cuts. Between SIGTERM and the
    /// drain lies `server.shutdown_leave`; a person at a terminal, who sends SIGINT, is in no
    /// balancer's list.
    pub async fn run_until_signal(self, mut signals: Signals) -> Ending {
        let name = signals.next().await;
        tracing::info!(signal = name, "stopping; a second signal forces it");
        let forced = async move {
            let name = signals.next().await;
            tracing::warn!(signal = name, "forced to stop");
        };
        tokio::pin!(forced);
        if name == TERMINATE {
            self.leave();
            tokio::select! {
                biased;
                () = forced.as_mut() => return self.shutdown_unless(std::future::ready(())).await,
                () = tokio::time::sleep(self.leave) => {}
            }
        }
        self.shutdown_unless(forced).await
    }

    /// Turns readiness false, and nothing else: whoever balances load over several processes sends
    /// no more here, and what comes until then is served as ever.
    pub fn leave(&self) {
        self.work.leave();
    }

    /// Stops: readiness turns false, streams end, nothing new is accepted or begun, and what is
    /// under way has `server.shutdown_grace` to finish. The store is closed at the end.
    pub async fn shutdown(self) -> Ending {
        self.shutdown_unless(std::future::pending()).await
    }

    /// As [`Self::shutdown`], but no longer than until `forced` is done.
    pub async fn shutdown_unless(self, forced: impl Future<Output = ()>) -> Ending {
        // The admin address answers until the end, and says from here on that we are not ready.
        self.work.stop();
        let ending = tokio::select! {
            biased;
            () = self.work.finished() => Ending::Drained,
            () = forced => Ending::Cut,
            () = tokio::time::sleep(self.grace) => Ending::Cut,
        };
        if ending == Ending::Cut {
            tracing::warn!("what is still under way is cut off");
            self.work.cut();
            self.work.finished().await;
        }
        if let Some(housekeeping) = &self.housekeeping {
            housekeeping.close().await;
        }
        self.observers.stop();
        if tokio::time::timeout(ADMIN_GRACE, self.observers.finished())
            .await
            .is_err()
        {
            self.observers.cut();
            self.observers.finished().await;
        }
        tracing::info!(?ending, "stopped");
        ending
    }
}

/// The signals that end a process. Caught before anything is started, so that one that comes
/// during the start ends it kindly, too.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches SIGTERM and SIGINT from now on. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The system refuses to let a signal be caught.
    pub fn catch() -> Result<Self> {
        let caught = |kind| signal(kind).map_err(Error::Signals);
        Ok(Self {
            terminate: caught(SignalKind::terminate())?,
            interrupt: caught(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => TERMINATE,
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
