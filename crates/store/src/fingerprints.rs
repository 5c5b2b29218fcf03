//! Fingerprints of investigations, kept beside them.

use fleetscope_model::{Investigation, InvestigationId, KeptFingerprint};
use fleetscope_ports::Result;
use sqlx::sqlite::SqlitePool;

use crate::document::{decode_readable, encode};
use crate::failure::failure;
use crate::write::Write;

const WHAT: &str = "fingerprint";

impl Write<'_> {
    /// Keeps the investigation's fingerprint, in the write that keeps the investigation.
    pub(crate) async fn keep_fingerprint(&mut self, investigation: &Investigation) -> Result<()> {
        let id = investigation.id;
        let Some(fingerprint) = &investigation.fingerprint else {
            let sql = "DELETE FROM fingerprints WHERE investigation = ?1";
            let removed = sqlx::query(sql).bind(id.to_string());
            removed.execute(self.on()).await.map_err(failure)?;
            return Ok(());
        };
        let kept = KeptFingerprint {
            investigation: id,
            created_at: investigation.created_at,
            until: investigation.window.end,
            fingerprint: fingerprint.clone(),
        };
        let document = encode(WHAT, &id, &kept)?;
        let sql = "INSERT INTO fingerprints (investigation, document) VALUES (?1, ?2) \
                   ON CONFLICT (investigation) DO UPDATE SET document = excluded.document";
        sqlx::query(sql)
            .bind(id.to_string())
            .bind(document)
            .execute(self.on())
            .await
            .map_err(failure)?;
        Ok(())
    }
}

/// Those of investigations opened before one, newest first.
pub(crate) async fn before(
    readers: &SqlitePool,
    id: InvestigationId,
    limit: u32,
) -> Result<Vec<KeptFingerprint>> {
    let sql = "SELECT investigation, document FROM fingerprints WHERE investigation < ?1 \
               ORDER BY investigation DESC LIMIT ?2";
    let rows = sqlx::query_as(sql)
        .bind(id.to_string())
        .bind(limit)
        .fetch_all(readers)
        .await
        .map_err(failure)?;
    Ok(decode_readable(WHAT, rows))
}
