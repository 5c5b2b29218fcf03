//! Log lines of some namespaces only: asked for by a matcher where the query names none, and
//! looked at once more in the answer.

use std::collections::BTreeSet;

use fleetscope_model::{Endpoint, Labels};

use super::tenant;
use crate::quote::{names_pattern, quoted};

/// Labels by which log stores tell the namespace of a line: Promtail's and Alloy's, OpenShift
/// Logging's, OpenTelemetry's, and those of both ends of a flow in a LokiStack's tenant `network`.
pub(super) const LABELS: [&str; 5] = [
    "namespace",
    "kubernetes_namespace_name",
    "k8s_namespace_name",
    "SrcK8S_Namespace",
    "DstK8S_Namespace",
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
    match endpoint.and_then(tenant::of) {
        Some("network") => LABELS[3],
        Some(_) => LABELS[1],
        None => LABELS[0],
    }
}

/// The selector of everything in these namespaces.
pub(super) fn selector(label: &str, namespaces: &BTreeSet<String>) -> String {
    format!("{{{label}=~{}}}", quoted(&names_pattern(namespaces)))
}

/// Whether labels tell of a namespace at all.
pub(super) fn tells(labels: &Labels) -> bool {
    LABELS.iter().any(|label| labels.contains_key(*label))
}

/// Whether a line is of one of the namespaces. One that tells of no namespace is of none.
pub(super) fn shows(namespaces: &BTreeSet<String>, line: &Labels) -> bool {
    let mut told = LABELS
        .iter()
        .filter_map(|&label| line.get(label).filter(|name| !name.is_empty()))
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
