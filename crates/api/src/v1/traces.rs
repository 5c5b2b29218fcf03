//! `/api/v1/traces`

pub mod dependencies;
pub mod get;
pub mod search;
pub mod services;
