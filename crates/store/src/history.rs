//! The history of one cluster: what tells of it and of no other.
//!
//! Documents are looked through one by one, which a deletion may take its time for; that the id
//! stands somewhere in the text is asked first, and leaves few that have to be parsed.

use fleetscope_model::ClusterId;
use fleetscope_ports::Result;

use crate::failure::failure;
use crate::write::Write;

/// Events that tell of this cluster alone.
const EVENTS: &str = "DELETE FROM events WHERE instr(document, ?1) > 0 \
     AND json_array_length(document, '$.places') > 0 AND NOT EXISTS \
     (SELECT 1 FROM json_each(document, '$.places') AS place \
     WHERE json_extract(place.value, '$.cluster') <> ?1)";

/// Analyses that found something on this cluster alone, or nothing and were asked about it alone.
const ANALYSES: &str = "DELETE FROM analyses WHERE instr(document, ?1) > 0 AND \
     CASE json_array_length(document, '$.anomalies') \
     WHEN 0 THEN NOT EXISTS (SELECT 1 FROM json_each(document, '$.clusters') AS cluster \
     WHERE cluster.value <> ?1) \
     ELSE NOT EXISTS (SELECT 1 FROM json_each(document, '$.anomalies') AS anomaly \
     WHERE json_extract(anomaly.value, '$.entity.cluster') <> ?1) END";

/// Investigations that looked at this cluster alone.
const INVESTIGATIONS: &str = "DELETE FROM investigations WHERE instr(document, ?1) > 0 \
     AND NOT EXISTS (SELECT 1 FROM json_each(document, '$.clusters') AS cluster \
     WHERE cluster.key <> ?1) RETURNING id";

/// Reports that tell of this cluster alone, or of an investigation that is no more.
const REPORTS: &str = "DELETE FROM reports WHERE (instr(document, ?1) > 0 \
     AND json_array_length(document, '$.places') > 0 AND NOT EXISTS \
     (SELECT 1 FROM json_each(document, '$.places') AS place \
     WHERE json_extract(place.value, '$.cluster') <> ?1)) \
     OR json_extract(document, '$.investigation') IN (SELECT value FROM json_each(?2)) \
     RETURNING object";

impl Write<'_> {
    /// Removes the history of a cluster, and says which texts of reports belonged to it.
    pub(crate) async fn forget(&mut self, cluster: ClusterId) -> Result<Vec<String>> {
        let cluster = cluster.to_string();
        for sql in [EVENTS, ANALYSES] {
            let removed = sqlx::query(sql).bind(&cluster).execute(self.on()).await;
            removed.map_err(failure)?;
        }
        let investigations: Vec<String> = sqlx::query_scalar(INVESTIGATIONS)
            .bind(&cluster)
            .fetch_all(self.on())
            .await
            .map_err(failure)?;
        let objects = sqlx::query_scalar(REPORTS)
            .bind(&cluster)
            .bind(serde_json::Value::from(investigations).to_string())
            .fetch_all(self.on())
            .await;
        objects.map_err(failure)
    }
}
