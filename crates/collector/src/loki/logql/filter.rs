//! LogQL, built from parts so that no value can become syntax.

use std::fmt::Write;

use fleetscope_model::{LabelTest, LineTest, LogFilter, LogParser, TextComparison};
use fleetscope_ports::Result;

use crate::quote::quoted;
use crate::range::invalid;

/// Characters of one value: more is none that a person wrote.
const LONGEST: usize = 4_096;

/// Parts of one filter.
const MOST: usize = 64;

/// The query for what a filter lets through.
pub(crate) fn build(filter: &LogFilter) -> Result<String> {
    let parts = filter.labels.len() + filter.lines.len() + filter.fields.len();
    if parts > MOST {
        return Err(invalid(
            "invalid_query",
            format!("the filter has {parts} parts, {MOST} are the most: write fewer"),
        ));
    }
    if !filter.labels.iter().any(demands) {
        return Err(invalid(
            "invalid_query",
            "the query names no label with a value: add one such as namespace=shop",
        ));
    }
    let labels = filter
        .labels
        .iter()
        .map(label)
        .collect::<Result<Vec<_>>>()?;
    let mut query = format!("{{{}}}", labels.join(", "));
    for line in &filter.lines {
        let LineTest { comparison, text } = line;
        within_bounds(text)?;
        // Writing to a string can't fail.
        let _ = write!(query, " {} {}", comparison.of_line(), quoted(text));
    }
    match filter.parser {
        Some(LogParser::Json) => query.push_str(" | json"),
        Some(LogParser::Logfmt) => query.push_str(" | logfmt"),
        None => {}
    }
    for field in &filter.fields {
        let _ = write!(query, " | {}", label(field)?);
    }
    Ok(query)
}

/// Whether a test selects streams at all: Loki wants one that does not also let streams pass that
/// lack the label.
fn demands(test: &LabelTest) -> bool {
    let comparison = test.comparison;
    matches!(comparison, TextComparison::Equal | TextComparison::Matches) && !test.value.is_empty()
}

fn label(test: &LabelTest) -> Result<String> {
    let LabelTest {
        name,
        comparison,
        value,
    } = test;
    check_label(name)?;
    within_bounds(value)?;
    Ok(format!("{name}{}{}", comparison.of_label(), quoted(value)))
}

/// Refuses what is no name of a label.
pub(crate) fn check_label(name: &str) -> Result<()> {
    if super::is_label(name) {
        return Ok(());
    }
    Err(invalid(
        "invalid_label",
        format!(
            "{} is no label name: write letters, digits and underscores",
            quoted(&name.chars().take(64).collect::<String>())
        ),
    ))
}

fn within_bounds(text: &str) -> Result<()> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    Err(invalid(
        "invalid_query",
        format!("a text of the filter is longer than {LONGEST} characters: shorten it"),
    ))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Fault;
    use proptest::prelude::*;

    use super::super::lexer::{Token, words};
    use super::*;

    fn test(name: &str, comparison: TextComparison, value: &str) -> LabelTest {
        LabelTest {
            name: name.to_owned(),
            comparison,
            value: value.to_owned(),
        }
    }

    #[test]
    fn all_parts_stand_in_the_order_in_which_loki_reads_them() {
        let filter = LogFilter {
            labels: vec![
                test("namespace", TextComparison::Equal, "shop"),
                test("app", TextComparison::Matches, "cart|till"),
            ],
            lines: vec![
                LineTest {
                    comparison: TextComparison::Equal,
                    text: "time\"out".to_owned(),
                },
                LineTest {
                    comparison: TextComparison::MatchesNot,
                    text: r"\d+ ms".to_owned(),
                },
            ],
            parser: Some(LogParser::Json),
            fields: vec![test("level", TextComparison::Unequal, "info")],
        };
        assert_eq!(
            build(&filter).unwrap(),
            r#"{namespace="shop", app=~"cart|till"} |= "time\"out" !~ "\\d+ ms" | json | level!="info""#
        );
    }

    #[test]
    fn a_filter_that_selects_nothing_or_everything_is_refused() {
        let of = |labels| LogFilter {
            labels,
            ..LogFilter::default()
        };
        for labels in [
            vec![],
            vec![test("app", TextComparison::Equal, "")],
            vec![test("app", TextComparison::Unequal, "a")],
        ] {
            assert_eq!(build(&of(labels)).unwrap_err().code(), "invalid_query");
        }
        let odd = of(vec![test("a=\"b\"} or {c", TextComparison::Equal, "d")]);
        assert_eq!(build(&odd).unwrap_err().code(), "invalid_label");
        let long = of(vec![test(
            "app",
            TextComparison::Equal,
            &"x".repeat(LONGEST + 1),
        )]);
        assert_eq!(build(&long).unwrap_err().code(), "invalid_query");
    }

    fn value() -> impl Strategy<Value = String> {
        let hostile = prop::sample::select(vec![
            "\"", "\\", "`", "}", "{", "\n", "|", "#", "//", "\u{0}", "\u{85}", "\u{2028}",
        ]);
        let part = prop_oneof![
            hostile.prop_map(str::to_owned),
            "\\PC{0,4}",
            any::<char>().prop_map(String::from)
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// The literals of what is built are the values, in their order, and nothing else is made
        /// of them: read back, every value is itself again.
        #[test]
        fn no_value_escapes(a in value(), b in value(), line in value(), field in value()) {
            let filter = LogFilter {
                labels: vec![
                    test("app", TextComparison::Equal, "x"),
                    test("a", TextComparison::Equal, &a),
                    test("b", TextComparison::MatchesNot, &b),
                ],
                lines: vec![LineTest { comparison: TextComparison::Equal, text: line.clone() }],
                parser: None,
                fields: vec![test("f", TextComparison::Equal, &field)],
            };
            let query = build(&filter).unwrap();
            let words = words(&query).unwrap();
            let texts: Vec<String> = words.iter().filter_map(|word| match &word.token {
                Token::Text(text) => Some(text.clone()),
                _ => None,
            }).collect();
            prop_assert_eq!(texts, vec!["x".to_owned(), a, b, line, field]);
            // Braces, names, tests, commas: as many as the filter has, whatever the values are.
            prop_assert_eq!(words.len(), 2 + 3 * 3 + 2 + 2 + 4);
        }
    }
}
