//! A write: one transaction for what is changed and the events that tell of it.

use fleetscope_model::{Event, EventSeq, NewEvent};
use fleetscope_ports::Result;
use sqlx::Transaction;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use crate::document::encode;
use crate::failure::failure;
use crate::sqlite::{Database, place};

/// A write under way. Dropped before [`Write::commit`] it has not happened.
pub(crate) struct Write<'a> {
    database: &'a Database,
    transaction: Transaction<'static, Sqlite>,
    last: EventSeq,
}

impl Database {
    /// Begins a write. There is one at a time, so that what it reads stays true until its end.
    pub(crate) async fn write(&self) -> Result<Write<'_>> {
        // IMMEDIATE takes the write lock now: a transaction that reads first and writes then could
        // find its reading outdated, which no waiting mends (SQLITE_BUSY_SNAPSHOT).
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await;
        Ok(Write {
            database: self,
            transaction: transaction.map_err(failure)?,
            last: EventSeq::default(),
        })
    }
}

impl Write<'_> {
    /// The connection on which the write goes on.
    pub(crate) fn on(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// Appends events to the log, in order.
    pub(crate) async fn record(&mut self, events: &[NewEvent]) -> Result<Vec<Event>> {
        let mut recorded = Vec::with_capacity(events.len());
        for event in events {
            let stored = sqlx::query("INSERT INTO events (kind, document) VALUES (?1, ?2)")
                .bind(event.kind.as_str())
                .bind(encode("event", &event.subject, event)?)
                .execute(self.on())
                .await
                .map_err(failure)?;
            self.last = place(stored.last_insert_rowid());
            recorded.push(Event {
                seq: self.last,
                event: event.clone(),
            });
        }
        Ok(recorded)
    }

    /// Makes it so, and wakes whoever follows the log.
    pub(crate) async fn commit(self) -> Result<()> {
        self.transaction.commit().await.map_err(failure)?;
        self.database.publish(self.last);
        Ok(())
    }
}
