//! What is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How a label is compared with a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum MatchOp {
    /// The same.
    #[default]
    #[serde(rename = "=")]
    Equal,
    /// Another.
    #[serde(rename = "!=")]
    Unequal,
    /// Matches a regular expression (RE2), from beginning to end.
    #[serde(rename = "=~")]
    Matches,
    /// Does not match it.
    #[serde(rename = "!~")]
    MatchesNot,
}

/// What a label has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelMatch {
    /// The label.
    #[schema(
        pattern = "^[A-Za-z_][A-Za-z0-9_]*$",
        max_length = 256,
        example = "namespace"
    )]
    pub name: String,
    /// How it is compared.
    #[serde(default)]
    pub op: MatchOp,
    /// With what.
    #[schema(max_length = 4096, example = "shop")]
    pub value: String,
}

/// How lines are taken apart into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFieldParser {
    /// One JSON object a line.
    Json,
    /// `key=value`.
    Logfmt,
}

/// A tenant of a LokiStack (OpenShift Logging).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogTenant {
    /// Pods of applications.
    Application,
    /// Pods of the platform, and its nodes' journals.
    Infrastructure,
    /// Audit logs of the API servers and nodes.
    Audit,
    /// Flows of the network.
    Network,
}

/// Which lines come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogsDirection {
    /// The newest.
    #[default]
    Backward,
    /// The oldest.
    Forward,
}

/// A query for lines, by LogQL (`query`) or by parts (`labels` and the rest, of which no value can
/// become syntax), or for the series that LogQL makes of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// LogQL; instead of the parts below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 16384,
        example = "{namespace=\"shop\"} |= \"error\""
    )]
    pub query: Option<String>,
    /// Labels of streams; at least one must demand a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub labels: Vec<LabelMatch>,
    /// Texts that lines hold, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub contains: Vec<String>,
    /// Texts that lines do not hold, none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub excludes: Vec<String>,
    /// A regular expression (RE2) that lines match somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4096)]
    pub matching: Option<String>,
    /// How lines are taken apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parser: Option<LogFieldParser>,
    /// What fields have to be: those that the parser finds, or structured metadata such as
    /// `detected_level`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub fields: Vec<LabelMatch>,
    /// Cluster ids; all that the caller may see where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub clusters: Option<Vec<Uuid>>,
    /// Which tenant of LokiStacks; the registered one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<LogTenant>,
    /// First instant; an hour before `end` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Last instant; now where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Evaluates series at `end` only, instead of over the range.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub instant: bool,
    /// Resolution of series over a range: `60s`, `5m` or plain seconds. The server's choice where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32, example = "60s")]
    pub step: Option<String>,
    /// At most this many lines over all clusters; 100 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5000)]
    pub limit: Option<u32>,
    /// Which lines come first.
    #[serde(default)]
    pub direction: LogsDirection,
    /// The `next_cursor` of the part before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    pub cursor: Option<String>,
    /// How many bytes of logs a cluster may have to read for it, as its index estimates; 10 GB
    /// where absent. A cluster that would have to read more is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_u64)]
    pub max_bytes: Option<u64>,
}
