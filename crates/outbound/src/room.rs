//! Room for answers: how many bytes of them are held at once, of all reads together.
//!
//! The cap on one answer bounds one read, and a question to a hundred clusters makes hundreds of
//! them. So every read takes room before it takes bytes, and gives it back with the last of them.
//! Where there is none, it waits for others to end; whoever waited first is served first. A read
//! that holds bytes already waits for a short while only: such ones that wait for each other would
//! else do so until the end of their time.

use std::sync::Arc;

use bytes::Bytes;
use fleetscope_model::{GapKind, Source};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;
use crate::metrics::Metrics;

/// In what pieces room is given: small beside any answer, and far fewer of them than a semaphore
/// counts.
const PIECE: usize = 1024;

/// What a read takes first where nobody says how much will come: more than most answers have.
pub(crate) const FIRST: usize = 32 * 1024;

/// The room of all reads.
pub(crate) struct Rooms {
    free: Arc<Semaphore>,
    all: usize,
    metrics: Metrics,
}

/// Bytes that are held for an answer, given back when the last that shares them is gone. Whoever
/// makes something of an answer that takes as much keeps it as long.
#[derive(Debug, Clone, Default)]
pub struct Room(
    #[expect(dead_code, reason = "held for what happens when it is dropped")] Option<Arc<Taken>>,
);

/// What one read has taken.
#[derive(Debug)]
pub(crate) struct Taken {
    permit: OwnedSemaphorePermit,
    shown: Gauge,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.shown.dec_by(bytes_of(self.permit.num_permits()));
    }
}

fn bytes_of(pieces: usize) -> i64 {
    (pieces * PIECE) as i64
}

impl Taken {
    /// The bytes that it may hold.
    fn bytes(&self) -> usize {
        self.permit.num_permits() * PIECE
    }

    /// Gives back what is not needed for so many bytes.
    fn only(&mut self, bytes: usize) {
        let spare =
            self.permit.num_permits() - bytes.div_ceil(PIECE).min(self.permit.num_permits());
        if self.permit.split(spare).is_some() {
            self.shown.dec_by(bytes_of(spare));
        }
    }
}

impl Rooms {
    /// Room for so many bytes, and for one answer at least.
    pub(crate) fn new(bytes: u64, largest: u64, metrics: Metrics) -> Self {
        let bytes = usize::try_from(bytes.max(largest)).unwrap_or(usize::MAX);
        let pieces = bytes.div_ceil(PIECE).min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(pieces)),
            all: pieces,
            metrics,
        }
    }

    /// Room for so many bytes more than `taken`; `Overloaded` where none comes until then.
    async fn take(
        &self,
        source: Source,
        taken: Option<Taken>,
        more: usize,
        until: Instant,
    ) -> Result<Taken, Failure> {
        let pieces = u32::try_from(more.div_ceil(PIECE)).unwrap_or(u32::MAX);
        let free = Arc::clone(&self.free).acquire_many_owned(pieces);
        let permit = match timeout_at(until, free).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => {
                self.metrics.crowded_out(source);
                return Err(self.none_came());
            }
        };
        let shown = self.metrics.reading();
        shown.inc_by(bytes_of(permit.num_permits()));
        match taken {
            None => Ok(Taken { permit, shown }),
            Some(mut taken) => {
                taken.permit.merge(permit);
                Ok(taken)
            }
        }
    }

    fn none_came(&self) -> Failure {
        let detail = format!(
            "the answers that are being read take up all of the {} bytes that they may, and no \
             room came in time: ask for less, ask again later, or raise outbound.max_reading",
            self.all * PIECE
        );
        Failure::new(GapKind::Overloaded, detail)
    }
}

/// A body that is being read, within its room.
pub(crate) struct Body<'r> {
    rooms: &'r Rooms,
    source: Source,
    /// When the read ends at the latest.
    limit: Instant,
    bytes: Vec<u8>,
    taken: Option<Taken>,
}

/// The bytes of a body, with their room.
struct Owned {
    bytes: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<'r> Body<'r> {
    pub(crate) fn new(rooms: &'r Rooms, source: Source, limit: Instant) -> Self {
        Self {
            rooms,
            source,
            limit,
            bytes: Vec::new(),
            taken: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for so many bytes altogether.
    pub(crate) async fn reserve(&mut self, all: usize) -> Result<(), Failure> {
        let has = self.taken.as_ref().map_or(0, Taken::bytes);
        if all > has {
            let left = self.limit.saturating_duration_since(Instant::now());
            let part = if has == 0 { 2 } else { 4 };
            let until = Instant::now() + left / part;
            let taken = self.taken.take();
            let taken = self
                .rooms
                .take(self.source, taken, all - has, until)
                .await?;
            self.bytes.reserve_exact(taken.bytes() - self.bytes.len());
            self.taken = Some(taken);
        }
        Ok(())
    }

    /// Adds what came. Room is taken twice as much each time, as a vector grows.
    pub(crate) async fn push(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        let all = self.bytes.len() + chunk.len();
        let has = self.taken.as_ref().map_or(0, Taken::bytes);
        if all > has {
            self.reserve(all.max(has * 2).max(FIRST)).await?;
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// The whole, and its room.
    pub(crate) fn finish(mut self) -> (Bytes, Room) {
        self.bytes.shrink_to_fit();
        let room = Room(self.taken.map(|mut taken| {
            taken.only(self.bytes.len());
            Arc::new(taken)
        }));
        let owned = Owned {
            bytes: self.bytes,
            _room: room.clone(),
        };
        (Bytes::from_owner(owned), room)
    }
}

#[cfg(test)]
mod tests;
