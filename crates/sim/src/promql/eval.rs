//! Evaluation: a plan at all steps of a query at once.
//!
//! Prometheus walks the steps and evaluates the tree at each. Here each node yields a column of
//! values per series instead, so that labels are computed once per series and samples are read in
//! one pass. Where the order of things shows in an answer or in an error, the steps are walked.

use std::cell::Cell;

use super::plan::{Operator, Plan};
use super::value::{Sample, SampleStream, Series, Value, Vector, distinct, joined};
use super::{
    Error, aggregate, arithmetic, calendar, functions, histogram, matching, relabel, sets,
};
use crate::tsdb::{Labels, Tsdb};

/// The most values a query may hold. Prometheus' own default (`--query.max-samples`) is 50
/// million; ours is lower because columns also pay for steps without a value.
const MAX_SAMPLES: usize = 20_000_000;

/// Evaluates at one time.
pub(super) fn instant(plan: &Plan, db: &Tsdb, t_ms: i64) -> Result<Value, Error> {
    let loaded = Cell::new(0);
    let context = Context::new(db, (t_ms, t_ms, 1), &loaded)?;
    if let Plan::Text(text) = plan {
        let value = text.clone();
        return Ok(Value::String { t_ms, value });
    }
    if let Plan::Range(source) = plan {
        return context.range_vector(source).map(Value::Matrix);
    }
    if plan.is_scalar() {
        let value = context.scalar(plan)?.first().copied().unwrap_or(f64::NAN);
        return Ok(Value::Scalar { t_ms, value });
    }
    let samples = context.vector(plan)?.into_iter().filter_map(|series| {
        let value = series.points.first().copied().flatten()?;
        let labels = series.labels;
        Some(Sample {
            labels,
            t_ms,
            value,
        })
    });
    Ok(Value::Vector(samples.collect()))
}

/// Evaluates at the steps of `(start, end, step)` in milliseconds.
pub(super) fn range(plan: &Plan, db: &Tsdb, steps: (i64, i64, i64)) -> Result<Value, Error> {
    let wrong_type = match plan {
        Plan::Text(_) => Some("string"),
        Plan::Range(_) => Some("range vector"),
        _ => None,
    };
    if let Some(kind) = wrong_type {
        return Err(Error::BadData(format!(
            "invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector"
        )));
    }
    let loaded = Cell::new(0);
    let context = Context::new(db, steps, &loaded)?;
    let vector = if plan.is_scalar() {
        vec![unlabelled(context.scalar(plan)?)]
    } else {
        context.vector(plan)?
    };
    let mut streams = context.streams(vector);
    streams.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(Value::Matrix(streams))
}

/// What an evaluation works on: the data, the steps, and how much it has taken up so far.
pub(super) struct Context<'a> {
    pub(super) db: &'a Tsdb,
    pub(super) start_ms: i64,
    pub(super) step_ms: i64,
    /// How many steps there are; a subquery may have none.
    pub(super) count: usize,
    /// The start and end of the whole query, for `@ start()` and `@ end()`.
    pub(super) query: (i64, i64),
    loaded: &'a Cell<usize>,
}

impl<'a> Context<'a> {
    fn new(db: &'a Tsdb, steps: (i64, i64, i64), loaded: &'a Cell<usize>) -> Result<Self, Error> {
        let (start_ms, end_ms, step_ms) = steps;
        let mut context = Self {
            db,
            start_ms,
            step_ms,
            count: 0,
            query: (start_ms, end_ms),
            loaded,
        };
        context.count = context.count_steps(end_ms)?;
        Ok(context)
    }

    /// The context in which a subquery evaluates its inner expression.
    pub(super) fn nested(&self, start_ms: i64, end_ms: i64, step_ms: i64) -> Result<Self, Error> {
        let mut context = Context {
            start_ms,
            step_ms,
            ..*self
        };
        context.count = context.count_steps(end_ms)?;
        Ok(context)
    }

    fn count_steps(&self, end_ms: i64) -> Result<usize, Error> {
        if self.step_ms < 1 {
            let message = "the query resolution step must be at least 1 ms";
            return Err(Error::Execution(message.to_owned()));
        }
        if end_ms < self.start_ms {
            return Ok(0);
        }
        let count = end_ms.abs_diff(self.start_ms) / self.step_ms as u64 + 1;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.charge(count).map(|()| count)
    }

    /// The times of the steps (ms).
    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        (0..self.count as i64).map(|step| self.start_ms + step * self.step_ms)
    }

    /// Accounts for values about to be held, and refuses more than the limit.
    pub(super) fn charge(&self, values: usize) -> Result<(), Error> {
        let loaded = self.loaded.get().saturating_add(values);
        if loaded > MAX_SAMPLES {
            return Err(Error::Execution(
                "query processing would load too many samples into memory in query execution"
                    .to_owned(),
            ));
        }
        self.loaded.set(loaded);
        Ok(())
    }

    /// The value of a scalar expression at each step.
    pub(super) fn scalar(&self, plan: &Plan) -> Result<Vec<f64>, Error> {
        self.charge(self.count)?;
        match plan {
            Plan::Number(number) => Ok(vec![*number; self.count]),
            Plan::Time => Ok(self.times().map(|t| t as f64 / 1000.0).collect()),
            Plan::ScalarOf(inner) => Ok(functions::only_element(&self.vector(inner)?, self.count)),
            Plan::Negate(inner) => Ok(self.scalar(inner)?.into_iter().map(|v| -v).collect()),
            Plan::Binary(binary) => {
                let pairs = self
                    .scalar(&binary.left)?
                    .into_iter()
                    .zip(self.scalar(&binary.right)?);
                let of = |(left, right)| arithmetic::scalar(binary.operator, left, right);
                Ok(pairs.map(of).collect())
            }
            _ => Err(misplaced("a vector", "a scalar")),
        }
    }

    /// The series of an instant vector expression.
    pub(super) fn vector(&self, plan: &Plan) -> Result<Vector, Error> {
        match plan {
            Plan::Selector(selector) => self.instant_vector(selector, |_, value| value),
            Plan::VectorOf(inner) => Ok(vec![unlabelled(self.scalar(inner)?)]),
            Plan::Window(window) => self.window(window),
            Plan::AbsentOverTime { source, labels } => self.absent_over_time(source, labels),
            Plan::Negate(inner) => {
                let negated = self.vector(inner)?.into_iter().map(|s| s.map(|v| -v));
                distinct(negated.collect())
            }
            Plan::Binary(binary) => self.binary(binary),
            Plan::Set(set) => {
                let sides = (self.vector(&set.left)?, self.vector(&set.right)?);
                joined(sets::combine(set, sides, self.count))
            }
            Plan::Aggregate(aggregate) => aggregate::evaluate(self, aggregate),
            _ => self.function(plan),
        }
    }

    fn function(&self, plan: &Plan) -> Result<Vector, Error> {
        match plan {
            Plan::Map { function, vector } => {
                let mapped = self.vector(vector)?.into_iter().map(|s| s.map(function));
                joined(mapped.collect())
            }
            Plan::MapWith {
                function,
                vector,
                scalars,
            } => {
                let columns: Result<Vec<_>, _> = scalars.iter().map(|s| self.scalar(s)).collect();
                let vector = self.vector(vector)?;
                joined(functions::map_with(*function, vector, &columns?))
            }
            Plan::Calendar { function, vector } => {
                calendar::evaluate(self, *function, vector.as_deref())
            }
            Plan::Timestamp(inner) => self.timestamp(inner),
            Plan::Absent { vector, labels } => {
                Ok(functions::absent(&self.vector(vector)?, labels, self.count))
            }
            Plan::Sort { vector, descending } => {
                Ok(functions::sorted(self.vector(vector)?, *descending))
            }
            Plan::HistogramQuantile { quantile, vector } => {
                let quantile = self.scalar(quantile)?;
                joined(histogram::quantiles(&quantile, &self.vector(vector)?))
            }
            Plan::LabelReplace { vector, rule } => relabel::replace(rule, self.vector(vector)?),
            Plan::LabelJoin { vector, rule } => relabel::join(rule, self.vector(vector)?),
            _ => Err(misplaced("another type", "a vector")),
        }
    }

    fn binary(&self, binary: &super::plan::Binary) -> Result<Vector, Error> {
        let rule = arithmetic::Rule {
            operator: binary.operator,
            returns_bool: binary.returns_bool,
        };
        let result = match (binary.left.is_scalar(), binary.right.is_scalar()) {
            (false, true) => {
                let scalars = self.scalar(&binary.right)?;
                rule.with_scalars(self.vector(&binary.left)?, &scalars, false)
            }
            (true, false) => {
                let scalars = self.scalar(&binary.left)?;
                rule.with_scalars(self.vector(&binary.right)?, &scalars, true)
            }
            _ => {
                let (left, right) = (self.vector(&binary.left)?, self.vector(&binary.right)?);
                return matching::evaluate(binary, &left, &right, self.count);
            }
        };
        joined(result)
    }

    /// `timestamp` of a selector is the time of the sample, of anything else that of the step.
    fn timestamp(&self, inner: &Plan) -> Result<Vector, Error> {
        let vector = if let Plan::Selector(selector) = inner {
            self.instant_vector(selector, |t, _| t as f64 / 1000.0)?
        } else {
            let times: Vec<f64> = self.times().map(|t| t as f64 / 1000.0).collect();
            let stamp = |_: f64, time: &[f64]| Some(time[0]);
            functions::map_with(stamp, self.vector(inner)?, &[times])
        };
        joined(vector.into_iter().map(|s| s.map(|v| v)).collect())
    }

    fn streams(&self, vector: Vector) -> Vec<SampleStream> {
        let of = |series: Series| {
            let present = self.times().zip(series.points);
            let points: Vec<_> = present
                .filter_map(|(t, p)| p.map(|value| (t, value)))
                .collect();
            let labels = series.labels;
            (!points.is_empty()).then_some(SampleStream { labels, points })
        };
        vector.into_iter().filter_map(of).collect()
    }
}

impl Operator {
    /// Whether the operator compares and so filters instead of computing.
    pub(super) fn is_comparison(self) -> bool {
        !matches!(
            self,
            Self::Add
                | Self::Subtract
                | Self::Multiply
                | Self::Divide
                | Self::Modulo
                | Self::Power
                | Self::Atan2
        )
    }
}

fn unlabelled(values: Vec<f64>) -> Series {
    Series {
        labels: Labels::default(),
        points: values.into_iter().map(Some).collect(),
    }
}

/// Lowering settles the types of operands, so this tells of a defect in it.
fn misplaced(found: &str, wanted: &str) -> Error {
    Error::Execution(format!("found {found} where {wanted} is needed"))
}
