//! The audit log: who did what, on which cluster, whether it was let pass, and what came of it.
//!
//! Changes and refused requests are always written down, reads where it is wanted. A change is
//! answered once its entry is stored, so that what was done is known also after a crash; but the
//! log holds up nobody for longer than a moment: an entry that can't be stored yet waits in a
//! bounded queue, and one that finds no room there is counted as lost, and told in the log.

mod entry;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use fleetscope_model::{AuditDecision, AuditEntry};
use fleetscope_ports::{AuditSink, Clock};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use tokio::sync::{mpsc, oneshot};

pub use writer::AuditWriter;

use entry::Asked;
use writer::Waiting;

/// Entries that may wait to be stored.
const ROOM: usize = 10_000;

/// How long a request waits for its entry to be stored, or to find room.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes down what happens at a door. Cheap to clone; clones write to the same log.
#[derive(Debug, Clone)]
pub struct Audit {
    queue: mpsc::Sender<Waiting>,
    reads: bool,
    clock: Arc<dyn Clock>,
    lost: Counter,
}

impl Audit {
    /// An audit log that `sink` keeps, with reads or without, and what writes it: the writer must
    /// be run, and ends once everything that could write is gone and all entries are stored.
    /// `registry` shows `fleetscope_audit_entries_lost`.
    pub fn new(
        sink: Arc<dyn AuditSink>,
        reads: bool,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> (Self, AuditWriter) {
        let (queue, waiting) = mpsc::channel(ROOM);
        let lost = Counter::default();
        registry.register(
            "fleetscope_audit_entries_lost",
            "Entries of the audit log that could not be stored",
            lost.clone(),
        );
        let audit = Self {
            queue,
            reads,
            clock,
            lost: lost.clone(),
        };
        (audit, AuditWriter::new(waiting, sink, lost))
    }

    /// A request that is let pass now, and of which something is to be written down: inside of what
    /// gives requests their ids, and outside of what finds out who asks.
    pub(crate) fn begin(&self, request: &Request) -> Pending<'_> {
        Pending {
            audit: self,
            asked: Some(Asked::of(request, self.clock.now())),
        }
    }

    /// Queues an entry, and waits until it is stored where it must be.
    async fn write(&self, entry: AuditEntry, must_be_stored: bool) {
        let (stored, wait) = oneshot::channel();
        let waiting = Waiting {
            entry,
            stored: must_be_stored.then_some(stored),
        };
        let request_id = waiting.entry.request_id.clone();
        if self.queue.send_timeout(waiting, PATIENCE).await.is_err() {
            self.lost.inc();
            tracing::error!(request_id, "an entry of the audit log is lost: no room");
            return;
        }
        if must_be_stored && tokio::time::timeout(PATIENCE, wait).await.is_err() {
            tracing::warn!(request_id, "an entry of the audit log is not stored yet");
        }
    }

    /// Queues the entry of a request whose caller went away: nobody is left to wait.
    fn write_unfinished(&self, asked: &Asked) {
        let Some(entry) = asked.unfinished(self.reads) else {
            return;
        };
        let waiting = Waiting {
            entry,
            stored: None,
        };
        if self.queue.try_send(waiting).is_err() {
            self.lost.inc();
            tracing::error!("an entry of the audit log is lost: no room");
        }
    }
}

/// A request under way. Dropped before its answer, its caller has gone away; what it wanted may
/// have been done all the same.
pub(crate) struct Pending<'a> {
    audit: &'a Audit,
    asked: Option<Asked>,
}

impl<'a> Pending<'a> {
    /// Writes down what came of it: now what it is, and within the future that it is written.
    pub(crate) fn end(mut self, response: &Response) -> impl Future<Output = ()> + Send + use<'a> {
        let audit = self.audit;
        let told = self.asked.take().and_then(|asked| {
            let changes = asked.changes();
            let entry = asked.entry(response, audit.reads)?;
            // What was not let pass has changed nothing, and need not be waited for.
            let must_be_stored = changes && entry.decision == AuditDecision::Allowed;
            Some((entry, must_be_stored))
        });
        async move {
            if let Some((entry, must_be_stored)) = told {
                audit.write(entry, must_be_stored).await;
            }
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(asked) = &self.asked {
            self.audit.write_unfinished(asked);
        }
    }
}
