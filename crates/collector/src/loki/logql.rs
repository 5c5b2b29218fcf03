//! LogQL, built from parts so that no value can become syntax.

use fleetscope_ports::Result;

use crate::quote::quoted;
use crate::range::invalid;

/// Characters of a regular expression: more is no search that a person wrote.
const MAX_PATTERN: usize = 2_000;

/// `{a="b", c="d"} |~ "pattern"`.
pub(crate) fn build(labels: &[(String, String)], matching: Option<&str>) -> Result<String> {
    if labels.iter().all(|(_, value)| value.is_empty()) {
        return Err(invalid(
            "invalid_query",
            "the query names no label with a value: add one such as namespace=shop",
        ));
    }
    let mut matchers = Vec::new();
    for (name, value) in labels {
        if !is_label(name) {
            return Err(invalid(
                "invalid_label",
                format!(
                    "{} is no label name: write letters, digits and underscores",
                    quoted(&name.chars().take(64).collect::<String>())
                ),
            ));
        }
        matchers.push(format!("{name}={}", quoted(value)));
    }
    let selector = format!("{{{}}}", matchers.join(", "));
    match matching {
        None | Some("") => Ok(selector),
        Some(pattern) if pattern.len() > MAX_PATTERN => Err(invalid(
            "invalid_query",
            format!("the pattern is longer than {MAX_PATTERN} characters: shorten it"),
        )),
        Some(pattern) => Ok(format!("{selector} |~ {}", quoted(pattern))),
    }
}

fn is_label(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Fault;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn values_and_patterns_stay_literals() {
        let query = build(
            &labels(&[("app", "a\"} or {b=\"c"), ("namespace", "shop")]),
            Some(r#"error|"\d+""#),
        );
        assert_eq!(
            query.unwrap(),
            r#"{app="a\"} or {b=\"c", namespace="shop"} |~ "error|\"\\d+\"""#
        );
    }

    #[test]
    fn a_query_needs_a_label_with_a_value() {
        for pairs in [labels(&[]), labels(&[("app", "")])] {
            assert_eq!(build(&pairs, None).unwrap_err().code(), "invalid_query");
        }
    }

    #[test]
    fn a_name_that_is_no_label_is_refused() {
        for name in ["", "1a", "a.b", "a=\"b\"}", "a b"] {
            let error = build(&labels(&[(name, "x")]), None).unwrap_err();
            assert_eq!(error.code(), "invalid_label");
        }
    }
}
