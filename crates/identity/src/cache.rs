//! Answers of somebody who is slow to ask: kept for as long as each may be kept, and asked for
//! once however many wait for them.

mod asking;

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_ports::Clock;
use futures::FutureExt as _;
use jiff::Timestamp;
use quick_cache::sync::Cache as Kept;

use asking::Asking;

/// An answer, and for how long it may be given to others, counted from when it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<V> {
    /// The answer.
    pub value: V,
    /// How long it holds; zero is for those alone who wait for it now.
    pub keep: Duration,
}

impl<V> Found<V> {
    /// `value`, held for `keep`.
    pub const fn new(value: V, keep: Duration) -> Self {
        Self { value, keep }
    }
}

/// A bounded cache that asks once per key at a time. Cheap to clone; clones share everything.
///
/// - An answer is kept for exactly as long as [`Found::keep`] says. Nothing is served stale.
/// - An error is given to those who wait and never kept: the next one asks again.
/// - While a question is under way, others who want the same wait for its answer. It goes on
///   while anybody waits, whoever came first and went away; with the last one it is given up.
/// - When it is full, what is seldom used goes first (S3-FIFO), so that a flood of new keys does
///   not push out those in use.
///
/// Keys are kept in memory: whoever passes a secret passes a keyed hash of it.
pub struct Cache<K, V, E> {
    inner: Arc<Inner<K, V, E>>,
}

struct Inner<K, V, E> {
    kept: Kept<K, Entry<V>>,
    asking: Asking<K, V, E>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    until: Timestamp,
}

impl<K, V, E> Cache<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// An empty cache for at most `capacity` answers (at least one), by this clock.
    pub fn new(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Arc::new(Inner {
                kept: Kept::new(capacity.max(1)),
                asking: Asking::default(),
                clock,
            }),
        }
    }

    /// The answer that is kept for the key now.
    pub fn peek(&self, key: &K) -> Option<V> {
        let entry = self.inner.kept.get(key)?;
        (self.inner.clock.now() < entry.until).then_some(entry.value)
    }

    /// The answer for the key: the kept one, else that of a question under way, else what `ask`
    /// finds. Must not be called from within `ask` with the same key.
    pub async fn get<A, F>(&self, key: K, ask: A) -> Result<V, E>
    where
        A: FnOnce() -> F,
        F: Future<Output = Result<Found<V>, E>> + Send + 'static,
    {
        if let Some(value) = self.peek(&key) {
            return Ok(value);
        }
        let peek = || self.peek(&key);
        let begin = |ticket| {
            let asked_at = self.inner.clock.now();
            let asked = ask();
            // Dropped at the end, and also where everybody went away.
            let leave = Leave {
                inner: Arc::clone(&self.inner),
                key: key.clone(),
                ticket,
            };
            async move {
                let found = asked.await?;
                leave.inner.keep(leave.key.clone(), &found, asked_at);
                Ok(found.value)
            }
            .boxed()
        };
        self.inner.asking.join(&key, peek, begin).await
    }

    /// Forgets what is kept for the key. An answer that is under way will be kept all the same.
    pub fn forget(&self, key: &K) {
        self.inner.kept.remove(key);
    }

    /// How many answers are kept, expired ones that were not asked for since included.
    pub fn len(&self) -> usize {
        self.inner.kept.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Hash + Eq + Clone, V: Clone, E> Inner<K, V, E> {
    fn keep(&self, key: K, found: &Found<V>, asked_at: Timestamp) {
        let until = asked_at.checked_add(found.keep).unwrap_or(Timestamp::MAX);
        if found.keep > Duration::ZERO {
            let value = found.value.clone();
            self.kept.insert(key, Entry { value, until });
        } else {
            self.kept.remove(&key);
        }
    }
}

/// Takes a question off the list of those under way.
struct Leave<K: Hash + Eq, V, E> {
    inner: Arc<Inner<K, V, E>>,
    key: K,
    ticket: u64,
}

impl<K: Hash + Eq, V, E> Drop for Leave<K, V, E> {
    fn drop(&mut self) {
        self.inner.asking.leave(&self.key, self.ticket);
    }
}

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<K, V, E> std::fmt::Debug for Cache<K, V, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}
