//! `/api/v1/metrics`

pub mod alerts;
pub mod label;
pub mod labels;
pub mod metadata;
pub mod query;
pub mod query_range;
pub mod rules;
pub mod series;
pub mod targets;

use fleetscope_model::{Selection, SeriesQuery, TimeRange};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::convert::{selection, time};
use crate::error::ApiError;

/// Which clusters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfClusters {
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

/// Which clusters and series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfSeries {
    /// Selectors, repeated, of which one has to match: `up{job="node"}`.
    #[serde(default, rename = "match")]
    pub matches: Vec<String>,
    /// From when: RFC 3339 or Unix seconds.
    pub start: Option<String>,
    /// Until when, not before `start`.
    pub end: Option<String>,
    /// At most so many items of each cluster, 1 to 100,000; 10,000 where absent.
    #[param(minimum = 1, maximum = 100_000)]
    pub limit: Option<u32>,
    /// Cluster ids, repeated; all where absent.
    #[serde(default)]
    pub cluster: Vec<Uuid>,
}

impl OfSeries {
    fn question(self) -> Result<SeriesQuery, ApiError> {
        Ok(SeriesQuery {
            clusters: named(self.cluster)?,
            matches: self.matches,
            range: between(self.start.as_deref(), self.end.as_deref())?,
            limit: self.limit.unwrap_or(10_000),
            labelled: true,
        })
    }
}

/// The clusters that are named; all where none is.
fn named(ids: Vec<Uuid>) -> Result<Selection, ApiError> {
    selection((!ids.is_empty()).then_some(ids))
}

/// The time between; all of it where neither end is said.
fn between(start: Option<&str>, end: Option<&str>) -> Result<Option<TimeRange>, ApiError> {
    if start.is_none() && end.is_none() {
        return Ok(None);
    }
    let at = |name, text: Option<&str>, else_at| {
        text.map_or(Ok(else_at), |text| time::instant(name, text))
    };
    let start = at("start", start, Timestamp::UNIX_EPOCH)?;
    // The last instant that servers count in.
    let end = at(
        "end",
        end,
        Timestamp::from_second(253_402_300_799).unwrap_or(Timestamp::MAX),
    )?;
    let range = TimeRange::new(start, end);
    range.map(Some).ok_or_else(backward)
}

fn backward() -> ApiError {
    ApiError::invalid(
        "end",
        "the end lies before the start: swap them, or move one",
    )
}
