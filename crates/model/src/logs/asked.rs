//! What is asked about logs.

use jiff::{SignedDuration, Timestamp};

use crate::query::Selection;
use crate::time::TimeRange;

/// One of the tenants of a LokiStack's gateway (OpenShift Logging).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl LogTenant {
    /// Every tenant.
    pub const ALL: [Self; 4] = [
        Self::Application,
        Self::Infrastructure,
        Self::Audit,
        Self::Network,
    ];

    /// The name in the gateway's paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Infrastructure => "infrastructure",
            Self::Audit => "audit",
            Self::Network => "network",
        }
    }
}

/// How a text is compared with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextComparison {
    /// It is the same; of a line: it holds the text.
    Equal,
    /// It is another; of a line: it does not hold the text.
    Unequal,
    /// It matches a regular expression (RE2).
    Matches,
    /// It does not match it.
    MatchesNot,
}

impl TextComparison {
    /// Between a label's name and a value.
    pub const fn of_label(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Matches => "=~",
            Self::MatchesNot => "!~",
        }
    }

    /// Before the text that a line is held to.
    pub const fn of_line(self) -> &'static str {
        match self {
            Self::Equal => "|=",
            Self::Unequal => "!=",
            Self::Matches => "|~",
            Self::MatchesNot => "!~",
        }
    }
}

/// What a label has to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LabelTest {
    /// The label.
    pub name: String,
    /// How it is compared.
    pub comparison: TextComparison,
    /// With what.
    pub value: String,
}

/// What a line has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineTest {
    /// How it is compared.
    pub comparison: TextComparison,
    /// With what.
    pub text: String,
}

/// How lines are taken apart into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogParser {
    /// One JSON object a line.
    Json,
    /// `key=value`.
    Logfmt,
}

/// Lines, by parts of which none can become syntax.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogFilter {
    /// Labels of streams; one of them at least must demand something.
    pub labels: Vec<LabelTest>,
    /// What lines hold.
    pub lines: Vec<LineTest>,
    /// How lines are taken apart, if they are.
    pub parser: Option<LogParser>,
    /// Fields of lines: what the parser found, or structured metadata such as `detected_level`.
    pub fields: Vec<LabelTest>,
}

/// Which lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LogExpression {
    /// As LogQL.
    Raw(String),
    /// By parts.
    Filter(LogFilter),
}

/// Where, and over which time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogScope {
    /// Which clusters.
    pub clusters: Selection,
    /// Which tenant of LokiStacks; the one that is registered where none is named.
    pub tenant: Option<LogTenant>,
    /// Over which time.
    pub range: TimeRange,
}

/// What comes of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// Lines, or series over the range; of those a point each `step`, which the server chooses
    /// where there is none.
    Range {
        /// Between two points.
        step: Option<SignedDuration>,
    },
    /// Series at the end of the range.
    Instant,
}

/// A place in lines that are in the order of time, those of one instant in a fixed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogPlace {
    /// The instant of the line before the place.
    pub at: Timestamp,
    /// How many lines of that instant lie before it.
    pub skip: u32,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogQuestion {
    /// Where and when.
    pub scope: LogScope,
    /// Which lines, or what is made of them.
    pub expression: LogExpression,
    /// What comes of it.
    pub kind: LogKind,
    /// At most this many lines, over all clusters.
    pub limit: u32,
    /// Whether the oldest lines come first.
    pub forward: bool,
    /// Where to go on.
    pub from: Option<LogPlace>,
    /// How many bytes of logs a cluster may have to read for it.
    pub budget: u64,
}

/// A question about logs that asks for no line: labels, streams, volumes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogsAbout {
    /// Where and when.
    pub scope: LogScope,
    /// Only about these lines; about all where there is none.
    pub expression: Option<LogExpression>,
    /// At most this many items of each cluster.
    pub limit: u32,
}
