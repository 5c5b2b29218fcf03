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
}

/// The answer to an instant or range query over many clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricAnswer {
    /// What was read, by cluster name, then labels.
    pub series: Vec<MetricSeries>,
    /// What could not be read; an answer with gaps is incomplete and says so.
    pub gaps: Vec<Gap>,
}
