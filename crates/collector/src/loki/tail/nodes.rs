//! Where a cluster has no Loki: its containers, followed one by one over the Kubernetes API.
//!
//! Pods come and go, so they are listed again and again; a container that starts is followed from
//! its first line, one that ended until its last. A connection that broke is opened again after the
//! last line that came over it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fleetscope_kubernetes::{FollowedLog, Kubernetes, PodLine, PodLog};
use fleetscope_model::{Aspect, Cluster, GapKind, Labels, Sight, TailNoticeKind};
use fleetscope_outbound::{Failure, Outbound};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, SelectAll};
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::super::answer::{Entry, Stream};
use super::super::logql::Simple;
use super::super::pods::{self, Container, MOST_CONTAINERS};
use super::seen::after;
use super::socket::{Frame, Heard};
use crate::site::Site;

/// How often pods are listed again: a new one is missed for no longer, and none of its lines is.
const LISTED_EVERY: Duration = Duration::from_secs(10);

/// A container that says nothing for so long is asked anew: its connection may be dead.
const SILENCE: Duration = Duration::from_mins(2);

/// Lines that are passed on at once.
const AT_ONCE: usize = 500;

/// Namespace, pod and container.
type Name = (String, String, String);

/// The containers of one cluster.
pub(super) struct Nodes {
    of: Arc<Of>,
    streams: SelectAll<BoxStream<'static, Told>>,
    /// Those that are followed or were, and the last instant that came of each.
    known: BTreeMap<Name, Known>,
    listing: Option<BoxFuture<'static, Result<Vec<Container>, Failure>>>,
    list_at: Instant,
    words: VecDeque<Heard>,
}

struct Known {
    open: bool,
    last: Option<Timestamp>,
}

/// What is followed, of which cluster, as far as it may be seen.
struct Of {
    cluster: Arc<Cluster>,
    sight: Sight,
    outbound: Outbound,
    simple: Simple,
    start: Timestamp,
    limit: u32,
}

/// What came of a container.
enum Told {
    Line(Name, Arc<Labels>, PodLine),
    Ended(Name, Option<Failure>),
}

impl Nodes {
    /// Begins to follow what a query selects, from an instant on; of what was written before now,
    /// the newest `limit` lines of each container come first.
    pub(super) async fn open(
        site: &Site,
        outbound: Outbound,
        simple: Simple,
        (start, limit): (Timestamp, u32),
    ) -> Result<Self, Failure> {
        let of = Arc::new(Of {
            cluster: site.registered(),
            sight: site.sight(Aspect::Logs).clone(),
            outbound,
            simple,
            start,
            limit,
        });
        let containers = Arc::clone(&of).containers().await?;
        let mut nodes = Self {
            of,
            streams: SelectAll::new(),
            known: BTreeMap::new(),
            listing: None,
            list_at: Instant::now() + LISTED_EVERY,
            words: VecDeque::new(),
        };
        let said = pods::SAID.to_owned();
        nodes
            .words
            .push_back(Heard::Word(TailNoticeKind::Substitute, said));
        nodes.follow(containers, true);
        Ok(nodes)
    }

    /// What comes next. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Heard, Failure> {
        loop {
            if let Some(word) = self.words.pop_front() {
                return Ok(word);
            }
            let (of, list_at) = (&self.of, self.list_at);
            let (listing, streams) = (&mut self.listing, &mut self.streams);
            let listed = async {
                sleep_until(list_at).await;
                // Kept, so that the answer is not lost where this is dropped meanwhile.
                listing
                    .get_or_insert_with(|| Arc::clone(of).containers().boxed())
                    .await
            };
            tokio::select! {
                Some(told) = streams.next(), if !streams.is_empty() => {
                    if let Some(frame) = self.take_in(told)? {
                        return Ok(Heard::Frame(frame));
                    }
                }
                containers = listed => {
                    self.listing = None;
                    self.list_at = Instant::now() + LISTED_EVERY;
                    self.follow(containers?, false);
                }
            }
        }
    }

    /// Follows those that are not followed yet. The first time also those that have ended: what
    /// they wrote may be what is looked for.
    fn follow(&mut self, containers: Vec<Container>, first: bool) {
        let selected = containers.len();
        let mut wanted: BTreeMap<Name, Container> = containers
            .into_iter()
            .map(|container| (name(&container), container))
            .collect();
        self.known
            .retain(|name, known| known.open || wanted.contains_key(name));
        let open = self.known.values().filter(|known| known.open).count();
        wanted.retain(|name, container| {
            let known = self.known.get(name);
            !known.is_some_and(|known| known.open) && (first || container.runs())
        });
        let room = MOST_CONTAINERS.saturating_sub(open);
        if wanted.len() > room {
            self.too_many(selected, first);
        }
        for (name, container) in wanted.into_iter().take(room) {
            let last = self.known.get(&name).and_then(|known| known.last);
            let since = last.map_or(self.of.start, after);
            self.known.insert(name, Known { open: true, last });
            let lines = lines(Arc::clone(&self.of), container, since);
            self.streams.push(lines.boxed());
        }
    }

    fn too_many(&mut self, selected: usize, first: bool) {
        if !first {
            return;
        }
        let detail = format!(
            "{selected} containers are selected and only {MOST_CONTAINERS} of them are followed \
             at once, since it has no Loki: name a pod or a container"
        );
        self.words
            .push_back(Heard::Word(TailNoticeKind::Hole, detail));
    }

    /// What came, and what else is there already, as one frame; none where there is no line in it.
    fn take_in(&mut self, told: Told) -> Result<Option<Frame>, Failure> {
        let mut streams = Vec::new();
        let mut next = Some(told);
        while let Some(told) = next {
            match told {
                Told::Line(name, labels, line) => {
                    if let Some(known) = self.known.get_mut(&name) {
                        known.last = known.last.max(Some(line.at));
                    }
                    if self.of.simple.admits(&line.text) {
                        streams.push(stream_of(&labels, line));
                    }
                }
                Told::Ended(name, failure) => self.ended(&name, failure)?,
            }
            if streams.len() >= AT_ONCE {
                break;
            }
            next = self.streams.next().now_or_never().flatten();
        }
        Ok((!streams.is_empty()).then(|| Frame {
            streams,
            dropped_entries: Vec::new(),
        }))
    }

    fn ended(&mut self, name: &Name, failure: Option<Failure>) -> Result<(), Failure> {
        let Some(known) = self.known.get_mut(name) else {
            return Ok(());
        };
        known.open = false;
        failure.map_or(Ok(()), Err)
    }
}

impl Of {
    /// The cluster as it is read from now on.
    fn site(&self) -> Site {
        let deadline = Instant::now() + self.outbound.timeout();
        let site = Site::new(Arc::clone(&self.cluster), self.outbound.clone(), deadline);
        site.seen([(Aspect::Logs, self.sight.clone())].into())
    }

    fn kubernetes(&self) -> Result<Kubernetes, Failure> {
        self.site().kubernetes()
    }

    /// The containers that are selected now.
    async fn containers(self: Arc<Self>) -> Result<Vec<Container>, Failure> {
        let site = self.site();
        let kubernetes = site.kubernetes()?;
        pods::known(&site, &kubernetes, Some(&self.simple)).await
    }

    /// The log of a container from an instant on; none where it has none.
    async fn opened(
        &self,
        container: &Container,
        since: Timestamp,
    ) -> Result<Option<FollowedLog>, Failure> {
        let log = PodLog {
            namespace: &container.pod.namespace,
            pod: &container.pod.name,
            container: &container.name,
            since,
            lines: self.limit,
            bytes: 0,
        };
        self.kubernetes()?.follow_log(&log, SILENCE).await
    }
}

/// One container that is followed.
struct Followed {
    of: Arc<Of>,
    container: Container,
    labels: Arc<Labels>,
    /// From when on: after the last line that came.
    since: Timestamp,
    /// The connection, and from when on it was asked for.
    log: Option<(FollowedLog, Timestamp)>,
    ended: bool,
}

/// The lines of a container until it ends.
fn lines(
    of: Arc<Of>,
    container: Container,
    since: Timestamp,
) -> impl futures::Stream<Item = Told> + Send {
    let followed = Followed {
        labels: Arc::new(container.labels.clone()),
        of,
        container,
        since,
        log: None,
        ended: false,
    };
    stream::unfold(followed, |mut followed| async move {
        if followed.ended {
            return None;
        }
        let name = name(&followed.container);
        let told = match followed.next().await {
            Ok(Some(line)) => Told::Line(name, Arc::clone(&followed.labels), line),
            Ok(None) => Told::Ended(name, None),
            Err(failure) => Told::Ended(name, Some(failure)),
        };
        followed.ended = matches!(told, Told::Ended(..));
        Some((told, followed))
    })
}

impl Followed {
    /// The next line; none where there is no more.
    async fn next(&mut self) -> Result<Option<PodLine>, Failure> {
        loop {
            let (mut log, from) = match self.log.take() {
                Some(open) => open,
                None => match self.of.opened(&self.container, self.since).await? {
                    Some(log) => (log, self.since),
                    None => return Ok(None),
                },
            };
            match log.next().await {
                // The time is asked for by the second: what was before is known.
                Ok(Some(line)) if line.at < from => self.log = Some((log, from)),
                Ok(Some(line)) => {
                    self.log = Some((log, from));
                    self.since = self.since.max(after(line.at));
                    return Ok(Some(line));
                }
                Ok(None) => return Ok(None),
                // The next listing opens it again, after its last line.
                Err(failure) if failure.kind == GapKind::Truncated => return Ok(None),
                // A quiet container, or a dead connection: a new one tells.
                Err(failure) if failure.kind == GapKind::Timeout => {}
                Err(failure) => return Err(failure),
            }
        }
    }
}

fn name(container: &Container) -> Name {
    let pod = &container.pod;
    (
        pod.namespace.clone(),
        pod.name.clone(),
        container.name.clone(),
    )
}

fn stream_of(labels: &Labels, line: PodLine) -> Stream {
    Stream {
        stream: pods::labelled(labels, &line.text),
        values: vec![Entry {
            at: line.at,
            text: line.text,
            metadata: Labels::new(),
            parsed: Labels::new(),
        }],
    }
}
