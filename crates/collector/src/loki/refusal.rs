//! A query that the upstream refuses, told with its own words and the place as the caller wrote it.

use fleetscope_model::ErrorKind;
use fleetscope_outbound::Answer;
use fleetscope_outbound::failure::printable;
use fleetscope_ports::Error;
use http::StatusCode;

use super::logql::Held;

/// How Loki begins what it says about a query that is wrong wherever it is asked. Limits, which
/// differ between servers, are told in other words.
const WRONG: [&str; 3] = [
    "parse error",
    "log queries are not supported as an instant query type",
    "only log selector is supported",
];

/// What is wrong with the query, where that is what an answer says.
pub(super) fn wrong(answer: &Answer, held: &Held) -> Option<String> {
    if answer.status != StatusCode::BAD_REQUEST {
        return None;
    }
    let said = String::from_utf8_lossy(&answer.body);
    is_wrong(&said).then(|| moved(&printable(&said), held))
}

/// Whether these words say that a query is wrong.
pub(super) fn is_wrong(said: &str) -> bool {
    WRONG.iter().any(|begin| said.starts_with(begin))
}

/// The error that every cluster's refusal makes of the question.
pub(super) fn invalid_logql(said: &str) -> Error {
    Error::new(ErrorKind::Invalid, "invalid_logql", said)
}

/// The words with the place that they name moved to where it is in what the caller wrote.
fn moved(said: &str, held: &Held) -> String {
    let Some((before, line, column, after)) = place(said) else {
        return said.to_owned();
    };
    let mut column_there = column;
    for &(at, length) in &held.inserted {
        let (inserted_line, inserted_column) = position(&held.text, at);
        if inserted_line != line || inserted_column >= column {
            continue;
        }
        let length = held.text[at..at + length].chars().count();
        // A place inside of what was put in is told as the place of it.
        column_there -= length.min(column - inserted_column);
    }
    format!("{before}line {line}, col {column_there}{after}")
}

/// `parse error at line 1, col 24: syntax error…` in parts.
fn place(said: &str) -> Option<(&str, usize, usize, &str)> {
    let at = said.find("line ")?;
    let (line, rest) = number(&said[at + "line ".len()..])?;
    let (column, after) = number(rest.strip_prefix(", col ")?)?;
    Some((&said[..at], line, column, after))
}

fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn position(text: &str, at: usize) -> (usize, usize) {
    super::logql::position(text, at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::logql::Read;
    use super::*;

    #[test]
    fn a_place_is_told_as_the_caller_counts_it() {
        let shop = BTreeSet::from(["shop".to_owned()]);
        let read = Read::new(r#"rate({app="a"} | nope [5m])"#).unwrap();
        let held = read.within("namespace", &shop).unwrap();
        assert_eq!(
            held.text,
            r#"rate({app="a", namespace=~"shop"} | nope [5m])"#
        );
        let there = held.text.find("nope").unwrap() + 1;
        let said =
            format!("parse error at line 1, col {there}: syntax error: unexpected IDENTIFIER");
        assert_eq!(
            moved(&said, &held),
            "parse error at line 1, col 18: syntax error: unexpected IDENTIFIER"
        );
        // Before what was put in, and words without a place.
        let said = "parse error at line 1, col 3: x";
        assert_eq!(moved(said, &held), said);
        let said = "parse error : syntax error: unexpected $end";
        assert_eq!(moved(said, &held), said);
    }

    #[test]
    fn a_limit_of_one_server_is_not_a_wrong_query() {
        assert!(!is_wrong(
            "max entries limit per query exceeded, limit > 5000"
        ));
        assert!(!is_wrong("the query time range exceeds the limit"));
        assert!(is_wrong("parse error at line 1, col 24: syntax error"));
    }
}
