//! Function calls.

use promql_parser::label::{MatchOp, Matcher as ParsedMatcher};
use promql_parser::parser::{Call, Expr};
use regex::Regex;

use super::{scalar, selector, text, vector};
use crate::promql::plan::{Join, Plan, Replace, Window};
use crate::promql::{Error, calendar, functions, window};
use crate::tsdb::{Labels, NAME};

pub(super) fn lower(call: &Call) -> Result<Plan, Error> {
    let name = call.func.name;
    let arguments: Vec<&Expr> = call.args.args.iter().map(AsRef::as_ref).collect();
    if let Some(function) = functions::find(name) {
        let vector = vector(first(&arguments)?)?;
        return Ok(Plan::Map { function, vector });
    }
    if let Some(function) = functions::find_with_scalars(name) {
        let scalars = arguments
            .iter()
            .skip(1)
            .map(|argument| scalar(argument).map(|s| *s));
        let scalars = scalars.collect::<Result<_, _>>()?;
        let vector = vector(first(&arguments)?)?;
        return Ok(Plan::MapWith {
            function,
            vector,
            scalars,
        });
    }
    if let Some(function) = calendar::find(name) {
        let vector = arguments
            .first()
            .map(|argument| vector(argument))
            .transpose()?;
        return Ok(Plan::Calendar { function, vector });
    }
    if let Some(function) = window::find(name) {
        return lower_window(name, function, &arguments);
    }
    lower_special(name, &arguments)
}

fn lower_special(name: &str, arguments: &[&Expr]) -> Result<Plan, Error> {
    match (name, arguments) {
        ("time", []) => Ok(Plan::Time),
        ("pi", []) => Ok(Plan::Number(std::f64::consts::PI)),
        ("scalar", [inner]) => Ok(Plan::ScalarOf(vector(inner)?)),
        ("vector", [inner]) => Ok(Plan::VectorOf(scalar(inner)?)),
        ("timestamp", [inner]) => timestamp(vector(inner)?),
        ("sort" | "sort_desc", [inner]) => Ok(Plan::Sort {
            vector: vector(inner)?,
            descending: name == "sort_desc",
        }),
        ("absent", [inner]) => Ok(Plan::Absent {
            vector: vector(inner)?,
            labels: absent_labels(inner),
        }),
        ("absent_over_time", [inner]) => Ok(Plan::AbsentOverTime {
            source: selector::range(inner)?,
            labels: absent_labels(inner),
        }),
        ("histogram_quantile", [quantile, inner]) => Ok(Plan::HistogramQuantile {
            quantile: scalar(quantile)?,
            vector: vector(inner)?,
        }),
        ("label_replace", [inner, target, replacement, source, pattern]) => {
            let vector = vector(inner)?;
            let rule = replace([target, replacement, source, pattern])?;
            Ok(Plan::LabelReplace { vector, rule })
        }
        ("label_join", [inner, target, separator, sources @ ..]) => {
            let vector = vector(inner)?;
            let rule = join(target, separator, sources)?;
            Ok(Plan::LabelJoin { vector, rule })
        }
        _ => Err(Error::unsupported(&format!("the function {name}"))),
    }
}

/// Prometheus 2.42 ignores the offset of a selector that has both `@` and an offset, but loads the
/// samples around the shifted time, so what it answers depends on what else the query reads.
fn timestamp(inner: Box<Plan>) -> Result<Plan, Error> {
    match &*inner {
        Plan::Selector(selector)
            if selector.shift.at.is_some() && selector.shift.offset_ms != 0 =>
        {
            Err(Error::unsupported("@ with an offset in timestamp"))
        }
        _ => Ok(Plan::Timestamp(inner)),
    }
}

fn lower_window(
    name: &str,
    function: window::WindowFunction,
    arguments: &[&Expr],
) -> Result<Plan, Error> {
    let (source, number) = match (name, arguments) {
        ("quantile_over_time", [quantile, source]) => (source, Some(quantile)),
        ("predict_linear", [source, seconds]) => (source, Some(seconds)),
        (_, [source]) => (source, None),
        _ => {
            return Err(Error::BadData(format!(
                "parse error: wrong arguments for {name}"
            )));
        }
    };
    let source = selector::range(source)?;
    let number = number.map(|number| scalar(number)).transpose()?;
    if source.shift().at.is_some() && moves(name, number.as_deref()) {
        return Err(Error::unsupported(&format!(
            "@ in the range vector of {name}"
        )));
    }
    Ok(Plan::Window(Window {
        function,
        source,
        scalar: number,
        // It acts like an offset, so the series keeps its identity.
        keeps_name: name == "last_over_time",
    }))
}

/// Whether a window that `@` pins moves all the same: Prometheus 2.42 forgets the pin for functions
/// whose result varies from step to step for another reason, and reads whatever it has loaded.
fn moves(name: &str, number: Option<&Plan>) -> bool {
    name == "predict_linear" || !matches!(number, None | Some(Plan::Number(_)))
}

fn replace([target, replacement, source, pattern]: [&Expr; 4]) -> Result<Replace, Error> {
    let pattern = text(pattern)?;
    let anchored = Regex::new(&format!("^(?:{pattern})$"));
    Ok(Replace {
        target: text(target)?,
        replacement: text(replacement)?,
        source: text(source)?,
        pattern: anchored.map_err(|_| pattern),
    })
}

fn join(target: &Expr, separator: &Expr, sources: &[&Expr]) -> Result<Join, Error> {
    Ok(Join {
        target: text(target)?,
        separator: text(separator)?,
        sources: sources
            .iter()
            .map(|source| text(source))
            .collect::<Result<_, _>>()?,
    })
}

/// The labels that the absent series would surely have: those matched by `=`, once each. A label
/// that is matched twice is left out, as is everything when the argument is no bare selector.
fn absent_labels(argument: &Expr) -> Labels {
    let matchers: &[ParsedMatcher] = match argument {
        Expr::Paren(paren) => return absent_labels(&paren.expr),
        Expr::VectorSelector(selector) => &selector.matchers.matchers,
        Expr::MatrixSelector(matrix) => &matrix.vs.matchers.matchers,
        _ => &[],
    };
    let mut seen = Vec::new();
    let mut labels = Labels::default();
    for matcher in matchers.iter().filter(|matcher| matcher.name != NAME) {
        let is_first = !seen.contains(&&matcher.name);
        if matcher.op == MatchOp::Equal && is_first {
            labels = labels.with(&matcher.name, &matcher.value);
            seen.push(&matcher.name);
        } else {
            labels = labels.with(&matcher.name, "");
        }
    }
    labels
}

fn first<'e>(arguments: &[&'e Expr]) -> Result<&'e Expr, Error> {
    let missing = || Error::BadData("parse error: a function lacks its argument".to_owned());
    arguments.first().copied().ok_or_else(missing)
}
