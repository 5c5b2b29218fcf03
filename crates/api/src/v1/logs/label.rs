//! `/api/v1/logs/label`

pub mod values;
