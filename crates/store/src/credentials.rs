//! Which state of each credential is the current one.

mod row;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    ClusterId, Credential, CredentialField, CredentialSlot, CredentialUsage, ErrorKind,
    KeyRotation, KeyUse, NewEvent,
};
use fleetscope_ports::{CredentialStore, Error, Result};

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::sqlite::{Database, integer};
use row::{Row, credential};
use uuid::Uuid;

const WHAT: &str = "credential";
const ROTATION: &str = "rotation of keys";

pub(crate) struct Credentials(pub(crate) Arc<Database>);

#[async_trait]
impl CredentialStore for Credentials {
    async fn reserve(&self, cluster: ClusterId, field: CredentialField) -> Result<u64> {
        const SQL: &str = "INSERT INTO credentials (cluster, field, reserved) \
             SELECT id, ?2, 1 FROM clusters WHERE id = ?1 \
             ON CONFLICT (cluster, field) DO UPDATE SET reserved = reserved + 1 \
             RETURNING reserved";
        let mut write = self.0.write().await?;
        let reserved: Option<i64> = sqlx::query_scalar(SQL)
            .bind(cluster.to_string())
            .bind(field.as_str())
            .fetch_optional(write.on())
            .await
            .map_err(failure)?;
        let reserved = reserved.ok_or_else(|| Error::not_found("cluster", &cluster))?;
        write.commit().await?;
        Ok(u64::try_from(reserved).unwrap_or(0))
    }

    async fn activate(&self, credential: &Credential, event: &NewEvent) -> Result<()> {
        const SQL: &str = "UPDATE credentials SET generation = ?3, key_id = ?4, document = ?5 \
             WHERE cluster = ?1 AND field = ?2 AND reserved >= ?3 \
             AND (generation IS NULL OR generation < ?3)";
        let mut write = self.0.write().await?;
        let changed = sqlx::query(SQL)
            .bind(credential.cluster.to_string())
            .bind(credential.field.as_str())
            .bind(integer(credential.generation))
            .bind(&credential.key_id)
            .bind(encode(WHAT, &credential.field, credential)?)
            .execute(write.on())
            .await
            .map_err(failure)?;
        if changed.rows_affected() == 0 {
            return Err(changed_meanwhile());
        }
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    async fn get(&self, cluster: ClusterId, field: CredentialField) -> Result<Option<Credential>> {
        const SQL: &str = "SELECT document, key_id, used_at_ms, used_by FROM credentials \
             WHERE cluster = ?1 AND field = ?2 AND generation IS NOT NULL";
        let row: Option<Row> = sqlx::query_as(SQL)
            .bind(cluster.to_string())
            .bind(field.as_str())
            .fetch_optional(&self.0.readers)
            .await
            .map_err(failure)?;
        row.map(credential).transpose()
    }

    async fn of(&self, cluster: ClusterId) -> Result<Vec<Credential>> {
        const SQL: &str = "SELECT document, key_id, used_at_ms, used_by FROM credentials \
             WHERE cluster = ?1 AND generation IS NOT NULL";
        let rows: Vec<Row> = sqlx::query_as(SQL)
            .bind(cluster.to_string())
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let mut found: Vec<_> = rows.into_iter().map(credential).collect::<Result<_>>()?;
        found.sort_by_key(|credential| credential.field);
        Ok(found)
    }

    async fn states(&self) -> Result<HashMap<ClusterId, String>> {
        const SQL: &str = "SELECT cluster, group_concat(field || ':' || generation, ' ' \
             ORDER BY field) FROM credentials WHERE generation IS NOT NULL GROUP BY cluster";
        let rows: Vec<(String, String)> = sqlx::query_as(SQL)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let read = rows
            .into_iter()
            .filter_map(|(id, states)| Some((id.parse().ok()?, states)));
        Ok(read.collect())
    }

    async fn delete(
        &self,
        cluster: ClusterId,
        field: CredentialField,
        event: &NewEvent,
    ) -> Result<()> {
        const SQL: &str = "UPDATE credentials SET generation = NULL, key_id = NULL, \
             document = NULL, used_at_ms = NULL, used_by = NULL \
             WHERE cluster = ?1 AND field = ?2 AND generation IS NOT NULL";
        let mut write = self.0.write().await?;
        let changed = sqlx::query(SQL)
            .bind(cluster.to_string())
            .bind(field.as_str())
            .execute(write.on())
            .await
            .map_err(failure)?;
        if changed.rows_affected() == 0 {
            return Err(Error::not_found(WHAT, &field));
        }
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    async fn used(&self, slot: CredentialSlot, usage: CredentialUsage) -> Result<()> {
        const SQL: &str = "UPDATE credentials SET used_at_ms = ?4, used_by = ?5 \
             WHERE cluster = ?1 AND field = ?2 AND generation = ?3";
        let mut write = self.0.write().await?;
        sqlx::query(SQL)
            .bind(slot.cluster.to_string())
            .bind(slot.field.as_str())
            .bind(integer(slot.generation))
            .bind(usage.at.as_millisecond())
            .bind(usage.by.as_str())
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.commit().await
    }

    async fn rewrapped(&self, slot: CredentialSlot, key_id: &str) -> Result<()> {
        const SQL: &str = "UPDATE credentials SET key_id = ?4 \
             WHERE cluster = ?1 AND field = ?2 AND generation = ?3";
        let mut write = self.0.write().await?;
        sqlx::query(SQL)
            .bind(slot.cluster.to_string())
            .bind(slot.field.as_str())
            .bind(integer(slot.generation))
            .bind(key_id)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.commit().await
    }

    async fn under_others(
        &self,
        key_id: &str,
        after: Option<(ClusterId, CredentialField)>,
        limit: u32,
    ) -> Result<Vec<Credential>> {
        const SQL: &str = "SELECT document, key_id, used_at_ms, used_by FROM credentials \
             WHERE generation IS NOT NULL AND key_id <> ?1 AND (cluster, field) > (?2, ?3) \
             ORDER BY cluster, field LIMIT ?4";
        let (cluster, field) = after.map_or_else(Default::default, |(cluster, field)| {
            (cluster.to_string(), field.as_str())
        });
        let rows: Vec<Row> = sqlx::query_as(SQL)
            .bind(key_id)
            .bind(cluster)
            .bind(field)
            .bind(limit)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        rows.into_iter().map(credential).collect()
    }

    async fn by_key(&self) -> Result<Vec<KeyUse>> {
        const SQL: &str = "SELECT key_id, count(*) FROM credentials \
             WHERE generation IS NOT NULL GROUP BY key_id ORDER BY key_id";
        let rows: Vec<(String, i64)> = sqlx::query_as(SQL)
            .fetch_all(&self.0.readers)
            .await
            .map_err(failure)?;
        let uses = rows.into_iter().map(|(key_id, count)| KeyUse {
            key_id,
            credentials: u64::try_from(count).unwrap_or(0),
        });
        Ok(uses.collect())
    }

    async fn rotation(&self) -> Result<Option<KeyRotation>> {
        let document: Option<String> = sqlx::query_scalar("SELECT document FROM key_rotation")
            .fetch_optional(&self.0.readers)
            .await
            .map_err(failure)?;
        document
            .map(|document| decode(ROTATION, &"", &document))
            .transpose()
    }

    async fn put_rotation(&self, rotation: &KeyRotation, events: &[NewEvent]) -> Result<()> {
        const SQL: &str = "INSERT INTO key_rotation (id, document) VALUES (1, ?1) \
             ON CONFLICT (id) DO UPDATE SET document = excluded.document";
        let mut write = self.0.write().await?;
        sqlx::query(SQL)
            .bind(encode(ROTATION, &rotation.to, rotation)?)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(events).await?;
        write.commit().await
    }

    async fn installation(&self, fresh: Uuid) -> Result<Uuid> {
        const SQL: &str = "INSERT INTO installation (id, name) VALUES (1, ?1) \
             ON CONFLICT (id) DO UPDATE SET name = name RETURNING name";
        let mut write = self.0.write().await?;
        let kept: String = sqlx::query_scalar(SQL)
            .bind(fresh.to_string())
            .fetch_one(write.on())
            .await
            .map_err(failure)?;
        write.commit().await?;
        // What can't be read is no id: better another one than that of everybody.
        Ok(kept.parse().unwrap_or(fresh))
    }
}

fn changed_meanwhile() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "credential_changed",
        "somebody else gave this credential a value at the same time, and theirs came later: look \
         whether it is the right one, and give yours again if it is not",
    )
}
