//! What failing spans say of their failure, and whom they had called.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fleetscope_model::{
    AttributeValue, Entity, FoundSpan, Selection, TimeRange, TraceSearch, Wanted,
};

use super::evidence::shortened;
use super::{Scope, Structure};
use crate::Intelligence;

/// What is asked of each span beside its times. An exception that was recorded as an event is not:
/// instrumentation writes its message or type into the status as well, and selecting attributes of
/// events is newer than many a Tempo.
const SHOWN: &str =
    "select(statusMessage, span.peer.service, span.net.peer.name, span.server.address)";

/// Whom a span called, by the names of the conventions' ages; the most telling first.
const PEERS: [&str; 3] = ["peer.service", "net.peer.name", "server.address"];

/// Traces that are looked at; each shows at most ten spans.
const MOST_TRACES: u32 = 5;

/// Messages that are told, and how much of each.
const MOST_MESSAGES: usize = 3;
const LONGEST_MESSAGE: usize = 200;

/// What failing spans of one service say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// The most frequent messages.
    pub(super) detail: Option<String>,
    /// Somebody whom they called and who is not watched.
    pub(super) peer: Option<String>,
}

impl Intelligence {
    /// Nothing where traces can't be searched so: the failing traces themselves were read before,
    /// and what could not be is told there.
    pub(super) async fn failures(
        &self,
        scope: &Scope,
        (entity, range): (&Entity, TimeRange),
        structure: &Structure,
    ) -> Failures {
        let (Some(traces), true) = (&self.traces, is_plain(&entity.name)) else {
            return Failures::default();
        };
        let query = format!(
            "{{ resource.service.name = \"{}\" && status = error }} | {SHOWN}",
            entity.name
        );
        let search = TraceSearch {
            clusters: Selection::Only(vec![entity.cluster]),
            wanted: Wanted::TraceQl(query),
            range,
            limit: MOST_TRACES,
        };
        match traces.search(&scope.caller, &search).await {
            Ok(found) => {
                let spans: Vec<FoundSpan> =
                    found.items.into_iter().flat_map(|one| one.spans).collect();
                Failures {
                    detail: detail(&spans),
                    peer: peer(&spans, |name| structure.knows(entity.cluster, name)),
                }
            }
            Err(error) => {
                tracing::debug!(service = %entity, %error, "failing spans were not looked at");
                Failures::default()
            }
        }
    }
}

/// Whether a name can be written between quotes as it is, as those of Kubernetes can.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

fn text<'s>(span: &'s FoundSpan, name: &str) -> Option<&'s str> {
    match span.attributes.get(name)? {
        AttributeValue::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn detail(spans: &[FoundSpan]) -> Option<String> {
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for message in spans.iter().filter_map(|span| text(span, "statusMessage")) {
        *told.entry(message).or_default() += 1;
    }
    let mut told: Vec<(&str, usize)> = told.into_iter().collect();
    told.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let messages: Vec<String> = told
        .iter()
        .take(MOST_MESSAGES)
        .map(|(message, _)| shortened(message, LONGEST_MESSAGE))
        .collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// Whom most spans called, of those who have a name and are not watched.
fn peer(spans: &[FoundSpan], is_watched: impl Fn(&str) -> bool) -> Option<String> {
    let mut called: BTreeMap<&str, usize> = BTreeMap::new();
    for span in spans {
        let named = PEERS.iter().find_map(|name| text(span, name));
        let outside = named.filter(|peer| {
            let is_address = peer.parse::<IpAddr>().is_ok() || *peer == "localhost";
            !is_address && !is_watched(peer)
        });
        if let Some(peer) = outside {
            *called.entry(peer).or_default() += 1;
        }
    }
    let most = called
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
    most.map(|(peer, _)| shortened(peer, LONGEST_MESSAGE))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::SpanId;

    use super::*;

    fn span(attributes: &[(&str, &str)]) -> FoundSpan {
        let text = |value: &str| AttributeValue::Text(value.to_owned());
        let attributes = attributes.iter();
        FoundSpan {
            id: SpanId(1),
            name: String::new(),
            start_ns: 0,
            length_ns: 1,
            attributes: attributes
                .map(|(name, value)| ((*name).to_owned(), text(value)))
                .collect(),
        }
    }

    #[test]
    fn the_most_frequent_messages_are_told_and_none_is_long() {
        let spans = [
            span(&[("statusMessage", "refused")]),
            span(&[("statusMessage", "deadline exceeded")]),
            span(&[("statusMessage", "deadline exceeded")]),
            span(&[("statusMessage", " ")]),
            span(&[("name", "GET")]),
        ];
        assert_eq!(
            detail(&spans).as_deref(),
            Some("deadline exceeded; refused")
        );
        assert_eq!(detail(&spans[3..]), None);
        let long = detail(&[span(&[("statusMessage", &"x".repeat(10_000))])]);
        assert!(long.unwrap().chars().count() <= LONGEST_MESSAGE);
    }

    #[test]
    fn whoever_was_called_is_told_only_where_nobody_watches_it() {
        let spans = [
            span(&[("peer.service", "orders"), ("server.address", "10.0.0.1")]),
            span(&[("server.address", "10.0.0.1")]),
            span(&[("server.address", "api.payments.example.com")]),
        ];
        let watched = |name: &str| name == "orders";
        assert_eq!(
            peer(&spans, watched).as_deref(),
            Some("api.payments.example.com")
        );
        assert_eq!(peer(&spans[..2], watched), None);
    }

    #[test]
    fn a_name_that_could_be_syntax_is_not_asked_for() {
        assert!(is_plain("cart-v2.shop"));
        for name in ["", "a\" }", "a b", "a\\"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
