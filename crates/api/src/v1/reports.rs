//! `/api/v1/reports`

pub mod create;
pub mod delete;
pub mod download;
pub mod get;
pub mod list;
