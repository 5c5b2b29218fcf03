//! The event log.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{Event, EventKind, EventSeq, NewEvent};
use fleetscope_ports::{EventLog, Result};
use tokio::sync::watch;
use tracing::instrument;

use crate::document::decode;
use crate::failure::failure;
use crate::sqlite::{Database, integer, place};

/// The most events of one reading.
const MOST: u32 = 10_000;

pub(crate) struct Events(pub(crate) Arc<Database>);

#[async_trait]
impl EventLog for Events {
    #[instrument(level = "debug", skip_all, name = "events.append", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn append(&self, events: &[NewEvent]) -> Result<Vec<Event>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = self.0.write().await?;
        let recorded = write.record(events).await?;
        write.commit().await?;
        Ok(recorded)
    }

    #[instrument(level = "debug", skip_all, name = "events.after", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn after(&self, seq: EventSeq, kinds: &[EventKind], limit: u32) -> Result<Vec<Event>> {
        const SQL: &str = "SELECT seq, document FROM events \
             WHERE seq > ?1 AND kind IN (SELECT value FROM json_each(?2)) ORDER BY seq LIMIT ?3";
        let rows: Vec<(i64, String)> = sqlx::query_as(SQL)
            .bind(integer(seq.0))
            .bind(names(kinds))
            .bind(limit.min(MOST))
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let event = |(row, document): (i64, String)| {
            let seq = place(row);
            let event = decode("event", &seq, &document)?;
            Ok(Event { seq, event })
        };
        let events: Vec<Event> = rows.into_iter().map(event).collect::<Result<_>>()?;
        if let Some(last) = events.last() {
            // A write whose caller went away just after the commit has not told of itself.
            self.0.publish(last.seq);
        }
        Ok(events)
    }

    fn head(&self) -> watch::Receiver<EventSeq> {
        self.0.head.subscribe()
    }
}

/// The kinds as a JSON list. All kinds are named one by one, too: a newer version may have written
/// others, which this one can't read.
fn names(kinds: &[EventKind]) -> String {
    let kinds = if kinds.is_empty() {
        &EventKind::ALL
    } else {
        kinds
    };
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    serde_json::Value::from(names).to_string()
}
