//! Metric queries: lines counted in windows, then joined.

use std::collections::{BTreeMap, HashMap};

use super::lines;
use super::logql::{Aggregation, Function, Grouping, Labels, Line, LogQuery, Metric};
use super::query::ticks;
use crate::history::History;

/// Points of a series: nanoseconds and value.
pub(super) type Series = (Labels, Vec<(i64, f64)>);

/// The value of the query at each of the points, which ascend.
pub(super) fn evaluate(history: &History, query: &Metric, points: &[i64]) -> Vec<Series> {
    let (log, range, function) = query.source();
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let samples = collect(history, log, summed(query), (first - range, last));
    let mut series: Vec<Series> = samples
        .into_iter()
        .map(|(labels, samples)| (labels, windows(&samples, points, range, function)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    apply(query, &mut series);
    series.sort_by(|a, b| a.0.cmp(&b.0));
    series
}

/// Times and sizes of the lines after `range.0` up to `range.1`, by their labels. Where they are
/// summed by some labels next, only those are kept: a sum of counts is the count of all.
fn collect(
    history: &History,
    log: &LogQuery,
    summed: Option<&Grouping>,
    range: (i64, i64),
) -> HashMap<Labels, Vec<(i64, f64)>> {
    let (first, last) = ticks(range);
    let admits = |labels: &Labels| log.selects(labels);
    let mut samples: HashMap<Labels, Vec<(i64, f64)>> = HashMap::new();
    for entry in lines::between(history, first, last, &admits).flatten() {
        if entry.nanos <= range.0 || entry.nanos > range.1 {
            continue;
        }
        let mut line = Line {
            text: &entry.line,
            stream: &entry.stream,
            metadata: &entry.metadata,
            parsed: Labels::new(),
        };
        if log.passes(&mut line) {
            let labels = match summed {
                Some(grouping) => grouping.of(&line),
                None => line.labels(),
            };
            samples
                .entry(labels)
                .or_default()
                .push((entry.nanos, entry.line.len() as f64));
        }
    }
    samples
}

/// The grouping of a plain `sum by (…)` right above the range.
fn summed(query: &Metric) -> Option<&Grouping> {
    match query {
        Metric::Aggregate {
            operation: Aggregation::Sum,
            grouping,
            inner,
        } if !grouping.without && matches!(**inner, Metric::Range { .. }) => Some(grouping),
        Metric::Best { inner, .. } | Metric::Aggregate { inner, .. } => summed(inner),
        Metric::Range { .. } => None,
    }
}

impl Grouping {
    fn of(&self, line: &Line<'_>) -> Labels {
        let named = |name: &String| Some((name.clone(), line.label(name)?.to_owned()));
        self.labels.iter().filter_map(named).collect()
    }
}

/// A window without lines has no point.
fn windows(
    samples: &[(i64, f64)],
    points: &[i64],
    range: i64,
    function: Function,
) -> Vec<(i64, f64)> {
    let (mut from, mut to) = (0, 0);
    let mut values = Vec::new();
    for &point in points {
        while samples.get(to).is_some_and(|sample| sample.0 <= point) {
            to += 1;
        }
        while samples
            .get(from)
            .is_some_and(|sample| sample.0 <= point - range)
        {
            from += 1;
        }
        if to <= from {
            continue;
        }
        let window = &samples[from..to];
        let bytes = || window.iter().map(|sample| sample.1).sum::<f64>();
        let seconds = range as f64 / 1e9;
        values.push((
            point,
            match function {
                Function::Count => window.len() as f64,
                Function::Rate => window.len() as f64 / seconds,
                Function::Bytes => bytes(),
                Function::BytesRate => bytes() / seconds,
            },
        ));
    }
    values
}

fn apply(query: &Metric, series: &mut Vec<Series>) {
    match query {
        Metric::Range { .. } => {}
        Metric::Aggregate {
            operation,
            grouping,
            inner,
        } => {
            apply(inner, series);
            *series = aggregate(*operation, grouping, std::mem::take(series));
        }
        Metric::Best {
            count,
            smallest,
            inner,
        } => {
            apply(inner, series);
            *series = best(*count, *smallest, std::mem::take(series));
        }
    }
}

fn aggregate(operation: Aggregation, grouping: &Grouping, series: Vec<Series>) -> Vec<Series> {
    let mut groups: BTreeMap<Labels, BTreeMap<i64, Vec<f64>>> = BTreeMap::new();
    for (mut labels, values) in series {
        labels.retain(|name, _| grouping.labels.contains(name) != grouping.without);
        let group = groups.entry(labels).or_default();
        for (at, value) in values {
            group.entry(at).or_default().push(value);
        }
    }
    groups
        .into_iter()
        .map(|(labels, points)| {
            let values = points
                .into_iter()
                .map(|(at, values)| (at, operation.of(&values)));
            (labels, values.collect())
        })
        .collect()
}

/// The first of each point; a series keeps the points in which it is among them.
fn best(count: usize, smallest: bool, series: Vec<Series>) -> Vec<Series> {
    let mut points: BTreeMap<i64, Vec<(f64, usize)>> = BTreeMap::new();
    for (index, (_, values)) in series.iter().enumerate() {
        for &(at, value) in values {
            points.entry(at).or_default().push((value, index));
        }
    }
    let mut kept: Vec<Vec<(i64, f64)>> = vec![Vec::new(); series.len()];
    for (at, mut values) in points {
        values.sort_by(|a, b| {
            let order = a.0.total_cmp(&b.0);
            if smallest { order } else { order.reverse() }
        });
        for (value, index) in values.into_iter().take(count) {
            kept[index].push((at, value));
        }
    }
    let series = series
        .into_iter()
        .zip(kept)
        .map(|((labels, _), values)| (labels, values));
    series.filter(|(_, values)| !values.is_empty()).collect()
}

impl Aggregation {
    fn of(self, values: &[f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        match self {
            Self::Sum => sum,
            Self::Average => sum / values.len().max(1) as f64,
            Self::Least => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Most => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Count => values.len() as f64,
        }
    }
}
