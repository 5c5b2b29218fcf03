//! `/api/v1/alerts`

pub mod groups;
pub mod list;
pub mod silences;
pub mod webhook;
