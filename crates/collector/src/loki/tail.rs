//! Following: the tails of many clusters, merged in the order of time.
//!
//! Nothing is read ahead of the reader: where it is slow the connections to the clusters fill up,
//! their servers drop what does not fit, and say so; each of their words is passed on. What is held
//! here is bounded by `merge`.

mod merge;
mod nodes;
mod reading;
mod rights;
mod seen;
mod socket;
mod source;

use std::collections::VecDeque;
use std::sync::Arc;

use fleetscope_model::{
    Aspect, Caller, Cluster, Collection, Gap, LogPlace, Sight, Source as Endpoint, TailLine,
    TailNotice, TailNoticeKind, TailQuestion, TailRecord,
};
use fleetscope_outbound::Failure;
use fleetscope_ports::{Result, Tail};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream, SelectAll};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use self::merge::Merge;
use self::nodes::Nodes;
use self::socket::{Heard, Refused, Socket};
use self::source::{Following, Source};
use super::door::Door;
use super::expression::Expression;
use super::pods;
use super::query::MAX_LINES;
use super::refusal;
use crate::Collector;
use crate::federation::Asking;
use crate::range;
use crate::site::Site;

/// Refuses a limit out of bounds and a filter that is none; then opens the tails. `Invalid`
/// (`invalid_logql`) where every cluster says that the query is wrong.
pub(crate) async fn tail(
    collector: &Collector,
    caller: &Caller,
    question: &TailQuestion,
) -> Result<Tail> {
    range::check_limit(question.limit.max(1), MAX_LINES)?;
    let following = Arc::new(Following {
        collector: collector.clone(),
        caller: caller.clone(),
        expression: Expression::new(&question.expression)?,
        question: question.clone(),
    });
    let opened = open_all(&following).await?;
    let wrong = opened.items.iter().find_map(|opened| match &opened.socket {
        Err(Refused::Wrong(said)) => Some(said.clone()),
        _ => None,
    });
    let others = opened
        .items
        .iter()
        .any(|opened| !matches!(opened.socket, Err(Refused::Wrong(_))));
    if let Some(said) = wrong.filter(|_| !others) {
        return Err(refusal::invalid_logql(&said));
    }
    let mut sources = SelectAll::new();
    for one in opened.items {
        let seen = (one.cluster, one.sight);
        let source = Source::new(Arc::clone(&following), seen, one.socket);
        sources.push(source.records().boxed());
    }
    let merged = Merged {
        sources,
        notices: opened.gaps.into_iter().map(unread).collect(),
        merge: Merge::new(question.window),
        after: question.after,
    };
    Ok(Box::pin(stream::unfold(merged, Merged::next)))
}

/// The tail of one cluster, or why there is none.
struct Opened {
    cluster: Arc<Cluster>,
    sight: Sight,
    socket: std::result::Result<Way, Refused>,
}

/// How the lines of a cluster come.
enum Way {
    Loki(Socket),
    Nodes(Nodes),
}

impl Way {
    /// What comes next. May be dropped while it waits.
    async fn next(&mut self) -> std::result::Result<Heard, Failure> {
        match self {
            Self::Loki(socket) => socket.next().await,
            Self::Nodes(nodes) => nodes.next().await,
        }
    }
}

async fn open_all(following: &Following) -> Result<Collection<Opened>> {
    let named = following.expression.named();
    let question = &following.question;
    let asking = Asking::of(
        &following.caller,
        &question.clusters,
        Endpoint::Loki,
        &[Aspect::Logs],
    );
    following
        .collector
        .fan_out(asking.about(named.as_ref()), |site| async move {
            let socket = following.open_at(&site, following.beginning()).await;
            let opened = Opened {
                cluster: site.registered(),
                sight: site.sight(Aspect::Logs).clone(),
                socket,
            };
            Collection {
                items: vec![opened],
                gaps: Vec::new(),
            }
        })
        .await
}

impl Following {
    /// Opens the tail of a cluster of which this may be seen.
    pub(super) async fn open(
        &self,
        cluster: &Arc<Cluster>,
        sight: &Sight,
        from: (Timestamp, u32),
    ) -> std::result::Result<Way, Refused> {
        let outbound = self.collector.outbound.clone();
        let deadline = Instant::now() + outbound.timeout();
        let site = Site::new(Arc::clone(cluster), outbound, deadline);
        let site = site.seen([(Aspect::Logs, sight.clone())].into());
        self.open_at(&site, from).await
    }

    async fn open_at(
        &self,
        site: &Site,
        (start, limit): (Timestamp, u32),
    ) -> std::result::Result<Way, Refused> {
        if pods::stand_in(site) && self.question.tenant.is_none() {
            let simple = pods::simple(&self.expression)?;
            let outbound = self.collector.outbound.clone();
            let nodes = Nodes::open(site, outbound, simple, (start, limit)).await?;
            return Ok(Way::Nodes(nodes));
        }
        let door = Door::open(site, self.question.tenant)?;
        let held = door.held(site, &self.expression)?;
        let held = held.map_err(Refused::Wrong)?;
        let socket = Socket::open(&door, &held, start, limit).await?;
        Ok(Way::Loki(socket))
    }
}

/// What can't be followed from the beginning on.
fn unread(gap: Gap) -> TailRecord {
    TailRecord::Notice(TailNotice {
        cluster: gap.cluster,
        cluster_name: gap.cluster_name.into(),
        source: gap.source,
        kind: TailNoticeKind::Ended,
        from: None,
        to: None,
        lines: None,
        detail: gap.detail,
    })
}

/// All sources as one.
struct Merged {
    sources: SelectAll<BoxStream<'static, Vec<TailRecord>>>,
    notices: VecDeque<TailRecord>,
    merge: Merge,
    /// The place after which to go on: lines before it were told in another connection.
    after: Option<LogPlace>,
}

impl Merged {
    async fn next(mut self) -> Option<(TailRecord, Self)> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Some((notice, self));
            }
            if let Some(line) = self.merge.pop(Instant::now()) {
                if self.was_told(&line) {
                    continue;
                }
                return Some((TailRecord::Line(line), self));
            }
            if self.sources.is_empty() {
                // Nothing more comes that could stand before what is held.
                let line = self.merge.take()?;
                return Some((TailRecord::Line(line), self));
            }
            let wake = self.merge.wake();
            tokio::select! {
                heard = self.sources.next() => self.take_in(heard.unwrap_or_default()),
                () = until(wake) => {}
            }
        }
    }

    fn take_in(&mut self, heard: Vec<TailRecord>) {
        let now = Instant::now();
        for record in heard {
            match record {
                TailRecord::Line(line) => self.merge.push(now, line),
                notice @ TailRecord::Notice(_) => self.notices.push_back(notice),
            }
        }
    }

    fn was_told(&self, line: &TailLine) -> bool {
        self.after.is_some_and(|place| {
            line.at < place.at || (line.at == place.at && line.nth < place.skip)
        })
    }
}

/// That instant; never where there is none.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
