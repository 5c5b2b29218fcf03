//! Logs: queries, what there is to ask about, patterns, and lines as they are written.

mod answers;
mod patterns;
mod query;
mod tail;

pub use answers::{
    DetectedField, DetectedFields, LabelList, LogAnswer, LogEntry, LogResultKind, LogStats,
    LogStatsAnswer, LogStream, LogStreams, LogSubstitute, LogVolume, LogVolumes,
};
pub use patterns::{LogPattern, LogPatterns, PatternCount};
pub use query::{LabelMatch, LogFieldParser, LogQuery, LogTenant, LogsDirection, MatchOp};
pub use tail::{TailGap, TailGapKind, TailLine};
