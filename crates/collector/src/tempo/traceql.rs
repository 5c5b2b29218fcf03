//! TraceQL, built from parts so that no value can become syntax.

use std::collections::BTreeSet;
use std::fmt;

use fleetscope_model::{Sight, TraceQuery};
use fleetscope_ports::Result;
use jiff::SignedDuration;

use crate::quote::{names_pattern, quoted};
use crate::range::invalid;

/// A search: `{ resource.service.name = "cart" && status = error && duration >= 300ms }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    conditions: Vec<String>,
}

impl Search {
    /// The search for spans that a caller may see.
    pub(crate) fn seen_by(&self, sight: &Sight) -> String {
        let Sight::Namespaces(namespaces) = sight else {
            return self.to_string();
        };
        let mut search = self.clone();
        search.conditions.push(in_namespaces(namespaces));
        search.to_string()
    }

    /// A search with these conditions, all of which hold.
    pub(crate) fn of(conditions: Vec<String>) -> Self {
        Self { conditions }
    }
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conditions.is_empty() {
            return f.write_str("{ }");
        }
        write!(f, "{{ {} }}", self.conditions.join(" && "))
    }
}

/// The condition that a span is of one of these namespaces.
pub(crate) fn in_namespaces(namespaces: &BTreeSet<String>) -> String {
    // Older versions of Tempo do not anchor patterns themselves.
    let pattern = quoted(&format!("^(?:{})$", names_pattern(namespaces)));
    format!("resource.k8s.namespace.name =~ {pattern}")
}

/// Checks the parts of a search.
pub(crate) fn build(query: &TraceQuery) -> Result<Search> {
    if query.service.is_empty() {
        return Err(invalid(
            "invalid_service",
            "the query names no service: write its service.name",
        ));
    }
    let mut conditions = vec![format!(
        "resource.service.name = {}",
        quoted(&query.service)
    )];
    if query.errors_only {
        conditions.push("status = error".to_owned());
    }
    if let Some(length) = query.longer_than.filter(SignedDuration::is_positive) {
        conditions.push(format!("duration >= {}", duration(length)));
    }
    Ok(Search { conditions })
}

/// In the largest unit that is exact.
pub(crate) fn duration(length: SignedDuration) -> String {
    let nanoseconds = length.as_nanos();
    let (unit, name) = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")]
        .into_iter()
        .find(|(unit, _)| nanoseconds % unit == 0)
        .unwrap_or((1, "ns"));
    format!("{}{name}", nanoseconds / unit)
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{Fault, Selection, TimeRange};
    use jiff::Timestamp;

    use super::*;

    fn query(service: &str) -> TraceQuery {
        TraceQuery {
            clusters: Selection::All,
            service: service.to_owned(),
            errors_only: true,
            longer_than: Some(SignedDuration::from_millis(1_500)),
            range: TimeRange::ending(Timestamp::UNIX_EPOCH, SignedDuration::ZERO),
            limit: 1,
        }
    }

    #[test]
    fn a_service_name_stays_a_literal() {
        assert_eq!(
            build(&query("a\" || true || \"")).unwrap().to_string(),
            "{ resource.service.name = \"a\\\" || true || \\\"\" && status = error && duration >= 1500ms }"
        );
        assert_eq!(build(&query("")).unwrap_err().code(), "invalid_service");
    }

    #[test]
    fn a_search_is_held_to_namespaces() {
        let mut asked = query("cart");
        (asked.errors_only, asked.longer_than) = (false, None);
        let search = build(&asked).unwrap();
        let seen = Sight::Namespaces(["bank".to_owned(), "shop".to_owned()].into());
        assert_eq!(
            search.seen_by(&seen),
            r#"{ resource.service.name = "cart" && resource.k8s.namespace.name =~ "^(?:bank|shop)$" }"#
        );
        assert_eq!(search.seen_by(&Sight::Whole), search.to_string());
    }

    #[test]
    fn lengths_are_written_exactly() {
        assert_eq!(duration(SignedDuration::from_secs(2)), "2s");
        assert_eq!(duration(SignedDuration::from_micros(1_500)), "1500us");
        assert_eq!(duration(SignedDuration::from_nanos(7)), "7ns");
    }
}
