//! Envelopes in the database.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{ClusterId, CredentialField, CredentialSlot, ErrorKind};
use fleetscope_ports::{Error, Result, Vault};

use crate::failure::failure;
use crate::sqlite::{Database, integer};

pub(crate) struct Envelopes(pub(crate) Arc<Database>);

#[async_trait]
impl Vault for Envelopes {
    async fn put(&self, slot: CredentialSlot, envelope: &[u8]) -> Result<()> {
        const SQL: &str = "INSERT INTO envelopes (cluster, field, generation, envelope) \
             SELECT id, ?2, ?3, ?4 FROM clusters WHERE id = ?1 \
             ON CONFLICT DO UPDATE SET envelope = excluded.envelope";
        let mut write = self.0.write().await?;
        let laid = sqlx::query(SQL)
            .bind(slot.cluster.to_string())
            .bind(slot.field.as_str())
            .bind(integer(slot.generation))
            .bind(envelope)
            .execute(write.on())
            .await
            .map_err(failure)?;
        if laid.rows_affected() == 0 {
            return Err(Error::not_found("cluster", &slot.cluster));
        }
        write.commit().await
    }

    async fn get(&self, slot: CredentialSlot) -> Result<Option<Vec<u8>>> {
        const SQL: &str = "SELECT envelope FROM envelopes \
             WHERE cluster = ?1 AND field = ?2 AND generation = ?3";
        sqlx::query_scalar(SQL)
            .bind(slot.cluster.to_string())
            .bind(slot.field.as_str())
            .bind(integer(slot.generation))
            .fetch_optional(&self.0.readers)
            .await
            .map_err(failure)
    }

    async fn replace(&self, slot: CredentialSlot, old: &[u8], new: &[u8]) -> Result<bool> {
        const SQL: &str = "UPDATE envelopes SET envelope = ?5 \
             WHERE cluster = ?1 AND field = ?2 AND generation = ?3 AND envelope = ?4";
        let mut write = self.0.write().await?;
        let replaced = sqlx::query(SQL)
            .bind(slot.cluster.to_string())
            .bind(slot.field.as_str())
            .bind(integer(slot.generation))
            .bind(old)
            .bind(new)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.commit().await?;
        Ok(replaced.rows_affected() == 1)
    }

    async fn prune(&self, cluster: ClusterId, field: CredentialField, below: u64) -> Result<()> {
        const SQL: &str =
            "DELETE FROM envelopes WHERE cluster = ?1 AND field = ?2 AND generation < ?3";
        let mut write = self.0.write().await?;
        sqlx::query(SQL)
            .bind(cluster.to_string())
            .bind(field.as_str())
            .bind(integer(below))
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.commit().await
    }

    async fn remove(&self, cluster: ClusterId) -> Result<()> {
        let mut write = self.0.write().await?;
        sqlx::query("DELETE FROM envelopes WHERE cluster = ?1")
            .bind(cluster.to_string())
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.commit().await
    }

    async fn clusters(&self, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterId>> {
        const SQL: &str =
            "SELECT DISTINCT cluster FROM envelopes WHERE cluster > ?1 ORDER BY cluster LIMIT ?2";
        let ids: Vec<String> = sqlx::query_scalar(SQL)
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(limit)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        ids.iter().map(|id| id.parse().map_err(|_| odd())).collect()
    }
}

fn odd() -> Error {
    Error::new(
        ErrorKind::Internal,
        "document_unreadable",
        "an envelope in the database belongs to no cluster: it is damaged; restore the data folder \
         from a backup",
    )
}
