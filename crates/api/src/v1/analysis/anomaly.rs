//! `/api/v1/analysis/anomaly`

pub mod create;
pub mod get;
pub mod list;
