//! Log lines of some namespaces only: asked for by a matcher where the query names none, and
//! looked at once more in the answer.

use std::collections::BTreeSet;

use fleetscope_model::{Endpoint, Labels};

/// Labels by which log stores tell the namespace of a line: Promtail's and Alloy's, OpenShift
/// Logging's, OpenTelemetry's.
const LABELS: [&str; 3] = [
    "namespace",
    "kubernetes_namespace_name",
    "k8s_namespace_name",
];

/// The namespaces that a query names by a label of a stream.
pub(super) fn named(labels: &[(String, String)]) -> Option<BTreeSet<String>> {
    let values = labels
        .iter()
        .filter(|(name, _)| LABELS.contains(&name.as_str()));
    let names: BTreeSet<String> = values.map(|(_, value)| value.clone()).collect();
    (!names.is_empty()).then_some(names)
}

/// The label by which lines of an endpoint are held to namespaces. OpenShift's gateway reads only
/// its own.
pub(super) fn label(endpoint: Option<&Endpoint>) -> &'static str {
    let gateway = endpoint.is_some_and(|endpoint| endpoint.url.contains("/api/logs/v1/"));
    if gateway { LABELS[1] } else { LABELS[0] }
}

/// Whether a line is of one of the namespaces. One that tells of no namespace is of none.
pub(super) fn shows(namespaces: &BTreeSet<String>, line: &Labels) -> bool {
    let mut told = LABELS
        .iter()
        .filter_map(|&label| line.get(label))
        .peekable();
    told.peek().is_some() && told.all(|namespace| namespaces.contains(namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_line_is_shown_by_every_namespace_that_it_tells() {
        let seen = BTreeSet::from(["shop".to_owned()]);
        let shows = |pairs: &[(&str, &str)]| shows(&seen, &labels(pairs).into_iter().collect());
        assert!(shows(&[("namespace", "shop"), ("app", "cart")]));
        assert!(shows(&[("kubernetes_namespace_name", "shop")]));
        assert!(!shows(&[("namespace", "bank")]));
        assert!(!shows(&[
            ("namespace", "shop"),
            ("k8s_namespace_name", "bank")
        ]));
        assert!(!shows(&[("app", "journal")]));
    }

    #[test]
    fn a_query_may_name_its_namespace_by_any_of_the_labels() {
        let one = |name| named(&labels(&[("app", "a"), (name, "shop")]));
        for label in LABELS {
            assert_eq!(one(label), Some(BTreeSet::from(["shop".to_owned()])));
        }
        assert_eq!(one("job"), None);
    }
}
