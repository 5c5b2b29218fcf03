//! Time series as Prometheus means them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;

/// Label names and values, sorted by name; `__name__` is the metric name where there is one.
pub type Labels = BTreeMap<String, String>;

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The value; NaN and infinities are possible, as in Prometheus.
    pub value: f64,
}

/// One time series: samples in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Identity of the series.
    pub labels: Labels,
    /// Samples, oldest first, no two at the same instant.
    pub samples: Vec<Sample>,
}

/// A series and the cluster it was read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterSeries {
    /// Where it was read.
    pub cluster: ClusterId,
    /// What was read.
    pub series: Series,
}
