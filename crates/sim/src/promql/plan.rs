//! The plan of a query: PromQL reduced to what the evaluator does.
//!
//! The types of operands are settled here, so the evaluator never meets a construct that it does
//! not know.

use regex::Regex;

use super::window::WindowFunction;
use crate::tsdb::{Labels, Matcher};

/// An expression.
pub(super) enum Plan {
    Number(f64),
    Text(String),
    /// `time()`: the time of the step in seconds.
    Time,
    /// `scalar(v)`.
    ScalarOf(Box<Plan>),
    /// `vector(s)`.
    VectorOf(Box<Plan>),
    Selector(Selector),
    /// A range vector that is the whole query.
    Range(RangeSource),
    /// A function of a range vector.
    Window(Window),
    /// `absent_over_time`.
    AbsentOverTime {
        source: RangeSource,
        labels: Labels,
    },
    /// Unary minus.
    Negate(Box<Plan>),
    Binary(Binary),
    Set(Set),
    Aggregate(Aggregate),
    /// A function of one value, applied to each element.
    Map {
        function: fn(f64) -> f64,
        vector: Box<Plan>,
    },
    /// A function of one value and some scalars, applied to each element; `None` drops it.
    MapWith {
        function: fn(f64, &[f64]) -> Option<f64>,
        vector: Box<Plan>,
        scalars: Vec<Plan>,
    },
    /// A part of a date; `None` is the time of the step.
    Calendar {
        function: super::calendar::Part,
        vector: Option<Box<Plan>>,
    },
    /// `timestamp(v)`.
    Timestamp(Box<Plan>),
    Absent {
        vector: Box<Plan>,
        labels: Labels,
    },
    Sort {
        vector: Box<Plan>,
        descending: bool,
    },
    HistogramQuantile {
        quantile: Box<Plan>,
        vector: Box<Plan>,
    },
    LabelReplace {
        vector: Box<Plan>,
        rule: Replace,
    },
    LabelJoin {
        vector: Box<Plan>,
        rule: Join,
    },
}

impl Plan {
    /// Whether the expression is a number at each step and not a vector.
    pub(super) fn is_scalar(&self) -> bool {
        match self {
            Self::Number(_) | Self::Time | Self::ScalarOf(_) => true,
            Self::Negate(inner) => inner.is_scalar(),
            Self::Binary(binary) => binary.left.is_scalar() && binary.right.is_scalar(),
            _ => false,
        }
    }
}

/// What `@` pins a selector to.
#[derive(Clone, Copy)]
pub(super) enum At {
    /// A time (ms since the epoch).
    Time(i64),
    /// The start of the query.
    Start,
    /// The end of the query.
    End,
}

/// When to look: the time of the step, or of `@`, less the offset.
#[derive(Clone, Copy)]
pub(super) struct Shift {
    pub(super) at: Option<At>,
    pub(super) offset_ms: i64,
}

/// An instant vector selector.
pub(super) struct Selector {
    pub(super) matchers: Vec<Matcher>,
    pub(super) shift: Shift,
}

/// Where the samples of a range vector come from.
pub(super) enum RangeSource {
    Selector {
        selector: Selector,
        range_ms: i64,
    },
    Subquery {
        inner: Box<Plan>,
        range_ms: i64,
        step_ms: i64,
        shift: Shift,
    },
}

impl RangeSource {
    /// When the window ends.
    pub(super) fn shift(&self) -> Shift {
        match self {
            Self::Selector { selector, .. } => selector.shift,
            Self::Subquery { shift, .. } => *shift,
        }
    }

    /// How long the window is.
    pub(super) fn range_ms(&self) -> i64 {
        match self {
            Self::Selector { range_ms, .. } | Self::Subquery { range_ms, .. } => *range_ms,
        }
    }
}

/// A function of a range vector, and of one scalar for some.
pub(super) struct Window {
    pub(super) function: WindowFunction,
    pub(super) source: RangeSource,
    pub(super) scalar: Option<Box<Plan>>,
    pub(super) keeps_name: bool,
}

/// An arithmetic operator or a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

/// `left op right` where at least one side may be a scalar.
pub(super) struct Binary {
    pub(super) operator: Operator,
    /// Whether a comparison returns 0 or 1 instead of filtering.
    pub(super) returns_bool: bool,
    pub(super) left: Box<Plan>,
    pub(super) right: Box<Plan>,
    pub(super) matching: Matching,
    pub(super) cardinality: Cardinality,
}

/// Which labels decide that two elements belong together.
pub(super) struct Matching {
    /// `on`, else `ignoring`.
    pub(super) on: bool,
    pub(super) labels: Vec<String>,
}

impl Matching {
    /// The labels by which an element is matched.
    pub(super) fn signature(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| {
            let named = self.labels.iter().any(|own| own == name);
            if self.on {
                named
            } else {
                !named && name != crate::tsdb::NAME
            }
        })
    }
}

/// How many elements of one side an element of the other may match.
pub(super) enum Cardinality {
    OneToOne,
    /// `group_left`, with the labels to take from the right side.
    ManyToOne(Vec<String>),
    /// `group_right`, with the labels to take from the left side.
    OneToMany(Vec<String>),
}

/// A set operator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperator {
    And,
    Or,
    Unless,
}

/// `left and right` and its like.
pub(super) struct Set {
    pub(super) operator: SetOperator,
    pub(super) left: Box<Plan>,
    pub(super) right: Box<Plan>,
    pub(super) matching: Matching,
}

/// What an aggregation does with the values of a group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Quantile,
    TopK,
    BottomK,
}

/// An aggregation's operation with its parameter.
pub(super) enum Operation {
    /// One value for each group; the parameter is `topk`'s and `bottomk`'s k, or the quantile.
    Reduce(Reduction, Option<Box<Plan>>),
    /// `count_values`, with the label that holds the value.
    CountValues(String),
}

/// An aggregation over an instant vector.
pub(super) struct Aggregate {
    pub(super) operation: Operation,
    pub(super) vector: Box<Plan>,
    pub(super) grouping: Grouping,
}

/// `by` or `without`.
pub(super) struct Grouping {
    pub(super) without: bool,
    pub(super) labels: Vec<String>,
}

impl Grouping {
    /// The labels of the group that a series belongs to.
    pub(super) fn key(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| {
            let named = self.labels.iter().any(|own| own == name);
            if self.without {
                !named && name != crate::tsdb::NAME
            } else {
                named
            }
        })
    }
}

/// The arguments of `label_replace`.
pub(super) struct Replace {
    pub(super) target: String,
    pub(super) replacement: String,
    pub(super) source: String,
    /// The pattern as it was written, and compiled and anchored if that was possible: a bad
    /// pattern is an error of execution in Prometheus.
    pub(super) pattern: Result<Regex, String>,
}

/// The arguments of `label_join`.
pub(super) struct Join {
    pub(super) target: String,
    pub(super) separator: String,
    pub(super) sources: Vec<String>,
}
