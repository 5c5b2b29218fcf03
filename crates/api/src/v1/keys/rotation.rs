//! `/api/v1/keys/rotation`

pub mod start;
pub mod stop;
