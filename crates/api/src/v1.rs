//! Version 1 of the API. One endpoint a file, found by its URL.

pub mod alerts;
pub mod analysis;
pub mod audit;
pub mod changes;
pub mod clusters;
pub mod events;
pub mod keys;
pub mod logs;
pub mod metrics;
pub mod reports;
pub mod tasks;
pub mod tokens;
pub mod topology;
pub mod traces;
