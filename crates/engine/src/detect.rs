//! Detection.

use fleetscope_model::{Anomaly, TimeRange};

use crate::input::Signal;

/// The anomalies of one signal that touch `judged`, oldest first; history before it is learnt from.
pub fn detect(_signal: &Signal, _judged: TimeRange) -> Vec<Anomaly> {
    Vec::new()
}
