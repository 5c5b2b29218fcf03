//! Selectors, range vectors and subqueries.

use std::time::{Duration, SystemTime};

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::{AtModifier, Expr, Offset, SubqueryExpr, VectorSelector};

use super::{lower, vector};
use crate::promql::plan::{At, Plan, RangeSource, Selector, Shift};
use crate::promql::{Error, syntax};
use crate::tsdb::{MatchKind, Matcher, NAME};

/// The step of a subquery that states none: Prometheus takes `global.evaluation_interval`, whose
/// default is one minute.
const DEFAULT_SUBQUERY_STEP_MS: i64 = 60_000;

/// Times further away than this (ms, about 3 million years) are as good as any other without data.
const FAR_AWAY_MS: i64 = 100_000_000_000_000_000;

/// Parses a series selector such as `up{job="api"}`, for `match[]` parameters.
///
/// Everything else, a selector with `offset` or `@` included, is [`Error::BadData`].
pub fn parse_selector(text: &str) -> Result<Vec<Matcher>, Error> {
    let expression = syntax::parse(text)?;
    match lower(&expression)? {
        Plan::Selector(selector) if is_bare(&expression) => Ok(selector.matchers),
        _ => Err(Error::BadData(format!(
            "parse error: {text:?} is not a series selector"
        ))),
    }
}

fn is_bare(expression: &Expr) -> bool {
    matches!(expression, Expr::VectorSelector(v) if v.at.is_none() && v.offset.is_none())
}

pub(super) fn instant(selector: &VectorSelector) -> Result<Selector, Error> {
    if !selector.matchers.or_matchers.is_empty() {
        return Err(Error::unsupported("\"or\" between matchers"));
    }
    let mut matchers: Vec<Matcher> = selector.matchers.matchers.iter().map(matcher).collect();
    if let Some(name) = &selector.name {
        matchers.push(Matcher::equal(NAME, name));
    }
    let shift = shift(selector.at.as_ref(), selector.offset.as_ref());
    Ok(Selector { matchers, shift })
}

/// Lowers an operand that must be a range vector.
pub(super) fn range(expression: &Expr) -> Result<RangeSource, Error> {
    match expression {
        Expr::Paren(paren) => range(&paren.expr),
        Expr::MatrixSelector(matrix) => Ok(RangeSource::Selector {
            selector: instant(&matrix.vs)?,
            range_ms: millis(matrix.range),
        }),
        Expr::Subquery(subquery) => lower_subquery(subquery),
        other => Err(Error::BadData(format!(
            "parse error: expected type range vector, got {}",
            other.value_type()
        ))),
    }
}

fn lower_subquery(subquery: &SubqueryExpr) -> Result<RangeSource, Error> {
    Ok(RangeSource::Subquery {
        inner: vector(&subquery.expr)?,
        range_ms: millis(subquery.range),
        step_ms: subquery.step.map_or(DEFAULT_SUBQUERY_STEP_MS, millis),
        shift: shift(subquery.at.as_ref(), subquery.offset.as_ref()),
    })
}

fn matcher(parsed: &ParsedMatcher) -> Matcher {
    let kind = match &parsed.op {
        MatchOp::Equal => MatchKind::Equal,
        MatchOp::NotEqual => MatchKind::NotEqual,
        MatchOp::Re(pattern) => MatchKind::Regex(pattern.clone()),
        MatchOp::NotRe(pattern) => MatchKind::NotRegex(pattern.clone()),
    };
    Matcher {
        name: parsed.name.clone(),
        value: parsed.value.clone(),
        kind,
    }
}

fn shift(at: Option<&AtModifier>, offset: Option<&Offset>) -> Shift {
    let offset_ms = match offset {
        None => 0,
        Some(Offset::Pos(later)) => millis(*later),
        Some(Offset::Neg(earlier)) => -millis(*earlier),
    };
    let at = at.map(|at| match at {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(time) => At::Time(since_epoch(*time)),
    });
    Shift { at, offset_ms }
}

fn since_epoch(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).map_or(FAR_AWAY_MS, |ms| ms.min(FAR_AWAY_MS))
}
