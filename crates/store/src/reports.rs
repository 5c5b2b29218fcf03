//! Reports, without their texts.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{NewEvent, Page, PageRequest, Report, ReportId};
use fleetscope_ports::{Error, ReportStore, Result};
use tracing::instrument;

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::page::{AFTER_IDS, Listing};
use crate::sqlite::Database;

const WHAT: &str = "report";

const LISTING: Listing = Listing {
    what: WHAT,
    sql: "SELECT id, document FROM reports WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    start: AFTER_IDS,
};

pub(crate) struct Reports(pub(crate) Arc<Database>);

#[async_trait]
impl ReportStore for Reports {
    #[instrument(level = "debug", skip_all, name = "reports.insert", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn insert(&self, report: &Report, event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        sqlx::query("INSERT INTO reports (id, object, document) VALUES (?1, ?2, ?3)")
            .bind(report.id.to_string())
            .bind(&report.object)
            .bind(encode(WHAT, &report.id, report)?)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "reports.get", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn get(&self, id: ReportId) -> Result<Report> {
        let document: Option<String> =
            sqlx::query_scalar("SELECT document FROM reports WHERE id = ?1")
                .bind(id.to_string())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(failure)?;
        let document = document.ok_or_else(|| Error::not_found(WHAT, &id))?;
        decode(WHAT, &id, &document)
    }

    #[instrument(level = "debug", skip_all, name = "reports.delete", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn delete(&self, id: ReportId, event: &NewEvent) -> Result<Report> {
        let mut write = self.0.write().await?;
        let document: Option<String> =
            sqlx::query_scalar("DELETE FROM reports WHERE id = ?1 RETURNING document")
                .bind(id.to_string())
                .fetch_optional(write.on())
                .await
                .map_err(failure)?;
        let document = document.ok_or_else(|| Error::not_found(WHAT, &id))?;
        let report = decode(WHAT, &id, &document)?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await?;
        Ok(report)
    }

    #[instrument(level = "debug", skip_all, name = "reports.list", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn list(&self, page: &PageRequest) -> Result<Page<Report>> {
        LISTING.page(&self.0.readers, page).await
    }

    #[instrument(level = "debug", skip_all, name = "reports.known_objects", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn known_objects(&self, keys: &[String]) -> Result<Vec<String>> {
        const SQL: &str =
            "SELECT object FROM reports WHERE object IN (SELECT value FROM json_each(?1))";
        let known: Vec<String> = sqlx::query_scalar(SQL)
            .bind(serde_json::Value::from(keys).to_string())
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let known: HashSet<String> = known.into_iter().collect();
        let given = keys.iter().filter(|key| known.contains(*key));
        Ok(given.cloned().collect())
    }
}
