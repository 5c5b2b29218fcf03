//! Investigations.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    ErrorKind, Investigation, InvestigationId, KeptFingerprint, NewEvent, Page, PageRequest,
};
use fleetscope_ports::{Error, InvestigationStore, Result};
use tracing::instrument;

use crate::analyses::status;
use crate::document::{decode, decode_readable, encode};
use crate::failure::failure;
use crate::fingerprints;
use crate::page::{AFTER_IDS, Listing};
use crate::sqlite::Database;
use crate::write::Write;

const WHAT: &str = "investigation";

const LISTING: Listing = Listing {
    what: WHAT,
    sql: "SELECT id, document FROM investigations WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    start: AFTER_IDS,
};

pub(crate) struct Investigations(pub(crate) Arc<Database>);

#[async_trait]
impl InvestigationStore for Investigations {
    #[instrument(level = "debug", skip_all, name = "investigations.put", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn put(&self, investigation: &Investigation, events: &[NewEvent]) -> Result<()> {
        const SQL: &str = "INSERT INTO investigations (id, revision, status, open, document) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET \
             revision = excluded.revision, status = excluded.status, open = excluded.open, \
             document = excluded.document";
        let document = encode(WHAT, &investigation.id, investigation)?;
        let mut write = self.0.write().await?;
        write.refuse_old_revision(investigation).await?;
        sqlx::query(SQL)
            .bind(investigation.id.to_string())
            .bind(investigation.revision)
            .bind(status(investigation.status))
            .bind(investigation.open)
            .bind(document)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.keep_fingerprint(investigation).await?;
        write.record(events).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "investigations.get", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn get(&self, id: InvestigationId) -> Result<Investigation> {
        let document: Option<String> =
            sqlx::query_scalar("SELECT document FROM investigations WHERE id = ?1")
                .bind(id.to_string())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(failure)?;
        let document = document.ok_or_else(|| Error::not_found(WHAT, &id))?;
        decode(WHAT, &id, &document)
    }

    #[instrument(level = "debug", skip_all, name = "investigations.list", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn list(&self, page: &PageRequest) -> Result<Page<Investigation>> {
        LISTING.page(&self.0.readers, page).await
    }

    #[instrument(level = "debug", skip_all, name = "investigations.pending", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn pending(&self, limit: u32) -> Result<Vec<Investigation>> {
        self.oldest(
            "SELECT id, document FROM investigations WHERE status = 'pending' ORDER BY id LIMIT ?1",
            limit,
        )
        .await
    }

    #[instrument(level = "debug", skip_all, name = "investigations.open", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn open(&self, limit: u32) -> Result<Vec<Investigation>> {
        self.oldest(
            "SELECT id, document FROM investigations WHERE open = 1 ORDER BY id LIMIT ?1",
            limit,
        )
        .await
    }

    #[instrument(level = "debug", skip_all, name = "investigations.fingerprints", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn fingerprints(
        &self,
        before: InvestigationId,
        limit: u32,
    ) -> Result<Vec<KeptFingerprint>> {
        fingerprints::before(&self.0.readers, before, limit).await
    }
}

impl Investigations {
    async fn oldest(&self, sql: &'static str, limit: u32) -> Result<Vec<Investigation>> {
        let rows = sqlx::query_as(sql)
            .bind(limit)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        Ok(decode_readable(WHAT, rows))
    }
}

impl Write<'_> {
    /// Refuses what is not newer than what is stored: two tasks went through the same
    /// investigation, and the other was first.
    async fn refuse_old_revision(&mut self, investigation: &Investigation) -> Result<()> {
        let stored: Option<i64> =
            sqlx::query_scalar("SELECT revision FROM investigations WHERE id = ?1")
                .bind(investigation.id.to_string())
                .fetch_optional(self.on())
                .await
                .map_err(failure)?;
        match stored {
            Some(stored) if stored >= i64::from(investigation.revision) => {
                let message = format!(
                    "the investigation is stored at revision {stored} already: read it again and go \
                     on from there"
                );
                Err(Error::new(
                    ErrorKind::Conflict,
                    "revision_mismatch",
                    message,
                ))
            }
            _ => Ok(()),
        }
    }
}
