//! Streaming: subscriptions to the event log.
//!
//! A subscription reads the log by place, in batches, at its reader's pace: nothing is queued for a
//! slow reader, so none can hold memory or delay another. It must not know how events travel to
//! the reader (SSE today), nor how the log is kept. Start reading at [`Streaming::subscribe`].

mod visible;

use std::sync::Arc;

use fleetscope_model::{Caller, ErrorKind, Event, EventKind, EventSeq, Fault, Permission};
use fleetscope_ports::{Access, EventLog, Reader};
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
    access: Arc<dyn Access>,
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
    /// Streaming over an event log, of which each reader sees what `access` lets it.
    pub fn new(events: Arc<dyn EventLog>, access: Arc<dyn Access>) -> Self {
        Self { events, access }
    }

    /// Events after a place that the caller may see, oldest first: fewer than `limit` only where
    /// there are no more.
    ///
    /// # Errors
    ///
    /// `Forbidden`; whatever the store says, or whoever knows the rights.
    pub async fn events(
        &self,
        caller: &Caller,
        after: EventSeq,
        kinds: &[EventKind],
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        allow(caller)?;
        let reader = self.reader(caller);
        let (mut seen, mut after) = (Vec::new(), after);
        loop {
            let batch = self.events.after(after, kinds, limit.max(BATCH)).await?;
            let Some(last) = batch.last() else {
                return Ok(seen);
            };
            after = last.seq;
            for event in batch {
                seen.extend(visible::visible(reader, event).await?);
                if seen.len() == limit as usize {
                    return Ok(seen);
                }
            }
        }
    }

    fn reader<'a>(&'a self, caller: &'a Caller) -> Reader<'a> {
        Reader {
            access: &*self.access,
            caller,
        }
    }

    /// Events as they happen, without end, each as the caller may see it when it is read. The
    /// stream waits without polling, reads in batches as fast as it is read itself, and ends after
    /// the first error.
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
        let reader = Following {
            streaming: self.clone(),
            caller: caller.clone(),
            head,
            after,
            kinds: subscription.kinds,
            batch: Vec::new().into_iter(),
            broken: false,
        };
        Ok(stream::unfold(reader, Following::next))
    }
}

fn allow(caller: &Caller) -> Result<(), Error> {
    if caller.may(Permission::Read) {
        return Ok(());
    }
    Err(fleetscope_ports::Error::forbidden(Permission::Read.least_role()).into())
}

struct Following {
    streaming: Streaming,
    caller: Caller,
    head: tokio::sync::watch::Receiver<EventSeq>,
    after: EventSeq,
    kinds: Vec<EventKind>,
    batch: std::vec::IntoIter<Event>,
    broken: bool,
}

impl Following {
    async fn next(mut self) -> Option<(Result<Event, Error>, Self)> {
        loop {
            if self.broken {
                return None;
            }
            if let Some(event) = self.batch.next() {
                self.after = event.seq;
                let reader = self.streaming.reader(&self.caller);
                match visible::visible(reader, event).await {
                    Ok(Some(event)) => return Some((Ok(event), self)),
                    Ok(None) => continue,
                    Err(error) => {
                        self.broken = true;
                        return Some((Err(error), self));
                    }
                }
            }
            // Marked as seen before reading: an event that comes in between wakes us again.
            let head = *self.head.borrow_and_update();
            let events = &self.streaming.events;
            match events.after(self.after, &self.kinds, BATCH).await {
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
