//! What is made of the frames of one cluster.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fleetscope_model::{
    Cluster, ClusterId, Labels, Sight, Source, TailLine, TailNotice, TailNoticeKind, TailRecord,
};
use jiff::Timestamp;

use super::super::within;
use super::seen::Seen;
use super::socket::{Dropped, Frame};
use super::source::CATCH_UP;

/// Streams whose labels are kept to be shared by their lines.
const MOST_STREAMS: usize = 10_000;

/// A label by which a Loki spreads a busy stream; it means nothing to anybody else.
const SHARD: &str = "__stream_shard__";

/// What was read of a cluster.
pub(super) struct Reading {
    cluster: ClusterId,
    name: Arc<str>,
    source: Source,
    streams: HashMap<Labels, Arc<Labels>>,
    seen: Seen,
    /// The last instant before a reconnect, until the first lines came.
    before: Option<Timestamp>,
}

impl Reading {
    pub(super) fn of(cluster: &Cluster, source: Source) -> Self {
        Self {
            cluster: cluster.id,
            name: cluster.name().into(),
            source,
            streams: HashMap::new(),
            seen: Seen::default(),
            before: None,
        }
    }

    /// From where on lines are asked for; none where there were none yet.
    pub(super) fn resume(&self) -> Option<Timestamp> {
        self.seen.resume()
    }

    /// There is a new connection.
    pub(super) fn reconnected(&mut self) {
        self.before = self.seen.newest();
        self.seen.reconnected();
    }

    /// The lines of a frame that were not told yet and may be seen, and word of what is missing.
    pub(super) fn frame(&mut self, frame: Frame, sight: &Sight) -> Vec<TailRecord> {
        let mut records = Vec::new();
        let (mut count, mut first) = (0, None);
        for stream in frame.streams {
            let labels = self.shared(stream.stream);
            for entry in stream.values {
                count += 1;
                first = Some(first.map_or(entry.at, |first: Timestamp| first.min(entry.at)));
                let mut metadata = entry.metadata;
                if !shows(sight, &labels, &metadata) || !self.seen.is_new(entry.at, &entry.text) {
                    continue;
                }
                metadata.extend(entry.parsed);
                records.push(TailRecord::Line(TailLine {
                    cluster: self.cluster,
                    cluster_name: Arc::clone(&self.name),
                    at: entry.at,
                    labels: Arc::clone(&labels),
                    metadata,
                    line: entry.text,
                    late: false,
                    nth: 0,
                }));
            }
        }
        if count > 0 {
            let hole = self.hole(count, first);
            records.extend(hole.map(TailRecord::Notice));
        }
        let dropped = self.dropped(&frame.dropped_entries, sight);
        records.extend(dropped.map(TailRecord::Notice));
        records
    }

    /// The first lines after a reconnect are the newest of those that were missed: where they are
    /// as many as there can be, there may be more before them.
    fn hole(&mut self, count: usize, first: Option<Timestamp>) -> Option<TailNotice> {
        let (before, first) = (self.before.take()?, first?);
        if count < CATCH_UP as usize || first <= before {
            return None;
        }
        let detail = format!(
            "more than {CATCH_UP} lines were written while there was no connection: query this \
             time for those before the newest"
        );
        let mut notice = self.notice(TailNoticeKind::Hole, detail);
        (notice.from, notice.to) = (Some(before), Some(first));
        Some(notice)
    }

    fn dropped(&self, dropped: &[Dropped], sight: &Sight) -> Option<TailNotice> {
        // How much others write is not told.
        let visible = |dropped: &&Dropped| shows(sight, &dropped.labels, &Labels::new());
        let times: Vec<_> = dropped.iter().filter(visible).map(Dropped::at).collect();
        if times.is_empty() {
            return None;
        }
        let detail = "the upstream dropped lines, since they were not read fast enough: follow \
                      fewer streams, or query this time";
        let mut notice = self.notice(TailNoticeKind::Dropped, detail.to_owned());
        notice.from = times.iter().flatten().min().copied();
        notice.to = times.iter().flatten().max().copied();
        notice.lines = Some(times.len() as u64);
        Some(notice)
    }

    /// Word of something.
    pub(super) fn notice(&self, kind: TailNoticeKind, detail: String) -> TailNotice {
        TailNotice {
            cluster: self.cluster,
            cluster_name: Arc::clone(&self.name),
            source: self.source,
            kind,
            from: None,
            to: None,
            lines: None,
            detail,
        }
    }

    fn shared(&mut self, mut labels: Labels) -> Arc<Labels> {
        labels.remove(SHARD);
        if let Some(known) = self.streams.get(&labels) {
            return Arc::clone(known);
        }
        if self.streams.len() >= MOST_STREAMS {
            self.streams.clear();
        }
        let shared = Arc::new(labels.clone());
        self.streams.insert(labels, Arc::clone(&shared));
        shared
    }
}

/// Whether a line may be seen, by the labels of its stream, or by its metadata where those tell of
/// no namespace.
fn shows(sight: &Sight, labels: &Labels, metadata: &Labels) -> bool {
    let Sight::Namespaces(namespaces) = sight else {
        return true;
    };
    if within::shows(namespaces, labels) {
        // Both may tell, and then both have to be seen.
        let mut all: BTreeMap<String, String> = labels.clone();
        for (name, value) in metadata {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
        return within::shows(namespaces, &all);
    }
    !within::tells(labels) && within::shows(namespaces, metadata)
}
