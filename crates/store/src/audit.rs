//! The audit log: appended to, read, and cut at its old end; never changed.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{AuditEntry, AuditRecord, ErrorKind, Page, PageRequest};
use fleetscope_ports::{AuditLog, AuditSink, Error, Result};

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::sqlite::Database;

const WHAT: &str = "audit entry";

/// The most entries of a part.
const MOST: u32 = 500;

pub(crate) struct Audit(pub(crate) Arc<Database>);

#[async_trait]
impl AuditSink for Audit {
    async fn append(&self, entries: &[AuditEntry]) -> Result<()> {
        const SQL: &str = "INSERT INTO audit (at_ms, anonymous, document) VALUES (?1, ?2, ?3)";
        if entries.is_empty() {
            return Ok(());
        }
        let mut write = self.0.write().await?;
        for entry in entries {
            sqlx::query(SQL)
                .bind(entry.at.as_millisecond())
                .bind(entry.caller.is_none())
                .bind(encode(WHAT, &entry.request_id, entry)?)
                .execute(write.on())
                .await
                .map_err(failure)?;
        }
        write.commit().await
    }
}

#[async_trait]
impl AuditLog for Audit {
    async fn list(&self, page: &PageRequest) -> Result<Page<AuditRecord>> {
        const SQL: &str =
            "SELECT seq, document FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
        let limit = page.limit.clamp(1, MOST);
        let before = match page.after.as_deref() {
            None => i64::MAX,
            Some(key) => key.parse().map_err(|_| foreign())?,
        };
        let rows: Vec<(i64, String)> = sqlx::query_as(SQL)
            .bind(before)
            // One more, to know whether there is a next part.
            .bind(limit + 1)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let more = rows.len() > limit as usize;
        let shown = rows.into_iter().take(limit as usize);
        let items = shown.map(record).collect::<Result<Vec<AuditRecord>>>()?;
        let next = items.last().filter(|_| more);
        Ok(Page {
            next: next.map(|record| record.seq.to_string()),
            items,
        })
    }
}

fn record((row, document): (i64, String)) -> Result<AuditRecord> {
    let seq = u64::try_from(row).unwrap_or(0);
    Ok(AuditRecord {
        seq,
        entry: decode(WHAT, &seq, &document)?,
    })
}

fn foreign() -> Error {
    Error::new(
        ErrorKind::Invalid,
        "invalid_cursor",
        "this cursor is of another list: begin without one",
    )
}
