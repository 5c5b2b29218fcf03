//! Log lines.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::series::Labels;

/// One log line of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Where it was read.
    pub cluster: ClusterId,
    /// When it was written.
    pub at: Timestamp,
    /// Labels of its stream: `namespace`, `pod`, `app`, `service_name`…
    pub labels: Labels,
    /// The text.
    pub line: String,
}
