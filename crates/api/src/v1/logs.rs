//! `/api/v1/logs`

pub mod about;
pub mod fields;
pub mod label;
pub mod labels;
pub mod patterns;
pub mod query;
pub mod series;
pub mod stats;
pub mod tail;
pub mod volume;
