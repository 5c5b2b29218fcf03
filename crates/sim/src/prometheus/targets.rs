//! `/api/v1/targets`: what is scraped, told from the `up` series.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::Server;
use super::answer::{ApiError, labels_json, success};
use super::form::Form;
use crate::promql::LOOKBACK_MS;
use crate::tsdb::{Labels, Matcher, NAME, Series, Tsdb, is_stale};

/// The active targets; none is ever dropped. `state` and `scrapePool` filter.
pub(super) async fn targets(
    State(server): State<Server>,
    form: Form,
) -> Result<Response, ApiError> {
    let state = form.get("state").to_ascii_lowercase();
    let pool = form.get("scrapePool");
    let db = server.db();
    let mut active: Vec<Json> = Vec::new();
    if matches!(state.as_str(), "" | "any" | "active") {
        let ups = db.select(&[Matcher::equal(NAME, "up")]);
        let wanted = |up: &&Series| pool.is_empty() || up.labels().get("job") == pool;
        let of = |up| target(&db, up, server.now_ms());
        active = ups.into_iter().filter(wanted).filter_map(of).collect();
    }
    Ok(success(
        &json!({"activeTargets": active, "droppedTargets": []}),
    ))
}

/// A target, unless it is gone.
fn target(db: &Tsdb, up: &Series, now_ms: i64) -> Option<Json> {
    let (scraped_ms, value) = up.latest(now_ms)?;
    if is_stale(value) || scraped_ms < now_ms - LOOKBACK_MS {
        return None;
    }
    let labels = up.labels().without_name();
    let (job, instance) = (labels.get("job"), labels.get("instance"));
    let url = format!("http://{instance}/metrics");
    let is_up = value > 0.0;
    let error = if is_up {
        String::new()
    } else {
        format!("Get {url:?}: context deadline exceeded")
    };
    Some(json!({
        "discoveredLabels": {
            "__address__": instance,
            "__metrics_path__": "/metrics",
            "__scheme__": "http",
            "job": job,
        },
        "labels": labels_json(&labels),
        "scrapePool": job,
        "scrapeUrl": url,
        "globalUrl": url,
        "lastError": error,
        "lastScrape": time(scraped_ms),
        "lastScrapeDuration": scrape_duration(db, &labels, scraped_ms),
        "health": if is_up { "up" } else { "down" },
        "scrapeInterval": interval(up, scraped_ms),
        "scrapeTimeout": "10s",
    }))
}

/// The newest `scrape_duration_seconds` of the target, 0 when that series is not kept.
fn scrape_duration(db: &Tsdb, labels: &Labels, now_ms: i64) -> f64 {
    let name = Matcher::equal(NAME, "scrape_duration_seconds");
    let own = labels
        .iter()
        .map(|(name, value)| Matcher::equal(name, value));
    let matchers: Vec<Matcher> = std::iter::once(name).chain(own).collect();
    let found = db.select(&matchers);
    let latest = found.first().and_then(|series| series.latest(now_ms));
    latest.map_or(0.0, |(_, seconds)| seconds)
}

/// The time between the last two scrapes.
fn interval(up: &Series, scraped_ms: i64) -> String {
    let previous = up.latest(scraped_ms - 1).map_or(scraped_ms, |(t, _)| t);
    match scraped_ms - previous {
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// RFC 3339.
pub(super) fn time(t_ms: i64) -> String {
    Timestamp::from_millisecond(t_ms)
        .unwrap_or_default()
        .to_string()
}
