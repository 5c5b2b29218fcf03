//! `/api/v1/alerts/silences`

pub mod create;
pub mod expire;
pub mod list;
