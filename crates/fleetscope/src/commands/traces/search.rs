//! `fleetscope traces search`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use fleetscope_client::Client;
use fleetscope_client::wire::{
    AttributeCondition, AttributeScope, AttributeValue, Comparison, FoundTrace, SpanStatus,
    TraceSearch, TraceSearchAnswer,
};

use super::{Scope, length};
use crate::cli::Output;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{gaps, plain, show, table, time};

#[derive(Debug, Args)]
pub(super) struct Search {
    #[command(flatten)]
    scope: Scope,
    /// `service.name` of a span
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Name of a span
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only spans at least this long: 300ms, 2s
    #[arg(long, value_name = "LENGTH")]
    min_duration: Option<String>,
    /// Only spans at most this long
    #[arg(long, value_name = "LENGTH")]
    max_duration: Option<String>,
    /// Only spans that ended so
    #[arg(long)]
    status: Option<Status>,
    /// A condition on an attribute, NAME=VALUE with one of = != < <= > >= =~ !~, and
    /// before it whose it is, as resource:NAME; may be repeated
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// TraceQL, instead of all these
    #[arg(
        long,
        value_name = "TRACEQL",
        conflicts_with_all = ["service", "operation", "min_duration", "max_duration", "status", "attributes"]
    )]
    query: Option<String>,
    /// At most this many traces of each cluster
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Ok,
    Error,
    Unset,
}

impl Search {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<ExitCode, Failure> {
        let scope = self.scope.read(client).await?;
        let attributes = self.attributes.iter().map(|text| condition(text));
        let search = TraceSearch {
            clusters: (!scope.clusters.is_empty()).then_some(scope.clusters),
            query: self.query,
            service: self.service,
            operation: self.operation,
            min_duration: self.min_duration,
            max_duration: self.max_duration,
            status: self.status.map(|status| match status {
                Status::Ok => SpanStatus::Ok,
                Status::Error => SpanStatus::Error,
                Status::Unset => SpanStatus::Unset,
            }),
            attributes: attributes.collect::<Result<_, _>>()?,
            start: scope.start,
            end: scope.end,
            limit: Some(self.limit),
        };
        let answer = client.search_traces(&search).await?;
        show(output, &answer, text)?;
        Ok(whole(&answer.gaps))
    }
}

fn text(answer: &TraceSearchAnswer) -> String {
    let list = if answer.traces.is_empty() {
        "No traces.".to_owned()
    } else {
        let headings = ["CLUSTER", "TRACE", "STARTED", "TOOK", "MATCHED", "ROOT"];
        table(headings, answer.traces.iter().map(row))
    };
    list + &gaps(&answer.gaps)
}

fn row(trace: &FoundTrace) -> [String; 6] {
    [
        trace.cluster.clone(),
        trace.trace_id.clone(),
        time(trace.started_at),
        length(trace.duration_ms),
        trace.matched_spans.to_string(),
        plain(&format!("{} {}", trace.root_service, trace.root_name)),
    ]
}

/// Longer signs before those that they begin with.
const SIGNS: [(&str, Comparison); 8] = [
    ("=~", Comparison::Matches),
    ("!~", Comparison::MatchesNot),
    ("!=", Comparison::Unequal),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("=", Comparison::Equal),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
];

/// `[SCOPE:]NAME SIGN VALUE`: a value that reads as a number or as true or false is one, unless it
/// stands in quotes or is a pattern.
fn condition(text: &str) -> Result<AttributeCondition, Failure> {
    let wrong = || {
        Failure::Usage(format!(
            "'{text}' is no condition: write NAME=VALUE, with one of = != < <= > >= =~ !~"
        ))
    };
    let at = text.find(['=', '!', '<', '>']).ok_or_else(wrong)?;
    let (name, rest) = text.split_at(at);
    let (op, value) = SIGNS
        .into_iter()
        .find_map(|(sign, op)| Some((op, rest.strip_prefix(sign)?)))
        .ok_or_else(wrong)?;
    let (scope, name) = match name.split_once(':') {
        Some(("resource", name)) => (AttributeScope::Resource, name),
        Some(("span", name)) => (AttributeScope::Span, name),
        Some(("event", name)) => (AttributeScope::Event, name),
        _ => (AttributeScope::Any, name),
    };
    if name.trim().is_empty() {
        return Err(wrong());
    }
    let is_pattern = matches!(op, Comparison::Matches | Comparison::MatchesNot);
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let value = match (quoted, value) {
        (Some(text), _) => AttributeValue::Text(text.to_owned()),
        (None, text) if is_pattern => AttributeValue::Text(text.to_owned()),
        (None, text) => typed(text),
    };
    Ok(AttributeCondition {
        name: name.trim().to_owned(),
        scope,
        op,
        value,
    })
}

fn typed(text: &str) -> AttributeValue {
    if let Ok(number) = text.parse() {
        return AttributeValue::Integer(number);
    }
    if let Ok(truth) = text.parse() {
        return AttributeValue::Truth(truth);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => AttributeValue::Number(number),
        _ => AttributeValue::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, AttributeScope, Comparison, AttributeValue) {
        let read = condition(text).unwrap();
        (read.name, read.scope, read.op, read.value)
    }

    #[test]
    fn a_condition_is_a_name_a_sign_and_a_value() {
        use AttributeValue::{Integer, Number, Text, Truth};
        let plain = |name: &str, op, value| (name.to_owned(), AttributeScope::Any, op, value);
        assert_eq!(
            read("a.b>=500"),
            plain("a.b", Comparison::AtLeast, Integer(500))
        );
        assert_eq!(read("a=0.5"), plain("a", Comparison::Equal, Number(0.5)));
        assert_eq!(
            read("a!=true"),
            plain("a", Comparison::Unequal, Truth(true))
        );
        assert_eq!(
            read("a=\"500\""),
            plain("a", Comparison::Equal, Text("500".to_owned()))
        );
        assert_eq!(
            read("a=~5.."),
            plain("a", Comparison::Matches, Text("5..".to_owned()))
        );
        assert_eq!(
            read("resource:k8s.pod.name=x=y").1,
            AttributeScope::Resource
        );
        for wrong in ["a", "=5", "a!5", "span:=1"] {
            assert!(condition(wrong).is_err(), "{wrong}");
        }
    }
}
