//! `/prometheus/{cluster}/api/v1`: one cluster or, as `fleet`, all that the caller may see, in the
//! shapes, statuses and errors of Prometheus' own HTTP API, for tools that speak it.
//!
//! Parameters come in the query, in a form, or in both. What a cluster could not give stands in
//! `warnings`; where none gave anything it is an error.

mod alerts;
mod answer;
mod asked;
mod buildinfo;
mod exemplars;
mod labels;
mod metadata;
mod query;
mod query_range;
mod refusal;
mod root;
mod rules;
mod series;
mod targets;
mod time;
mod values;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use refusal::Refusal;

use crate::services::Services;

/// What all its paths begin with.
pub(crate) const MOUNT: &str = "/prometheus/";

/// The routes with their documentation.
pub(crate) fn documented() -> OpenApiRouter<Services> {
    OpenApiRouter::new()
        .routes(routes!(root::root))
        .routes(routes!(query::query))
        .routes(routes!(query_range::query_range))
        .routes(routes!(series::series))
        .routes(routes!(labels::labels))
        .routes(routes!(values::values))
        .routes(routes!(exemplars::exemplars))
        .routes(routes!(metadata::metadata))
        .routes(routes!(rules::rules))
        .routes(routes!(alerts::alerts))
        .routes(routes!(targets::targets))
        .routes(routes!(buildinfo::buildinfo))
}
