//! What an import changes of a cluster that is there.

use std::collections::BTreeMap;

use fleetscope_model::{Cluster, ClusterDraft, Endpoint};

/// The longest DNS label.
const LONGEST: usize = 63;

/// A draft that says its name and nothing else.
pub(super) fn named(name: &str) -> ClusterDraft {
    ClusterDraft {
        name: name.to_owned(),
        environment: None,
        provider: None,
        labels: BTreeMap::new(),
        endpoints: super::no_endpoints(),
    }
}

/// A name as a DNS label: what can't be in one is a hyphen.
pub(super) fn label(name: &str) -> String {
    let mut label = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            label.push(c);
        } else if !label.ends_with('-') && !label.is_empty() {
            label.push('-');
        }
    }
    label.truncate(LONGEST);
    label.trim_end_matches('-').to_owned()
}

/// Which cluster a draft is about: the one of its name, else the one with its API server.
pub(super) fn find(there: &[Cluster], draft: &ClusterDraft) -> Option<usize> {
    let by_name = there
        .iter()
        .position(|known| known.draft.name == draft.name);
    by_name.or_else(|| {
        let url = &draft.endpoints.kubernetes.as_ref()?.url;
        there.iter().position(|known| {
            let own = known.draft.endpoints.kubernetes.as_ref();
            own.is_some_and(|own| own.url == *url)
        })
    })
}

/// The known draft with what the other says in its place. The name stays.
pub(super) fn merged(known: &ClusterDraft, said: ClusterDraft) -> ClusterDraft {
    let mut merged = known.clone();
    merged.environment = said.environment.or(merged.environment);
    merged.provider = said.provider.or(merged.provider);
    merged.labels.extend(said.labels);
    let (own, said) = (&mut merged.endpoints, said.endpoints);
    for (own, said) in [
        (&mut own.kubernetes, said.kubernetes),
        (&mut own.prometheus, said.prometheus),
        (&mut own.loki, said.loki),
        (&mut own.tempo, said.tempo),
        (&mut own.alertmanager, said.alertmanager),
    ] {
        if let Some(said) = said {
            *own = Some(endpoint(own.take(), said));
        }
    }
    merged
}

/// How it is reached is what is said; whose data is read there, and with which credential, stays.
fn endpoint(own: Option<Endpoint>, said: Endpoint) -> Endpoint {
    let Some(own) = own else { return said };
    let headers = if said.headers.is_empty() {
        own.headers
    } else {
        said.headers
    };
    Endpoint {
        tenant: said.tenant.or(own.tenant),
        headers,
        credential: own.credential,
        ..said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_contexts_become_dns_labels() {
        for (name, expected) in [
            ("shop", "shop"),
            ("admin@shop.example.com", "admin-shop-example-com"),
            ("default/api-shop:6443/Ada", "default-api-shop-6443-ada"),
            ("--x--", "x"),
        ] {
            assert_eq!(label(name), expected);
        }
        assert_eq!(label(&"ab.".repeat(40)).len(), 62);
    }

    #[test]
    fn what_an_import_does_not_say_stays() {
        let mut known = named("shop");
        known.environment = Some("production".to_owned());
        known.endpoints.kubernetes = Some(Endpoint {
            tenant: Some("a".to_owned()),
            ca_bundle: Some("old".to_owned()),
            ..Endpoint::at("https://shop")
        });
        let mut said = named("other");
        said.endpoints.kubernetes = Some(Endpoint::at("https://new"));
        let merged = merged(&known, said);
        assert_eq!(merged.name, "shop");
        assert_eq!(merged.environment.as_deref(), Some("production"));
        let kubernetes = merged.endpoints.kubernetes.unwrap();
        assert_eq!(kubernetes.url, "https://new");
        assert_eq!(kubernetes.tenant.as_deref(), Some("a"));
        assert_eq!(kubernetes.ca_bundle, None);
    }
}
