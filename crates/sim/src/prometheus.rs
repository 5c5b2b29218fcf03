//! The HTTP API of Prometheus 2.42 over a [`Tsdb`]: paths, parameters, statuses, errors and the
//! form of numbers are those of the real server.
//!
//! Served: `/api/v1/query`, `query_range`, `series`, `labels`, `label/{name}/values`, `metadata`,
//! `targets`, `rules`, `alerts`, `status/buildinfo`, and `/-/healthy`, `/-/ready` and `/metrics`.
//! Everything else is 404, as an unknown path is in Prometheus.
//!
//! Differences: a `timeout` is checked but not enforced; `series`, `labels` and `label values` look
//! at samples and not at whole blocks when a time range is given, so they list less; targets are
//! those with an `up` series. What a query may contain is in [`promql`](crate::promql).

mod answer;
mod catalog;
mod form;
mod query;
mod rules;
mod status;
mod targets;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::Router;
use axum::routing::get;

use crate::Now;
use crate::tsdb::Tsdb;

pub use rules::{Alert, AlertState, AlertingRule, RecordingRule, Rule, RuleGroup};

/// The rules of a server with the alerts they have raised; the simulation writes them.
pub type Rules = Arc<RwLock<Vec<RuleGroup>>>;

/// The API over `db`, without rules and alerts.
///
/// `now` is the time of queries that state none, and what targets are judged by.
pub fn router(db: Arc<RwLock<Tsdb>>, now: Now) -> Router {
    router_with_rules(db, now, Rules::default())
}

/// The API over `db`, with rules and alerts.
pub fn router_with_rules(db: Arc<RwLock<Tsdb>>, now: Now, rules: Rules) -> Router {
    Router::new()
        .route("/api/v1/query", get(query::instant).post(query::instant))
        .route("/api/v1/query_range", get(query::range).post(query::range))
        .route("/api/v1/series", get(catalog::series).post(catalog::series))
        .route("/api/v1/labels", get(catalog::labels).post(catalog::labels))
        .route("/api/v1/label/{name}/values", get(catalog::label_values))
        .route("/api/v1/metadata", get(catalog::metadata))
        .route("/api/v1/targets", get(targets::targets))
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/api/v1/status/buildinfo", get(status::build_info))
        .route("/-/healthy", get(status::healthy))
        .route("/-/ready", get(status::ready))
        .route("/metrics", get(status::metrics))
        .fallback(status::not_found)
        .with_state(Server { db, now, rules })
}

/// What the handlers answer from.
#[derive(Clone)]
struct Server {
    db: Arc<RwLock<Tsdb>>,
    now: Now,
    rules: Rules,
}

impl Server {
    /// The database. A writer that panicked may have left a series one sample short, which is
    /// nothing a reader could stumble over.
    fn db(&self) -> RwLockReadGuard<'_, Tsdb> {
        self.db.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        (self.now)().as_millisecond()
    }
}
