//! What is asked about metrics beside plain queries, and what comes back.

use jiff::{SignedDuration, Timestamp};

use crate::collection::Gap;
use crate::query::Selection;
use crate::series::{Labels, Series};
use crate::time::TimeRange;

/// When an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// At one instant.
    At(Timestamp),
    /// At every step of a range; the step is positive. Without one it is chosen by the points that
    /// are wanted.
    Over(TimeRange, Option<SignedDuration>),
}

/// An expression, and how it is evaluated over many clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Which clusters.
    pub clusters: Selection,
    /// `PromQL`.
    pub query: String,
    /// When.
    pub window: Window,
    /// How what the clusters gave becomes one answer.
    pub union: Union,
    /// At most this many points a series, of a range; those that matter are kept.
    pub points: Option<u32>,
}

/// How what several clusters gave becomes one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Union {
    /// Each cluster's own answer, with `cluster` on every series.
    Each,
    /// As one server would answer that held the series of all, `cluster` on each of them; what it
    /// would need several clusters for at once, other than an outermost aggregation that can be
    /// put together, is refused.
    One,
    /// One cluster's answer as it is.
    Plain,
}

/// What kind of value an expression has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shape {
    /// Series with many samples.
    Matrix,
    /// Series with one sample.
    #[default]
    Vector,
    /// One number: a series without labels.
    Scalar,
}

/// What an evaluation gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluated {
    /// What kind of value.
    pub shape: Shape,
    /// Series with their labels; `cluster` among them unless it was combined away.
    pub series: Vec<Series>,
    /// Of each series whose points were thinned out, the stretches in which it has no samples:
    /// the last sample before and the first after, in milliseconds.
    pub missing: Vec<Vec<(i64, i64)>>,
    /// The step of a range in milliseconds.
    pub step_ms: Option<i64>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// What the reader should know of the values that is no fault: how the expression was
    /// understood, and that points were left out.
    pub notes: Vec<String>,
    /// How many clusters answered.
    pub answered: usize,
}

/// A question for the labels of series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuery {
    /// Which clusters.
    pub clusters: Selection,
    /// Selectors, of which one has to match; none for all series.
    pub matches: Vec<String>,
    /// In which time; the server's own choice where absent.
    pub range: Option<TimeRange>,
    /// At most so many items of each cluster.
    pub limit: u32,
    /// Whether `cluster` is a label of the answer: of a fleet, not of one cluster.
    pub labelled: bool,
}

/// What a metric is, as the targets that have it say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct MetricMeta {
    /// The metric's name.
    pub metric: String,
    /// `counter`, `gauge`, `histogram`, `summary`, … as the target says.
    pub kind: String,
    /// What it tells.
    pub help: String,
    /// Its unit, mostly empty.
    pub unit: String,
}

/// A group of rules of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleGroup {
    /// The cluster's name.
    pub cluster: String,
    /// The group's name.
    pub name: String,
    /// The file that it is from.
    pub file: String,
    /// How often it is evaluated, in seconds.
    pub interval: f64,
    /// How many series or alerts a rule may give; none where it is 0.
    pub limit: u64,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// A rule that records or alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    /// Of an alerting rule: its state and alerts.
    pub alerting: Option<Alerting>,
    /// The name of what it records, or of its alerts.
    pub name: String,
    /// Its expression.
    pub query: String,
    /// Labels that it adds.
    pub labels: Labels,
    /// `ok`, `err` or `unknown`.
    pub health: String,
    /// The last error, mostly empty.
    pub last_error: String,
    /// When it was last evaluated, as the server writes it.
    pub last_evaluation: String,
    /// How long that took, in seconds.
    pub evaluation_time: f64,
}

/// What only alerting rules have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alerting {
    /// `firing`, `pending` or `inactive`.
    pub state: String,
    /// For how long the expression has to hold, in seconds.
    pub duration: f64,
    /// For how long it fires on when the expression no longer holds, in seconds.
    pub keep_firing_for: f64,
    /// Annotations of its alerts.
    pub annotations: Labels,
    /// Its alerts now.
    pub alerts: Vec<RuleAlert>,
}

/// An alert that a rule has raised.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleAlert {
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// `firing` or `pending`.
    pub state: String,
    /// Since when, as the server writes it.
    pub active_at: String,
    /// The expression's value, as text.
    pub value: String,
}

/// Something that a Prometheus scrapes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// The cluster's name.
    pub cluster: String,
    /// Its labels.
    pub labels: Labels,
    /// Labels before relabelling.
    pub discovered_labels: Labels,
    /// The job.
    pub scrape_pool: String,
    /// Where it is scraped.
    pub scrape_url: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// The last error, mostly empty.
    pub last_error: String,
    /// When it was last scraped, as the server writes it.
    pub last_scrape: String,
    /// How long that took, in seconds.
    pub last_scrape_duration: f64,
}

/// Exemplars of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct ExemplarSeries {
    /// The series' labels.
    pub labels: Labels,
    /// Labels (such as the trace), the value as text, and when, in milliseconds.
    pub exemplars: Vec<Exemplar>,
}

/// One exemplar.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Its own labels, such as `trace_id`.
    pub labels: Labels,
    /// The value as text.
    pub value: String,
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}
