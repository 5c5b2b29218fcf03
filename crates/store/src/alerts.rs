//! What Alertmanagers told of each alert at last.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{ClusterId, Firing, Received, ReceivedAlert};
use fleetscope_ports::alerts::Tell;
use fleetscope_ports::{AlertStore, Result};
use jiff::Timestamp;
use tracing::instrument;

use crate::failure::failure;
use crate::sqlite::Database;
use crate::write::Write;

/// Alerts that are known of one cluster. The oldest are forgotten: at worst they are told of anew.
const MOST: i64 = 20_000;
/// For how long an alert that fires no more is known, so that late news of it is none.
const KEEP_RESOLVED_MS: i64 = 7 * 86_400_000;
const MINUTE_MS: i64 = 60_000;

pub(crate) struct Alerts(pub(crate) Arc<Database>);

#[async_trait]
impl AlertStore for Alerts {
    #[instrument(level = "debug", skip_all, name = "alerts.receive", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn receive(
        &self,
        cluster: ClusterId,
        alerts: &[ReceivedAlert],
        at: Timestamp,
        tell: Tell<'_>,
    ) -> Result<Received> {
        let mut write = self.0.write().await?;
        // A cluster that was removed meanwhile is none to tell of.
        write.generation(cluster).await?;
        let (mut received, mut changed) = (Received::default(), Vec::new());
        for alert in alerts {
            let known = known(&mut write, cluster, &alert.fingerprint).await?;
            let news = News::of(alert, known);
            if news != News::None {
                keep(&mut write, cluster, alert, at).await?;
            }
            match (news, alert.firing) {
                (News::Told, Firing::Firing) => received.firing += 1,
                (News::Told, Firing::Resolved) => received.resolved += 1,
                _ => received.known += 1,
            }
            if news == News::Told {
                changed.push(alert);
            }
        }
        if !changed.is_empty() {
            received.events = told(&mut write, (cluster, at), &changed, tell).await?;
            forget(&mut write, cluster, at).await?;
        }
        write.commit().await?;
        Ok(received)
    }
}

/// What a notification says of an alert beside what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// It is known to be so, or something newer is.
    None,
    /// It ended before anybody heard of it: worth knowing, not worth telling.
    Kept,
    /// It began or ended.
    Told,
}

impl News {
    fn of(alert: &ReceivedAlert, known: Option<(i64, bool)>) -> Self {
        let starts_at = alert.starts_at.as_millisecond();
        match (known, alert.firing) {
            (None, Firing::Resolved) => Self::Kept,
            (Some((since, _)), _) if starts_at < since => Self::None,
            // A server that was restarted may say another start of what has fired all along.
            (Some((since, fires)), Firing::Firing) if fires || starts_at == since => Self::None,
            (Some((_, false)), Firing::Resolved) => Self::None,
            (_, Firing::Firing) | (Some((_, true)), Firing::Resolved) => Self::Told,
        }
    }
}

/// Since when an alert fires, or did, and whether it does.
async fn known(
    write: &mut Write<'_>,
    cluster: ClusterId,
    fingerprint: &str,
) -> Result<Option<(i64, bool)>> {
    const SQL: &str =
        "SELECT starts_at_ms, firing FROM alerts WHERE cluster = ?1 AND fingerprint = ?2";
    sqlx::query_as(SQL)
        .bind(cluster.to_string())
        .bind(fingerprint)
        .fetch_optional(write.on())
        .await
        .map_err(failure)
}

async fn keep(
    write: &mut Write<'_>,
    cluster: ClusterId,
    alert: &ReceivedAlert,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO alerts (cluster, fingerprint, starts_at_ms, firing, told_at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (cluster, fingerprint) DO UPDATE SET \
         starts_at_ms = excluded.starts_at_ms, firing = excluded.firing, told_at_ms = excluded.told_at_ms";
    sqlx::query(SQL)
        .bind(cluster.to_string())
        .bind(&alert.fingerprint)
        .bind(alert.starts_at.as_millisecond())
        .bind(alert.firing == Firing::Firing)
        .bind(at.as_millisecond())
        .execute(write.on())
        .await
        .map_err(failure)?;
    Ok(())
}

/// Records what there is to tell, and counts it in its minute.
async fn told(
    write: &mut Write<'_>,
    (cluster, at): (ClusterId, Timestamp),
    changed: &[&ReceivedAlert],
    tell: Tell<'_>,
) -> Result<u32> {
    const COUNT: &str = "INSERT INTO alert_minutes (cluster, minute, events) VALUES (?1, ?2, ?3) \
         ON CONFLICT (cluster) DO UPDATE SET minute = excluded.minute, events = excluded.events";
    let minute = at.as_millisecond().div_euclid(MINUTE_MS);
    let before: Option<u32> =
        sqlx::query_scalar("SELECT events FROM alert_minutes WHERE cluster = ?1 AND minute = ?2")
            .bind(cluster.to_string())
            .bind(minute)
            .fetch_optional(write.on())
            .await
            .map_err(failure)?;
    let before = before.unwrap_or(0);
    let events = tell(changed, before);
    write.record(&events).await?;
    let count = events.len() as u32;
    sqlx::query(COUNT)
        .bind(cluster.to_string())
        .bind(minute)
        .bind(before + count)
        .execute(write.on())
        .await
        .map_err(failure)?;
    Ok(count)
}

async fn forget(write: &mut Write<'_>, cluster: ClusterId, at: Timestamp) -> Result<()> {
    const ENDED: &str = "DELETE FROM alerts WHERE cluster = ?1 AND firing = 0 AND told_at_ms < ?2";
    const OLDEST: &str = "DELETE FROM alerts WHERE cluster = ?1 AND fingerprint IN (SELECT fingerprint \
         FROM alerts WHERE cluster = ?1 ORDER BY told_at_ms DESC, fingerprint LIMIT -1 OFFSET ?2)";
    let long_ago = at.as_millisecond() - KEEP_RESOLVED_MS;
    for (sql, bound) in [(ENDED, long_ago), (OLDEST, MOST)] {
        sqlx::query(sql)
            .bind(cluster.to_string())
            .bind(bound)
            .execute(write.on())
            .await
            .map_err(failure)?;
    }
    Ok(())
}
