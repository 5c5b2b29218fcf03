//! What was observed of clusters.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    CapabilityKind, ClusterId, Discovery, NewEvent, Observed, Validation, ValidationBrief,
};
use fleetscope_ports::{ObservationStore, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::instrument;

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::sqlite::Database;

const WHAT: &str = "observation of the cluster";

pub(crate) struct Observations(pub(crate) Arc<Database>);

/// What lists show of a discovery.
#[derive(Serialize, Deserialize)]
struct DiscoveryBrief {
    at: Timestamp,
    generation: u64,
    present: Vec<CapabilityKind>,
}

impl DiscoveryBrief {
    fn of(discovery: &Discovery) -> Self {
        Self {
            at: discovery.at,
            generation: discovery.generation,
            present: discovery.present(),
        }
    }
}

#[async_trait]
impl ObservationStore for Observations {
    #[instrument(level = "debug", skip_all, name = "observations.put_validation", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn put_validation(
        &self,
        cluster: ClusterId,
        validation: &Validation,
        events: &[NewEvent],
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO observations (cluster, validation, validation_brief) \
             VALUES (?1, ?2, ?3) ON CONFLICT (cluster) DO UPDATE SET \
             validation = excluded.validation, validation_brief = excluded.validation_brief";
        let whole = encode(WHAT, &cluster, validation)?;
        let brief = encode(WHAT, &cluster, &validation.brief())?;
        self.put(SQL, cluster, (whole, brief), events).await
    }

    #[instrument(level = "debug", skip_all, name = "observations.put_discovery", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn put_discovery(
        &self,
        cluster: ClusterId,
        discovery: &Discovery,
        events: &[NewEvent],
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO observations (cluster, discovery, discovery_brief) \
             VALUES (?1, ?2, ?3) ON CONFLICT (cluster) DO UPDATE SET \
             discovery = excluded.discovery, discovery_brief = excluded.discovery_brief";
        let whole = encode(WHAT, &cluster, discovery)?;
        let brief = encode(WHAT, &cluster, &DiscoveryBrief::of(discovery))?;
        self.put(SQL, cluster, (whole, brief), events).await
    }

    #[instrument(level = "debug", skip_all, name = "observations.validation", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn validation(&self, cluster: ClusterId) -> Result<Option<Validation>> {
        let sql = "SELECT validation FROM observations WHERE cluster = ?1";
        let found = self.document(sql, cluster).await?;
        found.map(|text| decode(WHAT, &cluster, &text)).transpose()
    }

    #[instrument(level = "debug", skip_all, name = "observations.discovery", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn discovery(&self, cluster: ClusterId) -> Result<Option<Discovery>> {
        let sql = "SELECT discovery FROM observations WHERE cluster = ?1";
        let found = self.document(sql, cluster).await?;
        found.map(|text| decode(WHAT, &cluster, &text)).transpose()
    }

    #[instrument(level = "debug", skip_all, name = "observations.observed", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn observed(&self) -> Result<HashMap<ClusterId, Observed>> {
        const SQL: &str = "SELECT cluster, validation_brief, discovery_brief FROM observations";
        let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(SQL)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let read = rows.into_iter().filter_map(|(id, validation, discovery)| {
            let cluster = id.parse().ok()?;
            Some(brief(&id, validation, discovery).map(|seen| (cluster, seen)))
        });
        read.collect()
    }
}

fn brief(id: &str, validation: Option<String>, discovery: Option<String>) -> Result<Observed> {
    let validation: Option<ValidationBrief> = validation
        .map(|text| decode(WHAT, &id, &text))
        .transpose()?;
    let discovery: Option<DiscoveryBrief> =
        discovery.map(|text| decode(WHAT, &id, &text)).transpose()?;
    Ok(Observed {
        validation,
        discovered: discovery.as_ref().map(|d| (d.at, d.generation)),
        capabilities: discovery.map(|d| d.present).unwrap_or_default(),
    })
}

impl Observations {
    async fn put(
        &self,
        sql: &'static str,
        cluster: ClusterId,
        (whole, brief): (String, String),
        events: &[NewEvent],
    ) -> Result<()> {
        let mut write = self.0.write().await?;
        // A cluster that was removed meanwhile is none to tell of.
        write.generation(cluster).await?;
        sqlx::query(sql)
            .bind(cluster.to_string())
            .bind(whole)
            .bind(brief)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(events).await?;
        write.commit().await
    }

    async fn document(&self, sql: &'static str, cluster: ClusterId) -> Result<Option<String>> {
        let found: Option<Option<String>> = sqlx::query_scalar(sql)
            .bind(cluster.to_string())
            .fetch_optional(&self.0.readers)
            .await
            .map_err(failure)?;
        Ok(found.flatten())
    }
}
