//! `/health`

pub mod detailed;
