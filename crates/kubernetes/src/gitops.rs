//! What brings commits to a cluster: Applications of Argo CD, Kustomizations and Helm releases of
//! Flux. Each keeps a short history of what it has brought, and says what it manages.
//!
//! Nothing that a tool says in its own words is kept: its messages repeat parts of manifests.

mod argo;
mod flux;

use jiff::Timestamp;

use crate::meta::Meta;
use crate::watch::Key;

pub(crate) use argo::{APPLICATIONS, RawApplication};
pub(crate) use flux::{HELM_RELEASES, KUSTOMIZATIONS, RawHelmRelease, RawKustomization};

/// Characters of a repository's address, a path or a chart's name that are kept.
const MOST_TEXT: usize = 200;
/// Sources of one sync, and syncs of one delivery, that are kept: the newest. Argo CD keeps ten
/// syncs by default, Flux five.
const MOST_SOURCES: usize = 4;
const MOST_SYNCS: usize = 20;
/// Managed workloads that are kept.
const MOST_MANAGED: usize = 500;

/// Which tool it is, and with which of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// An Application of Argo CD.
    ArgoCd,
    /// A Kustomization of Flux.
    Kustomization,
    /// A `HelmRelease` of Flux.
    HelmRelease,
}

/// Something that brings to a cluster what stands in repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Identity and age.
    pub meta: Meta,
    /// The tool.
    pub tool: Tool,
    /// Whether it is this cluster to which it brings things; else it is another one.
    pub here: bool,
    /// The workloads that it says it manages.
    pub manages: Vec<Key>,
    /// For a Helm release, its own namespace and name, by which its objects name it.
    pub release: Option<Key>,
    /// What was last applied with success, where no history says when; for Flux before 2.7.
    pub applied: Option<String>,
    /// What it has brought, oldest first.
    pub syncs: Vec<Sync>,
}

/// One time that something was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// What was brought, by source.
    pub sources: Vec<Source>,
    /// When it began; none where the tool does not say.
    pub began: Option<Timestamp>,
    /// When it was done, or when it was last heard of.
    pub done: Timestamp,
    /// How it went.
    pub state: SyncState,
}

/// How a sync went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// It was applied.
    Done,
    /// It is being applied.
    Running,
    /// Some of it may have been applied.
    Failed,
}

/// One source of a sync.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The repository's address without any credential; none where the tool names none.
    pub repository: Option<String>,
    /// The folder in it.
    pub path: Option<String>,
    /// The chart, where it is none of a folder.
    pub chart: Option<String>,
    /// The commit's id, or the chart's version.
    pub revision: String,
    /// Tells apart what the revision does not: a digest of a chart's values.
    pub values: Option<String>,
}

impl Source {
    /// Whether the revision is a commit's id: 40 or 64 hexadecimal digits.
    pub fn is_commit(&self) -> bool {
        is_commit(&self.revision)
    }
}

/// Whether it is the whole id of a commit, by SHA-1 or SHA-256.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Kinds that the pods of are looked at.
fn is_workload(group: &str, kind: &str) -> bool {
    group == "apps" && matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
}

/// The address of a repository without user, password, query and fragment, for people.
fn repository(address: &str) -> Option<String> {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("", address),
    };
    // A password may hold a slash that should have been encoded: all up to the last sign of one.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    let address = match scheme {
        "" | "https" | "http" | "ssh" | "git" => rest.to_owned(),
        other => format!("{other}://{rest}"),
    };
    text(&address)
}

/// A text of bounded length without control characters; none where nothing is left.
fn text(text: &str) -> Option<String> {
    let kept = text.chars().filter(|c| !c.is_control()).take(MOST_TEXT);
    let kept: String = kept.collect();
    (!kept.trim().is_empty()).then(|| kept.trim().to_owned())
}

/// The newest syncs, oldest first.
fn newest(mut syncs: Vec<Sync>) -> Vec<Sync> {
    syncs.sort_by_key(|sync| (sync.done, sync.began));
    let surplus = syncs.len().saturating_sub(MOST_SYNCS);
    syncs.split_off(surplus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_of_a_repository_is_kept() {
        let cases = [
            (
                "https://git.example.com/shop/deploy.git",
                "git.example.com/shop/deploy",
            ),
            (
                "https://bot:c4nary@git.example.com/shop/deploy",
                "git.example.com/shop/deploy",
            ),
            (
                "https://c4nary@git.example.com/a.git?token=c4nary",
                "git.example.com/a",
            ),
            ("https://bot:c4/nary@git.example.com/a", "git.example.com/a"),
            (
                "git@git.example.com:shop/deploy.git",
                "git.example.com:shop/deploy",
            ),
            (
                "ssh://git@git.example.com:22/a.git#c4nary",
                "git.example.com:22/a",
            ),
            (
                "oci://quay.example.com/charts/cart",
                "oci://quay.example.com/charts/cart",
            ),
        ];
        for (address, expected) in cases {
            assert_eq!(repository(address).as_deref(), Some(expected));
        }
        assert_eq!(repository("https://bot:c4nary@"), None);
        assert_eq!(repository(&"x".repeat(10_000)).unwrap().len(), MOST_TEXT);
    }

    #[test]
    fn a_commit_has_40_or_64_digits() {
        assert!(is_commit("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"));
        assert!(is_commit(&"f".repeat(64)));
        for other in ["1.2.3", "main", "0a1b2c3", &"g".repeat(40)] {
            assert!(!is_commit(other), "{other}");
        }
    }
}
