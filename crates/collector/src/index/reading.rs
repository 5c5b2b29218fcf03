//! Reading a cluster: by the index where it is fresh, else by a list.

use std::future::Future;
use std::sync::Arc;

use fleetscope_kubernetes::Listed;
use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;
use jiff::Timestamp;

use super::{Snapshot, Table};

/// What one question reads: the index as it was when the question was asked, so that all parts of
/// the answer are of one moment.
pub(crate) struct Reading {
    known: Option<(Snapshot, Timestamp)>,
}

impl Reading {
    pub(crate) fn of(known: Option<(Snapshot, Timestamp)>) -> Self {
        Self { known }
    }

    /// The objects of a table. One that is not fresh is listed; where that fails it is told as it
    /// was, and the failure says when that was. One that would be too large is listed as well, and
    /// says that it is not followed.
    pub(crate) async fn objects<T>(
        &self,
        table: impl Fn(&Snapshot) -> &Table<T>,
        list: impl Future<Output = Listed<T>>,
    ) -> Listed<Arc<T>> {
        let table = self.known.as_ref().map(|(known, now)| (table(known), *now));
        if let Some((table, now)) = table
            && table.is_fresh(now)
        {
            return whole(table, None);
        }
        let listed = list.await;
        match (table.map(|(table, _)| table), listed.failure) {
            (Some(table), Some(failure)) if listed.items.is_empty() && table.len() > 0 => {
                let as_of = table.as_of().unwrap_or(Timestamp::UNIX_EPOCH);
                whole(table, Some(stale(failure, as_of)))
            }
            (table, failure) => {
                let full = table.and_then(Table::failure);
                let full = full.filter(|failure| failure.kind == GapKind::Truncated);
                Listed {
                    items: listed.items.into_iter().map(Arc::new).collect(),
                    failure: failure.or_else(|| full.cloned()),
                }
            }
        }
    }

    /// The objects of a table that is never listed: none where it is not followed, and as it was
    /// where that is so no longer.
    pub(crate) fn followed<T>(&self, table: impl Fn(&Snapshot) -> &Table<T>) -> Listed<Arc<T>> {
        let Some((known, now)) = &self.known else {
            return Listed {
                items: Vec::new(),
                failure: None,
            };
        };
        let table = table(known);
        let stale = table.failure().map(|failure| match table.as_of() {
            Some(as_of) => stale(failure.clone(), as_of),
            None => failure.clone(),
        });
        let silent = || {
            let as_of = table.as_of().filter(|_| !table.is_fresh(*now))?;
            let quiet = Failure::new(GapKind::Timeout, "its watch has been silent");
            Some(self::stale(quiet, as_of))
        };
        whole(table, stale.or_else(silent))
    }

    /// What was known when the question was asked.
    pub(crate) fn known(&self) -> Option<&Snapshot> {
        self.known.as_ref().map(|(snapshot, _)| snapshot)
    }
}

fn whole<T>(table: &Table<T>, failure: Option<Failure>) -> Listed<Arc<T>> {
    Listed {
        items: table.objects().cloned().collect(),
        failure,
    }
}

fn stale(mut failure: Failure, as_of: Timestamp) -> Failure {
    let as_of = as_of.strftime("%Y-%m-%dT%H:%M:%SZ");
    failure.detail = format!("told as of {as_of}, since then: {}", failure.detail);
    failure
}
