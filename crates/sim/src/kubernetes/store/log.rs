//! The latest writes, oldest first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

/// How many writes are kept unless said otherwise. At one write a second that is a quarter of
/// an hour; a real server promises five minutes.
const DEFAULT_LIMIT: usize = 1024;

/// One write: what was there before and after.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) revision: u64,
    pub(crate) storage: Arc<str>,
    pub(crate) key: String,
    pub(crate) before: Option<Arc<Value>>,
    pub(crate) after: Option<Arc<Value>>,
}

/// The revision asked for is no longer in the log; the oldest one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compacted {
    pub(crate) oldest: u64,
}

/// The log and how far it is compacted.
#[derive(Debug)]
pub(crate) struct EventLog {
    entries: VecDeque<Arc<LogEntry>>,
    limit: usize,
    /// The highest revision that was dropped. The state right after it can still be told.
    compacted: u64,
}

impl EventLog {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            limit: DEFAULT_LIMIT,
            compacted: 0,
        }
    }

    /// Appends a write; drops the oldest one where the log is full.
    pub(crate) fn push(&mut self, entry: LogEntry) {
        self.entries.push_back(Arc::new(entry));
        self.keep(self.limit);
    }

    /// Drops all but the latest `count` writes.
    pub(crate) fn keep(&mut self, count: usize) {
        while self.entries.len() > count {
            if let Some(dropped) = self.entries.pop_front() {
                self.compacted = dropped.revision;
            }
        }
    }

    /// Bounds the log.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.keep(limit);
    }

    /// The writes to `storage` after `revision`, oldest first.
    pub(crate) fn since(
        &self,
        storage: &str,
        revision: u64,
    ) -> Result<Vec<Arc<LogEntry>>, Compacted> {
        self.check(revision)?;
        let from = self
            .entries
            .partition_point(|entry| entry.revision <= revision);
        let later = self.entries.range(from..);
        Ok(later
            .filter(|entry| &*entry.storage == storage)
            .cloned()
            .collect())
    }

    /// Turns `objects` of `storage`, which are as now, back to how they were at `revision`.
    pub(crate) fn rewind(
        &self,
        objects: &mut BTreeMap<String, Arc<Value>>,
        storage: &str,
        revision: u64,
    ) -> Result<(), Compacted> {
        for entry in self.since(storage, revision)?.iter().rev() {
            match &entry.before {
                Some(before) => objects.insert(entry.key.clone(), Arc::clone(before)),
                None => objects.remove(&entry.key),
            };
        }
        Ok(())
    }

    fn check(&self, revision: u64) -> Result<(), Compacted> {
        if revision < self.compacted {
            return Err(Compacted {
                oldest: self.compacted,
            });
        }
        Ok(())
    }
}
