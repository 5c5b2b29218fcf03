//! `/api/v1/changes`

pub mod list;
