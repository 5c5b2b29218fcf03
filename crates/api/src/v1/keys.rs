//! `/api/v1/keys`

pub mod list;
pub mod rotation;
