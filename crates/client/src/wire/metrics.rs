//! Metric queries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis::Gap;

/// One sample: seconds since the Unix epoch (milliseconds as decimals), and the value as text so
/// that `NaN`, `+Inf` and `-Inf` survive: the same pair as in Prometheus' own answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SamplePair(pub f64, pub String);

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricSeries {
    /// The series' labels, with `cluster` added.
    pub labels: BTreeMap<String, String>,
    /// Samples, oldest first; exactly one for an instant query.
    pub samples: Vec<SamplePair>,
    /// Where points were left out: the stretches in which the series has no samples, each by the
    /// last sample before and the first after it, in seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<[f64; 2]>,
}

/// The answer to an instant or range query over many clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricAnswer {
    /// What was read, by cluster name, then labels.
    pub series: Vec<MetricSeries>,
    /// What could not be read; an answer with gaps is incomplete and says so.
    pub gaps: Vec<Gap>,
    /// The resolution of a range in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// What to know of the values that is no fault: how the expression was understood over several
    /// clusters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
