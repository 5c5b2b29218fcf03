//! What stores the entries of the audit log.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{AuditDecision, AuditEntry};
use fleetscope_ports::AuditSink;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{mpsc, oneshot};

/// Entries that are stored together: a write costs a flush to disk, whatever it holds.
const BATCH: usize = 500;

/// How long is waited after a write that failed; a little longer each time.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Tries after which a batch is given up once nothing more can come.
const LAST_TRIES: usize = 3;

/// An entry, and who waits for it to be stored.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) entry: AuditEntry,
    pub(super) stored: Option<oneshot::Sender<()>>,
}

/// Stores entries in the order in which they come.
pub struct AuditWriter {
    queue: mpsc::Receiver<Waiting>,
    sink: Arc<dyn AuditSink>,
    lost: Counter,
}

impl std::fmt::Debug for AuditWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditWriter").finish_non_exhaustive()
    }
}

impl AuditWriter {
    pub(super) fn new(
        queue: mpsc::Receiver<Waiting>,
        sink: Arc<dyn AuditSink>,
        lost: Counter,
    ) -> Self {
        Self { queue, sink, lost }
    }

    /// Stores entries until nothing more can come and all are stored. What the sink does not take
    /// is offered again for as long as there is somebody who writes.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            let (entries, wait): (Vec<_>, Vec<_>) = batch
                .drain(..)
                .map(|waiting| (waiting.entry, waiting.stored))
                .unzip();
            let entries = folded(entries);
            if self.store(&entries).await {
                for stored in wait.into_iter().flatten() {
                    // Who waited may have lost patience.
                    let _ = stored.send(());
                }
            } else {
                self.lost.inc_by(entries.len() as u64);
            }
        }
    }

    async fn store(&self, entries: &[AuditEntry]) -> bool {
        let mut tries = 0;
        loop {
            let Err(error) = self.sink.append(entries).await else {
                return true;
            };
            tries += 1;
            let count = entries.len();
            if self.queue.is_closed() && self.queue.is_empty() && tries >= LAST_TRIES {
                tracing::error!(count, %error, "entries of the audit log are lost");
                return false;
            }
            tracing::warn!(count, tries, %error, "the audit log can't be written; tried again");
            let pause = PAUSES.get(tries - 1).or(PAUSES.last());
            tokio::time::sleep(pause.copied().unwrap_or_default()).await;
        }
    }
}

/// The entries, with those counted together of which a flood may come: refusals of callers whom
/// nobody knows, and of callers who ask too much. The first of a kind stands for all that came with
/// it.
fn folded(entries: Vec<AuditEntry>) -> Vec<AuditEntry> {
    let mut kept: Vec<AuditEntry> = Vec::with_capacity(entries.len());
    let mut firsts: HashMap<(Option<String>, String, u16), usize> = HashMap::new();
    for entry in entries {
        let of_flood = match entry.decision {
            AuditDecision::Unauthenticated => entry.caller.is_none(),
            AuditDecision::Limited => true,
            AuditDecision::Allowed | AuditDecision::Denied => false,
        };
        if !of_flood {
            kept.push(entry);
            continue;
        }
        let kind = (entry.caller.clone(), entry.method.clone(), entry.status);
        match firsts.entry(kind) {
            Entry::Occupied(first) => kept[*first.get()].count += entry.count,
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(entry);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use fleetscope_model::ErrorKind;
    use fleetscope_ports::{Error, Result};
    use jiff::Timestamp;

    use super::*;

    fn entry(caller: Option<&str>, decision: AuditDecision, path: &str) -> AuditEntry {
        AuditEntry {
            at: Timestamp::UNIX_EPOCH,
            caller: caller.map(str::to_owned),
            authority: None,
            role: None,
            method: "GET".to_owned(),
            path: path.to_owned(),
            clusters: Vec::new(),
            decision,
            status: 401,
            request_id: path.to_owned(),
            count: 1,
        }
    }

    #[test]
    fn a_flood_is_one_entry_and_what_a_known_caller_was_denied_stands_alone() {
        let unknown = |path| entry(None, AuditDecision::Unauthenticated, path);
        let known = |path| entry(Some("alice"), AuditDecision::Denied, path);
        let busy = |path| entry(Some("bob"), AuditDecision::Limited, path);
        let kept = folded(vec![
            unknown("/a"),
            known("/b"),
            busy("/d"),
            unknown("/c"),
            known("/b"),
            busy("/e"),
        ]);
        let told: Vec<_> = kept.iter().map(|e| (e.path.as_str(), e.count)).collect();
        assert_eq!(told, [("/a", 2), ("/b", 1), ("/d", 2), ("/b", 1)]);
    }

    /// Refuses so many writes, then takes them.
    struct Moody {
        refusals: Mutex<usize>,
        taken: Mutex<Vec<AuditEntry>>,
    }

    #[async_trait]
    impl AuditSink for Moody {
        async fn append(&self, entries: &[AuditEntry]) -> Result<()> {
            let mut refusals = self.refusals.lock().unwrap();
            if *refusals > 0 {
                *refusals -= 1;
                return Err(Error::new(ErrorKind::Unavailable, "disk_full", "no room"));
            }
            self.taken.lock().unwrap().extend_from_slice(entries);
            Ok(())
        }
    }

    async fn written(refusals: usize) -> (usize, u64, bool) {
        let sink = Arc::new(Moody {
            refusals: Mutex::new(refusals),
            taken: Mutex::default(),
        });
        let (queue, waiting) = mpsc::channel(10);
        let lost = Counter::default();
        let writer = AuditWriter::new(waiting, Arc::clone(&sink) as _, lost.clone());
        let (stored, wait) = oneshot::channel();
        let change = Waiting {
            entry: entry(Some("alice"), AuditDecision::Allowed, "/a"),
            stored: Some(stored),
        };
        queue.send(change).await.unwrap();
        drop(queue);
        writer.run().await;
        let taken = sink.taken.lock().unwrap().len();
        (taken, lost.get(), wait.await.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_sink_refuses_is_offered_again() {
        assert_eq!(written(2).await, (1, 0, true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_not_be_stored_at_the_end_is_counted_as_lost() {
        assert_eq!(written(1_000).await, (0, 1, false));
    }
}
