//! `/api/v1/metrics/label`

pub mod values;
