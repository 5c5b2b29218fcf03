//! PromQL, as Prometheus 2.42 understands it.
//!
//! A query is parsed with `promql-parser`, lowered to a plan of our own and evaluated over a
//! [`Tsdb`](crate::tsdb::Tsdb). Lowering is where everything outside the subset is refused, by
//! name, before a sample is read: nothing is ever guessed.
//!
//! # The subset
//!
//! - Selectors with `=`, `!=`, `=~`, `!~`; `offset` (also negative); `@` with a number, `start()`
//!   or `end()`; range vectors `[5m]`; subqueries `[1h:5m]` and `[1h:]` (a step of 1 m).
//! - The lookback of 5 minutes and stale markers.
//! - Aggregations with `by` and `without`: `sum`, `avg`, `min`, `max`, `count`, `group`, `stddev`,
//!   `stdvar`, `topk`, `bottomk`, `quantile`, `count_values`.
//! - `+ - * / % ^ atan2`, comparisons with and without `bool`, `and`, `or`, `unless`; matching by
//!   `on` and `ignoring` with `group_left` and `group_right`; unary minus, and unary plus before
//!   a number.
//! - Over range vectors: `rate`, `irate`, `increase`, `delta`, `idelta`, `deriv`,
//!   `predict_linear`, `changes`, `resets`, and `avg`, `min`, `max`, `sum`, `count`, `last`,
//!   `quantile`, `stddev`, `stdvar`, `present` and `absent` with `_over_time`.
//! - Over instant vectors: `abs`, `ceil`, `floor`, `round`, `clamp`, `clamp_min`, `clamp_max`,
//!   `exp`, `ln`, `log2`, `log10`, `sqrt`, `sgn`, `deg`, `rad`, the trigonometric functions,
//!   `timestamp`, `sort`, `sort_desc`, `absent`, `histogram_quantile` (classic buckets),
//!   `label_replace`, `label_join`, and `minute`, `hour`, `day_of_week`, `day_of_month`,
//!   `day_of_year`, `days_in_month`, `month`, `year`.
//! - `scalar`, `vector`, `time`, `pi`.
//!
//! Not supported: native histograms and their functions, `holt_winters`, and everything newer than
//! Prometheus 2.42 that the parser would accept (quoted metric and label names, `or` between
//! matchers, `fill`, `limitk`, durations as numbers, experimental functions). Also not supported
//! are `@` in the range vector of `predict_linear`, and of `quantile_over_time` with a quantile
//! that varies, and `@` with an offset in `timestamp`: 2.42 itself loses one of the two there.
//!
//! The one known difference inside the subset: the patterns of `=~` and `label_replace` are those
//! of the `regex` crate, whose `\d`, `\w` and `\s` are not limited to ASCII.

mod aggregate;
mod arithmetic;
mod calendar;
mod duration;
mod error;
mod eval;
mod format;
mod functions;
mod histogram;
mod lower;
mod matching;
mod plan;
mod relabel;
mod select;
mod sets;
mod statistics;
mod syntax;
mod value;
mod window;

pub(crate) use duration::duration_ms;
pub use error::Error;
pub use format::format_value;
pub(crate) use format::with_exponent as format_exponent;
pub use lower::parse_selector;
pub(crate) use relabel::is_label_name;
pub use value::{Sample, SampleStream, Value};

use crate::tsdb::Tsdb;
use plan::Plan;

/// How far back an instant vector looks for the newest sample of a series:
/// `--query.lookback-delta` of Prometheus, whose default is 5 minutes.
pub const LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// A query that was parsed, checked and found to be inside the subset.
pub struct Query {
    plan: Plan,
}

impl Query {
    /// Parses a query. The error is always [`Error::BadData`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let plan = lower::lower(&syntax::parse(text)?)?;
        Ok(Self { plan })
    }

    /// Evaluates the query at one time (ms since the epoch).
    pub fn instant(&self, db: &Tsdb, t_ms: i64) -> Result<Value, Error> {
        eval::instant(&self.plan, db, t_ms)
    }

    /// Evaluates the query at `start_ms`, `start_ms + step_ms` and so on up to `end_ms`. Always a
    /// [`Value::Matrix`], sorted by labels. A query that is a range vector or a string is
    /// [`Error::BadData`].
    pub fn range(
        &self,
        db: &Tsdb,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<Value, Error> {
        eval::range(&self.plan, db, (start_ms, end_ms, step_ms))
    }
}
