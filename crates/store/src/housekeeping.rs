//! Keeping the database from growing without end.

use std::fmt;
use std::sync::Arc;

use fleetscope_model::Origin;
use fleetscope_ports::Result;
use jiff::SignedDuration;

use crate::analyses::origin;
use crate::failure::failure;
use crate::sqlite::{Database, integer, place};

/// Rows that one transaction removes: the write lock is held for milliseconds, not seconds.
const BATCH: i64 = 1000;

/// Pages given back to the file system in one activation: 4 MiB of the usual 4 KiB pages.
const PAGES: &str = "PRAGMA incremental_vacuum(1024)";

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The newest events.
    pub events: u64,
    /// Analyses that watches made, this much older than the newest of them. Measured from the
    /// newest and not from the present: no clock is needed, and what an installation that was
    /// switched off for a month knows about the time before is not thrown away at its start.
    pub watch_analyses: SignedDuration,
    /// Entries of the audit log, at most.
    pub audit_entries: u64,
    /// Entries of the audit log, this much older than the newest of them.
    pub audit_age: SignedDuration,
}

/// Of the entries that are kept at most, the share of those about callers whom nobody knows: a
/// flood of wrong tokens must not push out what known callers did.
const ANONYMOUS_SHARE: u64 = 10;

impl Default for Retention {
    fn default() -> Self {
        Self {
            events: 100_000,
            watch_analyses: SignedDuration::from_hours(30 * 24),
            audit_entries: 1_000_000,
            audit_age: SignedDuration::from_hours(90 * 24),
        }
    }
}

/// What an activation removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Events.
    pub events: u64,
    /// Analyses.
    pub analyses: u64,
    /// Entries of the audit log.
    pub audit: u64,
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            events,
            analyses,
            audit,
        } = self;
        write!(
            f,
            "removed {events} events, {analyses} analyses and {audit} audit entries"
        )
    }
}

/// The task that removes what is older than the retention.
#[derive(Debug, Clone)]
pub struct Housekeeping {
    database: Arc<Database>,
    retention: Retention,
}

impl Housekeeping {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            retention: Retention::default(),
        }
    }

    /// The same task with another retention.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Removes what is older than the retention. Idempotent; may be dropped at any point and
    /// repeated.
    pub async fn activate(&self) -> Result<Removed> {
        let removed = Removed {
            events: self.remove_events().await?,
            analyses: self.remove_analyses().await?,
            audit: self.remove_audit().await?,
        };
        for sql in [PAGES, "PRAGMA optimize"] {
            let done = sqlx::query(sql).execute(&self.database.writer).await;
            done.map_err(failure)?;
        }
        Ok(removed)
    }

    /// Whether the database can be read and written. It says in words for any caller what is not.
    pub async fn check(&self) -> Result<()> {
        self.database.check().await
    }

    /// Ends the connections to the database after the writes under way; every later call on the
    /// store is refused as `Unavailable`.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn remove_events(&self) -> Result<u64> {
        let head: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM events")
            .fetch_one(&self.database.readers)
            .await
            .map_err(failure)?;
        let Some(head) = head else { return Ok(0) };
        self.database.publish(place(head));
        let last = head.saturating_sub(integer(self.retention.events));
        self.remove(
            "DELETE FROM events WHERE seq IN \
             (SELECT seq FROM events WHERE seq <= ?1 ORDER BY seq LIMIT ?2)",
            last,
        )
        .await
    }

    async fn remove_analyses(&self) -> Result<u64> {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(created_at_ms) FROM analyses WHERE origin = ?1")
                .bind(origin(Origin::Watch))
                .fetch_one(&self.database.readers)
                .await
                .map_err(failure)?;
        let Some(newest) = newest else { return Ok(0) };
        let kept = i64::try_from(self.retention.watch_analyses.as_millis()).unwrap_or(i64::MAX);
        self.remove(
            "DELETE FROM analyses WHERE id IN \
             (SELECT id FROM analyses WHERE origin = 'watch' AND created_at_ms < ?1 \
             AND status <> 'pending' LIMIT ?2)",
            newest.saturating_sub(kept),
        )
        .await
    }

    async fn remove_audit(&self) -> Result<u64> {
        let readers = &self.database.readers;
        let newest: (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT max(seq), max(at_ms) FROM audit")
                .fetch_one(readers)
                .await
                .map_err(failure)?;
        let (Some(last), Some(newest)) = newest else {
            return Ok(0);
        };
        let most = self.retention.audit_entries;
        let age = i64::try_from(self.retention.audit_age.as_millis()).unwrap_or(i64::MAX);
        let by_age = "DELETE FROM audit WHERE seq IN \
                      (SELECT seq FROM audit WHERE at_ms < ?1 LIMIT ?2)";
        let by_number = "DELETE FROM audit WHERE seq IN \
                         (SELECT seq FROM audit WHERE seq <= ?1 ORDER BY seq LIMIT ?2)";
        let anonymous = "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit \
                         WHERE anonymous = 1 AND seq <= ?1 ORDER BY seq LIMIT ?2)";
        let mut removed = self.remove(by_age, newest.saturating_sub(age)).await?;
        removed += self
            .remove(by_number, last.saturating_sub(integer(most)))
            .await?;
        let first_kept: Option<i64> = sqlx::query_scalar(
            "SELECT seq FROM audit WHERE anonymous = 1 ORDER BY seq DESC LIMIT 1 OFFSET ?1",
        )
        .bind(integer(most / ANONYMOUS_SHARE))
        .fetch_optional(readers)
        .await
        .map_err(failure)?;
        if let Some(bound) = first_kept {
            removed += self.remove(anonymous, bound).await?;
        }
        Ok(removed)
    }

    /// Removes in batches until nothing is left to remove.
    async fn remove(&self, sql: &'static str, bound: i64) -> Result<u64> {
        let mut removed = 0;
        loop {
            let mut write = self.database.write().await?;
            let deleted = sqlx::query(sql)
                .bind(bound)
                .bind(BATCH)
                .execute(write.on())
                .await
                .map_err(failure)?;
            write.commit().await?;
            removed += deleted.rows_affected();
            if deleted.rows_affected() < BATCH.unsigned_abs() {
                return Ok(removed);
            }
        }
    }
}
