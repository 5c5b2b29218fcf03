//! `/api/v1/topology`

pub mod list;
