//! The part of LogQL that is understood; everything else is refused as a syntax error.
//!
//! - selectors `{a="b", c!="d", e=~"f", g!~"h"}`,
//! - line filters `|=`, `!=`, `|~`, `!~`,
//! - `| json`, `| logfmt`,
//! - label filters `| a="b"`, `| n > 5`, `| d >= 250ms`, joined by `and`, `or`, `,`,
//! - `count_over_time`, `rate`, `bytes_over_time`, `bytes_rate` over `[5m]`,
//! - `sum`, `avg`, `min`, `max`, `count` with `by` or `without`, and `topk`, `bottomk`.

mod lexer;
mod parser;
mod pipeline;

use std::collections::BTreeMap;

use regex::Regex;

pub(super) use parser::{log, parse};
pub(super) use pipeline::Line;

pub(super) type Labels = BTreeMap<String, String>;

/// A query of either kind.
#[derive(Debug)]
pub(super) enum Query {
    Log(LogQuery),
    Metric(Metric),
}

/// Lines: which streams, and what is done with each line.
#[derive(Debug)]
pub(super) struct LogQuery {
    pub(super) matchers: Vec<Matcher>,
    pub(super) stages: Vec<Stage>,
}

#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) name: String,
    pub(super) test: Test,
}

/// A comparison with a text.
#[derive(Debug)]
pub(super) enum Test {
    Equal(String),
    Unequal(String),
    Matches(Regex),
    MatchesNot(Regex),
}

#[derive(Debug)]
pub(super) enum Stage {
    Line(LineFilter),
    Json,
    Logfmt,
    Label(LabelFilter),
}

#[derive(Debug)]
pub(super) enum LineFilter {
    Contains(String),
    ContainsNot(String),
    Matches(Regex),
    MatchesNot(Regex),
}

#[derive(Debug)]
pub(super) enum LabelFilter {
    Text(Matcher),
    Number {
        name: String,
        order: Order,
        value: f64,
        duration: bool,
    },
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
}

#[derive(Debug)]
pub(super) enum Metric {
    Range {
        function: Function,
        log: LogQuery,
        nanos: i64,
    },
    Aggregate {
        operation: Aggregation,
        grouping: Grouping,
        inner: Box<Self>,
    },
    Best {
        count: usize,
        smallest: bool,
        inner: Box<Self>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Function {
    Count,
    Rate,
    Bytes,
    BytesRate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aggregation {
    Sum,
    Average,
    Least,
    Most,
    Count,
}

#[derive(Debug, Default)]
pub(super) struct Grouping {
    pub(super) without: bool,
    pub(super) labels: Vec<String>,
}

impl LogQuery {
    /// Whether a stream with these labels is asked for.
    pub(super) fn selects(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.admits(labels))
    }
}

impl Matcher {
    pub(super) fn admits(&self, labels: &Labels) -> bool {
        self.test
            .admits(labels.get(&self.name).map_or("", String::as_str))
    }
}

impl Test {
    pub(super) fn admits(&self, text: &str) -> bool {
        match self {
            Self::Equal(wanted) => text == wanted,
            Self::Unequal(wanted) => text != wanted,
            Self::Matches(pattern) => pattern.is_match(text),
            Self::MatchesNot(pattern) => !pattern.is_match(text),
        }
    }
}

impl Metric {
    /// The log query and the range at the bottom.
    pub(super) fn source(&self) -> (&LogQuery, i64, Function) {
        match self {
            Self::Range {
                function,
                log,
                nanos,
            } => (log, *nanos, *function),
            Self::Aggregate { inner, .. } | Self::Best { inner, .. } => inner.source(),
        }
    }
}
