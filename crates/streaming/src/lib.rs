//! Streaming: subscriptions to the event log.
//!
//! A subscription reads the log by place, in batches, at its reader's pace: nothing is queued for a
//! slow reader, so none can hold memory or delay another. It must not know how events travel to
//! the reader (SSE today), nor how the log is kept. Start reading at [`Streaming::subscribe`].

use std::sync::Arc;

use fleetscope_model::{Caller, ErrorKind, Event, EventKind, EventSeq, Fault, Permission};
use fleetscope_ports::EventLog;
use futures::Stream;
use futures::stream;

/// Events read from the log at once.
const BATCH: u32 = 100;

/// Why a subscription was refused or broke.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] fleetscope_ports::Error);

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn message(&self) -> String {
        self.0.message()
    }
}

/// The use cases about the event log. Cheap to clone.
#[derive(Clone)]
pub struct Streaming {
    events: Arc<dyn EventLog>,
}

impl std::fmt::Debug for Streaming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streaming").finish_non_exhaustive()
    }
}

/// What a subscription is about.
#[derive(Debug, Clone, Default)]
pub struct Subscription {
    /// The last event already seen; events after it follow. None begins with what is new.
    pub after: Option<EventSeq>,
    /// Only these kinds; all where empty.
    pub kinds: Vec<EventKind>,
}

impl Streaming {
    /// Streaming over an event log.
    pub fn new(events: Arc<dyn EventLog>) -> Self {
        Self { events }
    }

    /// Events after a place, oldest first.
    ///
    /// # Errors
    ///
    /// `Forbidden`; whatever the store says.
    pub async fn events(
        &self,
        caller: &Caller,
        after: EventSeq,
        kinds: &[EventKind],
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        allow(caller)?;
        Ok(self.events.after(after, kinds, limit).await?)
    }

    /// Events as they happen, without end. The stream waits without polling, reads in batches as
    /// fast as it is read itself, and ends after the first error.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub fn subscribe(
        &self,
        caller: &Caller,
        subscription: Subscription,
    ) -> Result<impl Stream<Item = Result<Event, Error>> + Send + use<>, Error> {
        allow(caller)?;
        let head = self.events.head();
        let after = subscription.after.unwrap_or_else(|| *head.borrow());
        let reader = Reader {
            events: Arc::clone(&self.events),
            head,
            after,
            kinds: subscription.kinds,
            batch: Vec::new().into_iter(),
            broken: false,
        };
        Ok(stream::unfold(reader, Reader::next))
    }
}

fn allow(caller: &Caller) -> Result<(), Error> {
    if caller.may(Permission::Read) {
        return Ok(());
    }
    Err(fleetscope_ports::Error::forbidden(Permission::Read.least_role()).into())
}

struct Reader {
    events: Arc<dyn EventLog>,
    head: tokio::sync::watch::Receiver<EventSeq>,
    after: EventSeq,
    kinds: Vec<EventKind>,
    batch: std::vec::IntoIter<Event>,
    broken: bool,
}

impl Reader {
    async fn next(mut self) -> Option<(Result<Event, Error>, Self)> {
        loop {
            if self.broken {
                return None;
            }
            if let Some(event) = self.batch.next() {
                self.after = event.seq;
                return Some((Ok(event), self));
            }
            // Marked as seen before reading: an event that comes in between wakes us again.
            let head = *self.head.borrow_and_update();
            match self.events.after(self.after, &self.kinds, BATCH).await {
                Ok(batch) if batch.is_empty() => {
                    self.after = self.after.max(head);
                    self.head.changed().await.ok()?;
                }
                Ok(batch) => self.batch = batch.into_iter(),
                Err(error) => {
                    self.broken = true;
                    return Some((Err(error.into()), self));
                }
            }
        }
    }
}
