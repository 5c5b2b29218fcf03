//! Anomaly analyses.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{AnalysisId, AnomalyAnalysis, NewEvent, Origin, Page, PageRequest, Status};
use fleetscope_ports::{AnalysisStore, Error, Result};
use tracing::instrument;

use crate::document::{decode, decode_readable, encode};
use crate::failure::failure;
use crate::page::{AFTER_IDS, Listing};
use crate::sqlite::Database;

const WHAT: &str = "anomaly analysis";

const LISTING: Listing = Listing {
    what: WHAT,
    sql: "SELECT id, document FROM analyses WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    start: AFTER_IDS,
};

pub(crate) struct Analyses(pub(crate) Arc<Database>);

#[async_trait]
impl AnalysisStore for Analyses {
    #[instrument(level = "debug", skip_all, name = "analyses.put", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn put(&self, analysis: &AnomalyAnalysis, events: &[NewEvent]) -> Result<()> {
        const SQL: &str = "INSERT INTO analyses (id, origin, status, created_at_ms, document) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, \
             status = excluded.status, created_at_ms = excluded.created_at_ms, \
             document = excluded.document";
        let document = encode(WHAT, &analysis.id, analysis)?;
        let mut write = self.0.write().await?;
        sqlx::query(SQL)
            .bind(analysis.id.to_string())
            .bind(origin(analysis.origin))
            .bind(status(analysis.status))
            .bind(analysis.created_at.as_millisecond())
            .bind(document)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(events).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "analyses.get", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn get(&self, id: AnalysisId) -> Result<AnomalyAnalysis> {
        let document: Option<String> =
            sqlx::query_scalar("SELECT document FROM analyses WHERE id = ?1")
                .bind(id.to_string())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(failure)?;
        let document = document.ok_or_else(|| Error::not_found(WHAT, &id))?;
        decode(WHAT, &id, &document)
    }

    #[instrument(level = "debug", skip_all, name = "analyses.list", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn list(&self, page: &PageRequest) -> Result<Page<AnomalyAnalysis>> {
        LISTING.page(&self.0.readers, page).await
    }

    #[instrument(level = "debug", skip_all, name = "analyses.pending", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn pending(&self, limit: u32) -> Result<Vec<AnomalyAnalysis>> {
        let rows = sqlx::query_as(
            "SELECT id, document FROM analyses WHERE status = 'pending' ORDER BY id LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.0.readers)
        .await
        .map_err(failure)?;
        Ok(decode_readable(WHAT, rows))
    }
}

/// The column's text for an origin.
pub(crate) const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Watch => "watch",
        Origin::Request => "request",
    }
}

/// The column's text for a status.
pub(crate) const fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Complete => "complete",
        Status::Failed => "failed",
    }
}
