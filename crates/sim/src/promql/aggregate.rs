//! Aggregations over the elements of a vector.

use std::collections::HashMap;

mod top;

use super::Error;
use super::eval::Context;
use super::format::plain;
use super::is_label_name;
use super::plan::{Aggregate, Grouping, Operation, Reduction};
use super::statistics::{quantile, stays_infinite};
use super::value::{Column, Series, Vector, joined};
use crate::tsdb::Labels;

/// Evaluates the aggregation at all steps.
pub(super) fn evaluate(context: &Context, aggregate: &Aggregate) -> Result<Vector, Error> {
    let vector = context.vector(&aggregate.vector)?;
    let (reduction, parameter) = match &aggregate.operation {
        Operation::CountValues(label) => {
            return count_values(label, &aggregate.grouping, &vector, context.count);
        }
        Operation::Reduce(reduction, None) => (*reduction, Vec::new()),
        Operation::Reduce(reduction, Some(parameter)) => (*reduction, context.scalar(parameter)?),
    };
    let groups = groups(&aggregate.grouping, &vector);
    if matches!(reduction, Reduction::TopK | Reduction::BottomK) {
        let limits = top::limits(&parameter)?;
        return Ok(top::select(&groups, &limits, reduction == Reduction::TopK));
    }
    context.charge(groups.len().saturating_mul(context.count))?;
    let reduced = groups.into_iter().map(|group| {
        let parameter = |step: usize| parameter.get(step).copied().unwrap_or(f64::NAN);
        let reduce = |step, values: &mut [f64]| reduce(reduction, parameter(step), values);
        let points = group.column(context.count, reduce);
        let labels = group.labels;
        Series { labels, points }
    });
    joined(reduced.collect())
}

/// The series of a vector that are aggregated into one.
struct Group<'a> {
    labels: Labels,
    members: Vec<&'a Series>,
}

impl Group<'_> {
    /// At each step what `reduce` makes of the values that are there, if there are any.
    fn column(&self, steps: usize, reduce: impl Fn(usize, &mut [f64]) -> f64) -> Column {
        let mut values = Vec::with_capacity(self.members.len());
        let at = |step: usize| {
            values.clear();
            values.extend(self.members.iter().filter_map(|member| member.points[step]));
            (!values.is_empty()).then(|| reduce(step, &mut values))
        };
        (0..steps).map(at).collect()
    }
}

/// The groups in the order of their first member.
fn groups<'a>(grouping: &Grouping, vector: &'a [Series]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_labels: HashMap<Labels, usize> = HashMap::new();
    for series in vector {
        let labels = grouping.key(&series.labels);
        let at = *by_labels.entry(labels.clone()).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group {
                labels,
                members: Vec::new(),
            });
        }
        groups[at].members.push(series);
    }
    groups
}

/// One value from the values of a group, of which there is at least one.
fn reduce(reduction: Reduction, parameter: f64, values: &mut [f64]) -> f64 {
    match reduction {
        Reduction::Sum => values.iter().sum(),
        Reduction::Avg => running_mean(values),
        Reduction::Min => extreme(values, |value, least| value < least),
        Reduction::Max => extreme(values, |value, most| value > most),
        Reduction::Count => values.len() as f64,
        Reduction::Stdvar => variance(values),
        Reduction::Stddev => variance(values).sqrt(),
        Reduction::Quantile => quantile(parameter, values),
        Reduction::Group | Reduction::TopK | Reduction::BottomK => 1.0,
    }
}

/// `avg`: unlike `avg_over_time`, Prometheus 2.42 does not compensate here.
fn running_mean(values: &[f64]) -> f64 {
    let mut mean = values[0];
    for (position, value) in values.iter().enumerate().skip(1) {
        if !stays_infinite(mean, *value) {
            let count = (position + 1) as f64;
            mean += value / count - mean / count;
        }
    }
    mean
}

/// Welford's running variance, not compensated.
fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (values[0], 0.0);
    for (position, value) in values.iter().enumerate().skip(1) {
        let delta = value - mean;
        mean += delta / (position + 1) as f64;
        squares += delta * (value - mean);
    }
    squares / values.len() as f64
}

/// The value that `beats` all others; NaN loses to anything.
fn extreme(values: &[f64], beats: impl Fn(f64, f64) -> bool) -> f64 {
    let better = |best: f64, value: &f64| {
        if beats(*value, best) || best.is_nan() {
            *value
        } else {
            best
        }
    };
    values[1..].iter().fold(values[0], better)
}

/// `count_values`: how many elements of a group have each value.
fn count_values(
    label: &str,
    grouping: &Grouping,
    vector: &[Series],
    steps: usize,
) -> Result<Vector, Error> {
    if !is_label_name(label) {
        return Err(Error::Execution(format!("invalid label name {label:?}")));
    }
    let mut counts: Vector = Vec::new();
    let mut by_labels: HashMap<Labels, usize> = HashMap::new();
    for series in vector {
        for (step, value) in series.points.iter().enumerate() {
            let Some(value) = value else { continue };
            let valued = series.labels.with(label, &plain(*value));
            let labels = if grouping.without {
                grouping.key(&valued)
            } else {
                valued.filtered(|name| name == label || grouping.labels.iter().any(|l| l == name))
            };
            let at = *by_labels.entry(labels.clone()).or_insert(counts.len());
            if at == counts.len() {
                counts.push(Series {
                    labels,
                    points: vec![None; steps],
                });
            }
            let count = &mut counts[at].points[step];
            *count = Some(count.unwrap_or(0.0) + 1.0);
        }
    }
    joined(counts)
}
