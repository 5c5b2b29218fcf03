//! One span.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::ids::{ClusterId, InvalidId};

/// The id of a trace: 128 bits, written as 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Of either case; leading zeros may be left out, as Tempo's search leaves them out.
impl FromStr for TraceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = u128::from_str_radix(text, 16).ok().filter(|_| fits);
        id.map(Self).ok_or_else(|| InvalidId {
            text: text.chars().take(64).collect(),
            what: "trace",
        })
    }
}

/// The id of a span: 64 bits, written as 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u64);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What side of a call a span tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// Not said.
    #[default]
    Unspecified,
    /// Inside a process.
    Internal,
    /// A request that is served.
    Server,
    /// A request that is made.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is taken.
    Consumer,
}

impl SpanKind {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// What came of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SpanStatus {
    /// Not said, which is what most instrumentation says of what went well.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Badly.
    Error,
}

impl SpanStatus {
    /// The name on the wire and in TraceQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// A text; lists and maps as JSON.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// True or false.
    Truth(bool),
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Truth(truth) => truth.fmt(f),
        }
    }
}

/// Attributes by name.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// Something that happened within a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    /// When, in nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// What.
    pub name: String,
    /// More about it.
    pub attributes: Attributes,
}

/// One span, as its cluster's Tempo has it. Times are nanoseconds since the Unix epoch by the
/// clock of the node it ran on; they are never corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Where it was read.
    pub cluster: ClusterId,
    /// Its id.
    pub id: SpanId,
    /// The span that caused it; a root has none.
    pub parent: Option<SpanId>,
    /// `service.name` of its process; empty where it says none.
    pub service: String,
    /// `k8s.namespace.name` of its process.
    pub namespace: Option<String>,
    /// What is done.
    pub name: String,
    /// Which side of a call.
    pub kind: SpanKind,
    /// When it began.
    pub start_ns: i64,
    /// When it ended; not before it began.
    pub end_ns: i64,
    /// What came of it.
    pub status: SpanStatus,
    /// What went wrong, in its own words; empty where nothing is said.
    pub message: String,
    /// What is known of it.
    pub attributes: Attributes,
    /// What is known of its process; shared by the spans of one.
    pub resource: Arc<Attributes>,
    /// What happened meanwhile.
    pub events: Vec<SpanEvent>,
}

impl Span {
    /// How long it took.
    pub const fn length_ns(&self) -> i64 {
        self.end_ns - self.start_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_trace_gets_its_leading_zeros_back() {
        let id: TraceId = "6D93bc3d63db369ae118e9d0317a39b".parse().unwrap();
        assert_eq!(id.to_string(), "06d93bc3d63db369ae118e9d0317a39b");
        for wrong in ["", "xyz", "+1", "0123456789abcdef0123456789abcdef0", " 1"] {
            assert!(wrong.parse::<TraceId>().is_err(), "{wrong:?}");
        }
    }
}
