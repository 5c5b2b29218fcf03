//! The lines of one cluster, without end: opened again where a connection breaks, from where it
//! broke, and asked again and again whether the caller may still read them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{
    Caller, Cluster, GapKind, Sight, Source as Endpoint, TailNoticeKind, TailQuestion, TailRecord,
};
use fleetscope_outbound::Failure;
use futures::stream::{self, Stream};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::super::expression::Expression;
use super::super::pods;
use super::Way;
use super::reading::Reading;
use super::rights::{EVERY, Verdict};
use super::socket::{Heard, Refused};
use crate::Collector;

/// Lines that are asked for after a reconnect: what a Loki gives at once by default.
pub(super) const CATCH_UP: u32 = 5_000;

/// The first pause before a connection is opened again, and the longest: each is twice the one
/// before.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Who follows what, of all clusters.
pub(super) struct Following {
    pub(super) collector: Collector,
    pub(super) caller: Caller,
    pub(super) question: TailQuestion,
    pub(super) expression: Expression,
}

/// One cluster that is followed.
pub(super) struct Source {
    pub(super) following: Arc<Following>,
    pub(super) cluster: Arc<Cluster>,
    pub(super) sight: Sight,
    pub(super) reading: Reading,
    phase: Phase,
    /// When the rights are looked at again, and when they were last known.
    pub(super) look_at: Instant,
    pub(super) known_at: Instant,
    failures: u32,
    lost: bool,
    told: VecDeque<TailRecord>,
}

enum Phase {
    Waiting(Instant),
    Open(Box<Way>),
    Ended,
}

impl Source {
    /// A cluster of which this may be seen, with what came of opening its tail.
    pub(super) fn new(
        following: Arc<Following>,
        (cluster, sight): (Arc<Cluster>, Sight),
        opened: Result<Way, Refused>,
    ) -> Self {
        let now = Instant::now();
        let mut source = Self {
            reading: Reading::of(&cluster, following.reads(&cluster)),
            following,
            cluster,
            sight,
            phase: Phase::Ended,
            look_at: now + EVERY,
            known_at: now,
            failures: 0,
            lost: false,
            told: VecDeque::new(),
        };
        match opened {
            Ok(socket) => source.phase = Phase::Open(Box::new(socket)),
            Err(refused) => source.failed(refused),
        }
        source
    }

    /// What is heard of it, in the order in which it comes, until it ends.
    pub(super) fn records(self) -> impl Stream<Item = Vec<TailRecord>> + Send {
        stream::unfold(self, Self::next)
    }

    async fn next(mut self) -> Option<(Vec<TailRecord>, Self)> {
        loop {
            if !self.told.is_empty() {
                return Some((self.told.drain(..).collect(), self));
            }
            self.step().await?;
        }
    }

    /// Waits for the next thing to happen; none where nothing more will.
    async fn step(&mut self) -> Option<()> {
        match &mut self.phase {
            Phase::Ended => return None,
            Phase::Waiting(until) => {
                let (until, look_at) = (*until, self.look_at);
                sleep_until(until.min(look_at)).await;
                if until <= look_at {
                    self.open().await;
                } else {
                    self.look().await;
                }
            }
            Phase::Open(socket) => {
                let look_at = self.look_at;
                tokio::select! {
                    biased;
                    () = sleep_until(look_at) => self.look().await,
                    heard = socket.next() => self.heard(heard),
                }
            }
        }
        Some(())
    }

    fn heard(&mut self, heard: Result<Heard, Failure>) {
        match heard {
            Ok(Heard::Frame(frame)) => {
                self.failures = 0;
                let records = self.reading.frame(frame, &self.sight);
                self.told.extend(records);
            }
            Ok(Heard::Word(kind, detail)) => self.notice(kind, &detail),
            Ok(Heard::Closed(said)) => match said {
                Some(said) if super::super::refusal::is_wrong(&said) => {
                    self.failed(Refused::Wrong(said));
                }
                said => {
                    let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
                    self.failed(Refused::Failed(Failure::new(
                        GapKind::Truncated,
                        format!("its Loki closed the connection{said}"),
                    )));
                }
            },
            Err(failure) => self.failed(Refused::Failed(failure)),
        }
    }

    async fn open(&mut self) {
        let (start, limit) = self.place();
        let opened = self
            .following
            .open(&self.cluster, &self.sight, (start, limit))
            .await;
        match opened {
            Ok(socket) => {
                self.reading.reconnected();
                if self.lost {
                    self.lost = false;
                    let word = "the connection is back: lines that were missed follow";
                    self.notice(TailNoticeKind::Resumed, word);
                }
                self.phase = Phase::Open(Box::new(socket));
            }
            Err(refused) => self.failed(refused),
        }
    }

    /// From where on, and how many lines of before now.
    fn place(&self) -> (Timestamp, u32) {
        match self.reading.resume() {
            Some(start) => (start, CATCH_UP),
            None => self.following.beginning(),
        }
    }

    fn failed(&mut self, refused: Refused) {
        let failure = match refused {
            Refused::Wrong(said) => return self.end(&said),
            Refused::Failed(failure) => failure,
        };
        // A cluster without a Loki does not get one while we wait.
        if failure.kind == GapKind::NotConfigured {
            return self.end(&failure.detail);
        }
        let pause = PAUSE.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
        self.failures = self.failures.saturating_add(1);
        self.phase = Phase::Waiting(Instant::now() + pause.min(LONGEST_PAUSE));
        if !self.lost {
            self.lost = true;
            let word = format!("{}; it is tried again", failure.detail);
            self.notice(TailNoticeKind::Lost, &word);
        }
    }

    async fn look(&mut self) {
        match self.rights().await {
            Verdict::Same => {}
            Verdict::Other(cluster, sight) => {
                self.cluster = cluster;
                self.sight = sight;
                // What is open was asked for with other rights, or at another place.
                self.phase = Phase::Waiting(Instant::now());
            }
            Verdict::Gone(why) => self.end(why),
        }
    }

    fn end(&mut self, why: &str) {
        self.phase = Phase::Ended;
        self.notice(TailNoticeKind::Ended, why);
    }

    fn notice(&mut self, kind: TailNoticeKind, detail: &str) {
        let notice = self.reading.notice(kind, detail.to_owned());
        self.told.push_back(TailRecord::Notice(notice));
    }
}

impl Following {
    /// What is read of a cluster.
    fn reads(&self, cluster: &Cluster) -> Endpoint {
        if pods::stands_in(cluster) && self.question.tenant.is_none() {
            Endpoint::Kubernetes
        } else {
            Endpoint::Loki
        }
    }

    /// From where on a cluster is followed at first, and how many lines of before now.
    pub(super) fn beginning(&self) -> (Timestamp, u32) {
        match self.question.after {
            // Everything since then, not only the newest.
            Some(place) => (place.at, CATCH_UP),
            None => (self.question.start, self.question.limit.max(1)),
        }
    }
}
