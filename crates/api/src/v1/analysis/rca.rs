//! `/api/v1/analysis/rca`

pub mod create;
pub mod get;
pub mod list;
pub mod replay;
