//! A search by fields, as `TraceQL`: every value is a literal, whatever it holds.

use fleetscope_model::{AttributeFilter, AttributeScope, AttributeValue, Comparison, SpanFilter};
use fleetscope_ports::Result;
use jiff::SignedDuration;

use super::traceql::{Search, duration};
use crate::quote::quoted;
use crate::range::invalid;

/// Conditions of one search.
const MOST_ATTRIBUTES: usize = 20;
/// Characters of a name or value.
const LONGEST: usize = 1_000;

/// Refuses what can be no condition (`invalid_attribute`, `invalid_duration`).
pub(super) fn build(filter: &SpanFilter) -> Result<Search> {
    if filter.attributes.len() > MOST_ATTRIBUTES {
        return Err(wrong(format!(
            "a search takes at most {MOST_ATTRIBUTES} attributes"
        )));
    }
    let mut conditions = Vec::new();
    if let Some(service) = &filter.service {
        conditions.push(format!("resource.service.name = {}", literal(service)?));
    }
    if let Some(operation) = &filter.operation {
        conditions.push(format!("name = {}", literal(operation)?));
    }
    if let Some(status) = filter.status {
        conditions.push(format!("status = {}", status.as_str()));
    }
    if let (Some(least), Some(most)) = (filter.at_least, filter.at_most)
        && least > most
    {
        let message = "the least duration is longer than the longest: swap the two";
        return Err(invalid("invalid_duration", message));
    }
    if let Some(length) = filter.at_least.filter(SignedDuration::is_positive) {
        conditions.push(format!("duration >= {}", duration(length)));
    }
    if let Some(length) = filter.at_most {
        conditions.push(format!("duration <= {}", duration(length)));
    }
    for attribute in &filter.attributes {
        conditions.push(condition(attribute)?);
    }
    Ok(Search::of(conditions))
}

fn condition(filter: &AttributeFilter) -> Result<String> {
    use Comparison::{AtLeast, AtMost, Equal, Greater, Less, Matches, MatchesNot, Unequal};
    let scope = match filter.scope {
        AttributeScope::Any => ".",
        AttributeScope::Resource => "resource.",
        AttributeScope::Span => "span.",
        AttributeScope::Event => "event.",
    };
    let operator = match filter.comparison {
        Equal => "=",
        Unequal => "!=",
        Less => "<",
        AtMost => "<=",
        Greater => ">",
        AtLeast => ">=",
        Matches => "=~",
        MatchesNot => "!~",
    };
    let is_text = matches!(filter.value, AttributeValue::Text(_));
    let shown = &filter.name;
    if matches!(filter.comparison, Matches | MatchesNot) && !is_text {
        return Err(wrong(format!(
            "{shown} is matched against a number: write a pattern as text"
        )));
    }
    let value = match &filter.value {
        AttributeValue::Text(text) => literal(text)?,
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Number(number) if number.is_finite() => format!("{number:?}"),
        AttributeValue::Number(_) => {
            return Err(wrong(format!("{shown}: the number is not finite")));
        }
        AttributeValue::Truth(truth) => truth.to_string(),
    };
    Ok(format!("{scope}{} {operator} {value}", name(&filter.name)?))
}

/// Plain, or quoted where the name holds more than names usually do.
fn name(name: &str) -> Result<String> {
    if name.is_empty() {
        return Err(wrong(
            "an attribute has no name: write one, such as http.route",
        ));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.chars().all(plain) {
        return Ok(name.to_owned());
    }
    literal(name)
}

fn literal(text: &str) -> Result<String> {
    if text.chars().count() > LONGEST {
        return Err(wrong(format!(
            "a name or value is longer than {LONGEST} characters"
        )));
    }
    Ok(quoted(text))
}

fn wrong(message: impl Into<String>) -> fleetscope_ports::Error {
    invalid("invalid_attribute", message)
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{Fault, SpanStatus};
    use proptest::prelude::*;

    use super::super::tokens::{Token, tokens};
    use super::*;

    fn filter(name: &str, value: AttributeValue) -> SpanFilter {
        SpanFilter {
            attributes: vec![AttributeFilter {
                scope: AttributeScope::Span,
                name: name.to_owned(),
                comparison: Comparison::Equal,
                value,
            }],
            ..SpanFilter::default()
        }
    }

    #[test]
    fn every_field_is_a_condition() {
        let mut all = filter("http.response.status_code", AttributeValue::Integer(500));
        all.service = Some("cart".to_owned());
        all.operation = Some("GET /".to_owned());
        all.status = Some(SpanStatus::Error);
        all.at_least = Some(SignedDuration::from_millis(300));
        all.at_most = Some(SignedDuration::from_secs(2));
        assert_eq!(
            build(&all).unwrap().to_string(),
            "{ resource.service.name = \"cart\" && name = \"GET /\" && status = error && \
             duration >= 300ms && duration <= 2s && span.http.response.status_code = 500 }"
        );
        assert_eq!(build(&SpanFilter::default()).unwrap().to_string(), "{ }");
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        let mut pattern = filter("a", AttributeValue::Integer(5));
        pattern.attributes[0].comparison = Comparison::Matches;
        let many = SpanFilter {
            attributes: vec![filter("a", AttributeValue::Truth(true)).attributes[0].clone(); 21],
            ..SpanFilter::default()
        };
        for wrong in [
            filter("", AttributeValue::Integer(5)),
            filter("a", AttributeValue::Number(f64::NAN)),
            filter("a", AttributeValue::Text("x".repeat(1_001))),
            pattern,
            many,
        ] {
            assert_eq!(build(&wrong).unwrap_err().code(), "invalid_attribute");
        }
    }

    proptest! {
        #[test]
        fn no_value_escapes_its_literal(
            value in "(?s).{0,40}",
            nasty in "[\"\\\\`{}()|&=\n\r\t/* a]{0,12}",
            other in "[^a-z]{1,8}",
        ) {
            let text = format!("{value}{nasty}");
            let mut all = filter(&format!("{other}{nasty}"), AttributeValue::Text(text.clone()));
            all.service = Some(text.clone());
            all.operation = Some(nasty.clone());
            let built = build(&all).unwrap().to_string();
            let words = tokens(&built).unwrap();
            let texts: Vec<&String> = words
                .iter()
                .filter_map(|word| match word {
                    Token::Text(text) => Some(text),
                    _ => None,
                })
                .collect();
            prop_assert_eq!(texts.first(), Some(&&text), "{}", built);
            prop_assert_eq!(texts.get(1), Some(&&nasty));
            prop_assert_eq!(texts.last(), Some(&&text));
            // Braces, three conditions of three words (a quoted name is one more), two joins.
            prop_assert_eq!(words.len() - (texts.len() - 3), 2 + 9 + 2, "{}", built);
        }
    }
}
