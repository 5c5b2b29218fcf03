//! Registered clusters.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{Cluster, ClusterId, ErrorKind, NewEvent, Page, PageRequest};
use fleetscope_ports::{ClusterStore, Error, Result};
use tracing::instrument;

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::page::{BEFORE_NAMES, Listing};
use crate::sqlite::{Database, integer};
use crate::write::Write;

const WHAT: &str = "cluster";

const LISTING: Listing = Listing {
    what: WHAT,
    sql: "SELECT name, document FROM clusters WHERE name > ?1 ORDER BY name LIMIT ?2",
    start: BEFORE_NAMES,
};

pub(crate) struct Clusters(pub(crate) Arc<Database>);

#[async_trait]
impl ClusterStore for Clusters {
    #[instrument(level = "debug", skip_all, name = "clusters.insert", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn insert(&self, cluster: &Cluster, event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        write.refuse_taken_name(cluster).await?;
        sqlx::query(
            "INSERT INTO clusters (id, name, generation, document) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(cluster.id.to_string())
        .bind(cluster.name())
        .bind(integer(cluster.generation))
        .bind(encode(WHAT, &cluster.id, cluster)?)
        .execute(write.on())
        .await
        .map_err(failure)?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "clusters.update", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn update(&self, cluster: &Cluster, event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        let stored = write.generation(cluster.id).await?;
        if stored.checked_add(1) != Some(integer(cluster.generation)) {
            return Err(changed_meanwhile(stored));
        }
        write.refuse_taken_name(cluster).await?;
        sqlx::query("UPDATE clusters SET name = ?2, generation = ?3, document = ?4 WHERE id = ?1")
            .bind(cluster.id.to_string())
            .bind(cluster.name())
            .bind(integer(cluster.generation))
            .bind(encode(WHAT, &cluster.id, cluster)?)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "clusters.delete", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn delete(&self, id: ClusterId, generation: Option<u64>, event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        write.remove(id, generation).await?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "clusters.forget", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn forget(
        &self,
        id: ClusterId,
        generation: Option<u64>,
        event: &NewEvent,
    ) -> Result<Vec<String>> {
        let mut write = self.0.write().await?;
        write.remove(id, generation).await?;
        let objects = write.forget(id).await?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await?;
        Ok(objects)
    }

    #[instrument(level = "debug", skip_all, name = "clusters.get", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn get(&self, id: ClusterId) -> Result<Cluster> {
        let document: Option<String> =
            sqlx::query_scalar("SELECT document FROM clusters WHERE id = ?1")
                .bind(id.to_string())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(failure)?;
        let document = document.ok_or_else(|| Error::not_found(WHAT, &id))?;
        decode(WHAT, &id, &document)
    }

    #[instrument(level = "debug", skip_all, name = "clusters.several", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn several(&self, ids: &[ClusterId]) -> Result<Vec<Cluster>> {
        // One statement whatever their number: a question to a hundred clusters would wait for a
        // hundred of them, one after the other.
        let wanted: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, document FROM clusters WHERE id IN (SELECT value FROM json_each(?1)) \
             ORDER BY name",
        )
        .bind(serde_json::Value::from(wanted).to_string())
        .fetch_all(&self.0.readers)
        .await
        .map_err(failure)?;
        let rows = rows.iter();
        rows.map(|(id, document)| decode(WHAT, id, document))
            .collect()
    }

    #[instrument(level = "debug", skip_all, name = "clusters.list", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn list(&self, page: &PageRequest) -> Result<Page<Cluster>> {
        LISTING.page(&self.0.readers, page).await
    }
}

impl Write<'_> {
    /// The stored generation of a cluster.
    pub(crate) async fn generation(&mut self, id: ClusterId) -> Result<i64> {
        let generation = sqlx::query_scalar("SELECT generation FROM clusters WHERE id = ?1")
            .bind(id.to_string())
            .fetch_optional(self.on())
            .await
            .map_err(failure)?;
        generation.ok_or_else(|| Error::not_found(WHAT, &id))
    }

    /// Removes a cluster that is at this generation; at any where none is given.
    async fn remove(&mut self, id: ClusterId, generation: Option<u64>) -> Result<()> {
        let stored = self.generation(id).await?;
        if generation.is_some_and(|wanted| integer(wanted) != stored) {
            return Err(changed_meanwhile(stored));
        }
        let removed = sqlx::query("DELETE FROM clusters WHERE id = ?1").bind(id.to_string());
        removed.execute(self.on()).await.map(drop).map_err(failure)
    }

    /// Refuses a name that another cluster has.
    async fn refuse_taken_name(&mut self, cluster: &Cluster) -> Result<()> {
        let taken: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM clusters WHERE name = ?1 AND id <> ?2")
                .bind(cluster.name())
                .bind(cluster.id.to_string())
                .fetch_optional(self.on())
                .await
                .map_err(failure)?;
        if taken.is_none() {
            return Ok(());
        }
        let message = format!(
            "there is already a cluster named '{}': choose another name, or update that cluster",
            cluster.name()
        );
        Err(Error::new(
            ErrorKind::Conflict,
            "cluster_name_taken",
            message,
        ))
    }
}

fn changed_meanwhile(stored: i64) -> Error {
    let message = format!(
        "the cluster was changed meanwhile and is now at generation {stored}: read it again and \
         repeat the change on what it is now"
    );
    Error::new(ErrorKind::Conflict, "generation_mismatch", message)
}
