//! Log lines, what is asked about them, and what is told.

mod asked;
mod severity;
mod tail;
mod told;

pub use asked::{
    LabelTest, LineTest, LogExpression, LogFilter, LogKind, LogParser, LogPlace, LogQuestion,
    LogScope, LogTenant, LogsAbout, TextComparison,
};
pub use severity::LogSeverity;
pub use tail::{TailLine, TailNotice, TailNoticeKind, TailQuestion, TailRecord};
pub use told::{
    DetectedField, LogAnswer, LogList, LogResult, LogStats, LogStream, LogVolume, Substitute,
};

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
