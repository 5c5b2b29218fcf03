//! `/api/v1/clusters`

pub mod capabilities;
pub mod create;
pub mod credentials;
pub mod delete;
pub mod get;
pub mod import;
pub mod list;
pub mod update;
pub mod validate;
pub mod validation;
