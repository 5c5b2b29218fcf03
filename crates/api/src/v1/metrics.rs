//! `/api/v1/metrics`

pub mod query;
pub mod query_range;
