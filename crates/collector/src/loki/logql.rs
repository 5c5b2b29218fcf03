//! LogQL: built from parts so that no value can become syntax, and read where it comes as text.

mod filter;
mod lexer;
mod selectors;
mod simple;

pub(crate) use filter::{build as of_filter, check_label};
pub(crate) use selectors::{Held, Read, position};
pub(crate) use simple::Simple;

use std::collections::BTreeSet;
use std::fmt;

use fleetscope_ports::Result;

use crate::quote::{names_pattern, quoted};
use crate::range::invalid;

/// Characters of a regular expression: more is no search that a person wrote.
const MAX_PATTERN: usize = 2_000;

/// A query for lines: `{a="b", c="d"} |~ "pattern"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    matchers: Vec<String>,
    pattern: Option<String>,
}

impl Query {
    /// The query over those names of namespaces in a label only.
    pub(crate) fn among(&self, label: &str, values: &BTreeSet<String>) -> String {
        let mut query = self.clone();
        let pattern = quoted(&names_pattern(values));
        query.matchers.push(format!("{label}=~{pattern}"));
        query.to_string()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.matchers.join(", "))?;
        match &self.pattern {
            Some(pattern) => write!(f, " |~ {}", quoted(pattern)),
            None => Ok(()),
        }
    }
}

/// Checks the parts of a query.
pub(crate) fn build(labels: &[(String, String)], matching: Option<&str>) -> Result<Query> {
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
    let pattern = matching.filter(|pattern| !pattern.is_empty());
    if pattern.is_some_and(|pattern| pattern.len() > MAX_PATTERN) {
        return Err(invalid(
            "invalid_query",
            format!("the pattern is longer than {MAX_PATTERN} characters: shorten it"),
        ));
    }
    Ok(Query {
        matchers,
        pattern: pattern.map(str::to_owned),
    })
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
            query.unwrap().to_string(),
            r#"{app="a\"} or {b=\"c", namespace="shop"} |~ "error|\"\\d+\"""#
        );
    }

    #[test]
    fn a_query_is_held_to_values_of_a_label() {
        let query = build(&labels(&[("app", "cart")]), Some("error")).unwrap();
        let shops = BTreeSet::from(["shop".to_owned(), "shop-2".to_owned()]);
        assert_eq!(
            query.among("namespace", &shops),
            r#"{app="cart", namespace=~"shop|shop-2"} |~ "error""#
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
