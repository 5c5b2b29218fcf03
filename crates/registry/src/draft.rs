//! What may be said of a cluster.

mod endpoint;

use fleetscope_model::{ClusterDraft, Source};
use fleetscope_outbound::Outbound;

/// Something in a draft that can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct InvalidDraft {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong and what to write.
    pub detail: String,
}

/// The limits of Kubernetes' own labels (63 characters), and a bound on their number.
const LONGEST_LABEL: usize = 63;
const MOST_LABELS: usize = 64;

/// The draft with URLs in their normal form, or the first thing wrong with it.
pub(crate) fn checked(mut draft: ClusterDraft) -> Result<ClusterDraft, InvalidDraft> {
    name(&draft.name)?;
    for (pointer, value) in [
        ("/environment", &draft.environment),
        ("/provider", &draft.provider),
    ] {
        if let Some(value) = value {
            label_text(pointer, value)?;
        }
    }
    if draft.labels.len() > MOST_LABELS {
        return Err(wrong(
            "/labels",
            format!("more than {MOST_LABELS} labels: leave some out"),
        ));
    }
    for (key, value) in &draft.labels {
        label_text(&format!("/labels/{key}"), key)?;
        label_text(&format!("/labels/{key}"), value)?;
    }
    let endpoints = &mut draft.endpoints;
    for (pointer, endpoint) in [
        ("/endpoints/kubernetes", &mut endpoints.kubernetes),
        ("/endpoints/prometheus", &mut endpoints.prometheus),
        ("/endpoints/loki", &mut endpoints.loki),
        ("/endpoints/tempo", &mut endpoints.tempo),
        ("/endpoints/alertmanager", &mut endpoints.alertmanager),
    ] {
        if let Some(endpoint) = endpoint {
            endpoint::check(pointer, endpoint)?;
        }
    }
    Ok(draft)
}

/// Refuses what stands in a URL and could never be called. Names are judged when they are called.
pub(crate) fn admitted(draft: &ClusterDraft, outbound: &Outbound) -> Result<(), InvalidDraft> {
    for source in Source::ALL {
        let Some(endpoint) = draft.endpoints.of(source) else {
            continue;
        };
        if let Err((field, refused)) = outbound.admits(endpoint) {
            let pointer = format!("/endpoints/{}/{field}", source.as_str());
            return Err(wrong(pointer, refused.to_string()));
        }
    }
    Ok(())
}

fn wrong(pointer: impl Into<String>, detail: impl Into<String>) -> InvalidDraft {
    InvalidDraft {
        pointer: pointer.into(),
        detail: detail.into(),
    }
}

/// RFC 1123 label, as Kubernetes asks of most names.
fn name(name: &str) -> Result<(), InvalidDraft> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=LONGEST_LABEL).contains(&name.len())
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fits {
        return Ok(());
    }
    Err(wrong(
        "/name",
        "a cluster's name is a DNS label: 1 to 63 lower-case letters, digits and hyphens, \
         beginning and ending with a letter or digit",
    ))
}

fn label_text(pointer: &str, text: &str) -> Result<(), InvalidDraft> {
    if text.chars().count() <= LONGEST_LABEL && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(wrong(
        pointer,
        "at most 63 characters, without control characters",
    ))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{Endpoint, Endpoints};

    use super::*;

    fn draft(name: &str, prometheus: &str) -> ClusterDraft {
        ClusterDraft {
            name: name.to_owned(),
            environment: None,
            provider: None,
            labels: std::collections::BTreeMap::new(),
            endpoints: Endpoints {
                prometheus: Some(Endpoint::at(prometheus)),
                ..Endpoints::default()
            },
        }
    }

    #[test]
    fn a_trailing_slash_is_taken_off_and_a_path_prefix_kept() {
        let checked = checked(draft("shop", "https://example.com/select/0/prometheus/")).unwrap();
        let url = checked.endpoints.prometheus.unwrap().url;
        assert_eq!(url, "https://example.com/select/0/prometheus");
    }

    #[test]
    fn names_that_are_no_dns_label_are_refused() {
        for name in ["", "Shop", "-shop", "shop-", "sh_op", &"a".repeat(64)] {
            let error = checked(draft(name, "https://example.com")).unwrap_err();
            assert_eq!(error.pointer, "/name", "{name}");
        }
    }

    #[test]
    fn urls_that_would_leak_or_mislead_are_refused_where_they_stand() {
        for url in [
            "example.com",
            "ftp://example.com",
            "https://user:secret@example.com",
            "https://example.com/?token=secret",
            "https://example.com/#x",
            "https:///path-only-becomes-a-host:x",
        ] {
            let error = checked(draft("shop", url)).unwrap_err();
            assert_eq!(error.pointer, "/endpoints/prometheus/url", "{url}");
            assert!(!error.detail.contains("secret"), "{url}");
        }
    }
}
