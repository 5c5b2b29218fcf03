//! `/api/v1/analysis`

pub mod anomaly;
pub mod rca;
