//! Time series as Prometheus means them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::ClusterId;

/// Label names and values, sorted by name; `__name__` is the metric name where there is one.
pub type Labels = BTreeMap<String, String>;

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The value; NaN and infinities are possible, as in Prometheus. JSON has neither: they are
    /// written as `null` and read as NaN.
    #[serde(deserialize_with = "number_or_gap")]
    pub value: f64,
}

fn number_or_gap<'de, D: Deserializer<'de>>(value: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(value)?.unwrap_or(f64::NAN))
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
