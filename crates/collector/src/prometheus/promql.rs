//! Checks `PromQL` before it is sent: a query that is wrong is wrong on every cluster.

use fleetscope_ports::Result;
use promql_parser::parser::Expr;
use promql_parser::parser::value::ValueType;

use crate::prometheus::syntax;
use crate::range::invalid;

/// Characters of a query. Far above what people and dashboards write, and low enough that the
/// parser's stack and time stay small whatever the text.
const MAX_LENGTH: usize = 10_000;

/// Refuses (`invalid_query`) what is not `PromQL`, and what has no value at an instant: strings
/// and range vectors.
pub(crate) fn check(query: &str) -> Result<()> {
    match value_type(query)? {
        ValueType::Vector | ValueType::Scalar => Ok(()),
        ValueType::Matrix => Err(invalid(
            "invalid_query",
            "the query is a range vector, which has no value at an instant: put it into a \
             function such as rate(…) or avg_over_time(…)",
        )),
        ValueType::String => Err(a_string()),
    }
}

/// What kind of value the query has at an instant, where it may be a range vector, too: Prometheus
/// answers that with the samples in the range.
pub(crate) fn check_at_instant(query: &str) -> Result<ValueType> {
    match value_type(query)? {
        ValueType::String => Err(a_string()),
        kind => Ok(kind),
    }
}

/// A selector as `match[]` takes it.
pub(crate) fn check_selector(selector: &str) -> Result<()> {
    if value_type(selector)? == ValueType::Vector
        && let Ok(Expr::VectorSelector(plain)) = promql_parser::parser::parse(selector)
        && plain.at.is_none()
        && plain.offset.is_none()
    {
        return Ok(());
    }
    Err(invalid(
        "invalid_query",
        "match[] is not a series selector: write one such as up{job=\"node\"}",
    ))
}

fn a_string() -> fleetscope_ports::Error {
    invalid(
        "invalid_query",
        "the query is a string, which has no samples: ask for a metric",
    )
}

fn value_type(query: &str) -> Result<ValueType> {
    if query.len() > MAX_LENGTH {
        return Err(invalid(
            "invalid_query",
            format!("the query is longer than {MAX_LENGTH} characters: split it"),
        ));
    }
    let expression = promql_parser::parser::parse(query).map_err(|problem| {
        let problem = syntax::describe(query, &problem);
        invalid(
            "invalid_query",
            format!("the query is not PromQL: {problem}"),
        )
    })?;
    Ok(expression.value_type())
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Fault;

    use super::*;

    fn problem(query: &str) -> String {
        let error = check(query).unwrap_err();
        assert_eq!(error.code(), "invalid_query");
        error.message()
    }

    #[test]
    fn a_query_with_a_value_at_an_instant_passes() {
        for query in [
            "up",
            "1",
            "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))",
            "label_replace(DCGM_FI_DEV_SM_CLOCK, \"gpu\", \"gpu$1\", \"gpu\", \"(.*)\")",
            "{\"dotted.name\"}",
        ] {
            assert!(check(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn a_syntax_error_is_told_with_its_place() {
        assert_eq!(
            problem("foo bar"),
            "the query is not PromQL: unexpected 'bar' at character 5"
        );
        assert_eq!(
            problem("1 +"),
            "the query is not PromQL: unexpected end of the query"
        );
        assert_eq!(
            problem("sum(rate(x[5m])) smoothed"),
            "the query is not PromQL: unexpected 'smoothed' at character 18"
        );
        assert_eq!(
            problem("sum(rate(x[5m])"),
            "the query is not PromQL: unclosed left parenthesis at character 16"
        );
        assert_eq!(
            problem("1 + nope(x)"),
            "the query is not PromQL: unknown function with name 'nope' at character 5"
        );
        assert!(problem("sum(x[5m])").contains("at character"));
        assert!(problem("").contains("no expression"));
    }

    #[test]
    fn ranges_and_strings_are_refused() {
        assert!(problem("up[5m]").contains("range vector"));
        assert!(problem("\"up\"").contains("string"));
    }

    #[test]
    fn a_query_nested_as_deep_as_its_length_allows_is_survived() {
        for query in [
            format!("{}1{}", "(".repeat(4_999), ")".repeat(4_999)),
            format!("{}x", "-".repeat(9_999)),
            format!("x{}", "^x".repeat(4_999)),
        ] {
            assert!(check(&query).is_ok());
        }
        assert!(problem(&"(".repeat(9_999)).contains("unclosed"));
        assert!(problem(&"x".repeat(10_001)).contains("longer than"));
    }
}
