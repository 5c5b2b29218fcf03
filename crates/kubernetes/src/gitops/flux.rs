//! Kustomizations (`kustomize.toolkit.fluxcd.io/v1`) and Helm releases
//! (`helm.toolkit.fluxcd.io/v2`) of Flux.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::{Delivery, MOST_MANAGED, Source, Sync, SyncState, Tool};
use super::{is_commit, is_workload, newest, text};
use crate::custom::Resource;
use crate::watch::{Keep, Key};

pub(crate) const KUSTOMIZATIONS: Resource = Resource {
    group: "kustomize.toolkit.fluxcd.io",
    version: "v1",
    plural: "kustomizations",
    kind: "Kustomization",
};
pub(crate) const HELM_RELEASES: Resource = Resource {
    group: "helm.toolkit.fluxcd.io",
    version: "v2",
    plural: "helmreleases",
    kind: "HelmRelease",
};

/// A Kustomization, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct RawKustomization {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: KustomizationSpec,
    #[serde(default)]
    status: KustomizationStatus,
}

/// Something that is there or not.
type Present = serde::de::IgnoredAny;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KustomizationSpec {
    #[serde(default)]
    path: String,
    #[serde(default)]
    source_ref: SourceRef,
    #[serde(default)]
    kube_config: Option<Present>,
}

#[derive(Debug, Default, Deserialize)]
struct SourceRef {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KustomizationStatus {
    #[serde(default)]
    last_applied_revision: String,
    #[serde(default)]
    last_applied_origin_revision: String,
    #[serde(default)]
    history: Vec<Manifests>,
    #[serde(default)]
    inventory: Inventory,
}

/// Since Flux 2.7: one set of manifests, when it first came, and the newest revision with it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifests {
    first_reconciled: Timestamp,
    #[serde(default)]
    last_reconciled_status: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
struct Inventory {
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    /// `<namespace>_<name>_<group>_<kind>`; none of these may hold an underscore.
    id: String,
}

/// A `HelmRelease`, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct RawHelmRelease {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: HelmSpec,
    #[serde(default)]
    status: HelmStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HelmSpec {
    #[serde(default)]
    kube_config: Option<Present>,
}

#[derive(Debug, Default, Deserialize)]
struct HelmStatus {
    #[serde(default)]
    history: Vec<Snapshot>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    chart_name: String,
    #[serde(default)]
    chart_version: String,
    #[serde(default)]
    config_digest: String,
    last_deployed: Timestamp,
}

impl Keep<RawKustomization> for Delivery {
    fn keep(object: RawKustomization) -> Option<Self> {
        let (spec, status) = (object.spec, object.status);
        let reference = format!("{}/{}", spec.source_ref.kind, spec.source_ref.name);
        let source = |revision: &str, origin: &str| Source {
            repository: text(reference.trim_matches('/')),
            path: text(spec.path.trim_start_matches("./")),
            chart: None,
            revision: revision_of(revision, origin),
            values: None,
        };
        let syncs = status.history.iter().filter_map(|reconciled| {
            let of = |name| reconciled.metadata.get(name).map_or("", String::as_str);
            Some(Sync {
                sources: vec![source(text(of("revision"))?.as_str(), of("originRevision"))],
                began: None,
                done: reconciled.first_reconciled,
                state: match reconciled.last_reconciled_status.as_str() {
                    "ReconciliationSucceeded" => SyncState::Done,
                    _ => SyncState::Failed,
                },
            })
        });
        let syncs = newest(syncs.collect());
        let applied = revision_of(
            &status.last_applied_revision,
            &status.last_applied_origin_revision,
        );
        let entries = status.inventory.entries.iter();
        Some(Self {
            meta: object.metadata.into(),
            tool: Tool::Kustomization,
            here: spec.kube_config.is_none(),
            manages: entries.filter_map(managed).take(MOST_MANAGED).collect(),
            release: None,
            applied: text(&applied),
            syncs,
        })
    }
}

impl Keep<RawHelmRelease> for Delivery {
    fn keep(object: RawHelmRelease) -> Option<Self> {
        let history = object.status.history;
        let release = history.first().map(|snapshot| Key {
            namespace: snapshot.namespace.clone(),
            name: snapshot.name.clone(),
        });
        let syncs = history.into_iter().filter_map(|snapshot| {
            Some(Sync {
                sources: vec![Source {
                    chart: text(&snapshot.chart_name),
                    revision: text(&snapshot.chart_version)?,
                    values: text(&snapshot.config_digest),
                    ..Source::default()
                }],
                began: Some(snapshot.last_deployed),
                done: snapshot.last_deployed,
                state: match snapshot.status.as_str() {
                    "failed" => SyncState::Failed,
                    status if status.starts_with("pending") => SyncState::Running,
                    _ => SyncState::Done,
                },
            })
        });
        let syncs = newest(syncs.collect());
        Some(Self {
            meta: object.metadata.into(),
            tool: Tool::HelmRelease,
            here: object.spec.kube_config.is_none(),
            manages: Vec::new(),
            release,
            applied: None,
            syncs,
        })
    }
}

/// The commit in `main@sha1:<commit>`, and in what an artifact says that it was made of; else the
/// revision as it is: `6.5.0@sha256:…` is no commit, but the version of an artifact.
fn revision_of(revision: &str, origin: &str) -> String {
    let commit = |text: &str| {
        let (_, digest) = text.rsplit_once(['@', '/'])?;
        let (algorithm, id) = digest.split_once(':')?;
        let is_git = algorithm == "sha1" || id.len() == 40;
        (is_git && is_commit(id)).then(|| id.to_owned())
    };
    let bare = |text: &str| text.strip_prefix("sha1:").unwrap_or(text).to_owned();
    commit(origin)
        .or_else(|| Some(bare(origin)).filter(|id| is_commit(id)))
        .or_else(|| commit(revision))
        .unwrap_or_else(|| {
            let bare = bare(revision);
            bare.split('@').next().unwrap_or_default().to_owned()
        })
}

fn managed(entry: &Entry) -> Option<Key> {
    let mut parts = entry.id.split('_');
    let (namespace, name) = (parts.next()?, parts.next()?);
    let (group, kind) = (parts.next()?, parts.next()?);
    is_workload(group, kind).then(|| Key {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    #[test]
    fn a_kustomization_tells_its_commits_and_what_it_manages() {
        let text = format!(
            r#"{{"metadata": {{"name": "apps", "namespace": "flux-system"}},
            "spec": {{"path": "./apps", "sourceRef": {{"kind": "GitRepository", "name": "fleet"}}}},
            "status": {{"lastAppliedRevision": "main@sha1:{COMMIT}",
              "conditions": [{{"type": "Ready", "message": "c4nary"}}],
              "inventory": {{"entries": [{{"id": "shop_cart_apps_Deployment", "v": "v1"}},
                {{"id": "shop_cart__ConfigMap", "v": "v1"}}, {{"id": "odd", "v": "v1"}}]}},
              "history": [{{"digest": "sha256:ab", "firstReconciled": "2026-11-22T09:30:00Z",
                "lastReconciled": "2026-11-22T09:50:00Z", "lastReconciledDuration": "1.2s",
                "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 3,
                "metadata": {{"revision": "main@sha1:{COMMIT}"}}}}]}}}}"#
        );
        let delivery =
            <Delivery as Keep<RawKustomization>>::keep(serde_json::from_str(&text).unwrap())
                .unwrap();
        assert!(delivery.here);
        assert_eq!(delivery.manages.len(), 1);
        let sync = &delivery.syncs[0];
        assert_eq!(sync.sources[0].revision, COMMIT);
        assert_eq!(sync.sources[0].path.as_deref(), Some("apps"));
        assert_eq!(
            sync.sources[0].repository.as_deref(),
            Some("GitRepository/fleet")
        );
        assert_eq!(delivery.applied.as_deref(), Some(COMMIT));
        assert!(!format!("{delivery:?}").contains("c4nary"));
    }

    #[test]
    fn revisions_of_all_ages_and_sources_are_understood() {
        let plain = "6.5.0@sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f9012345670a1b2c3d4e5f60718293a4b5";
        let cases = [
            (format!("main@sha1:{COMMIT}"), String::new(), COMMIT),
            (format!("sha1:{COMMIT}"), String::new(), COMMIT),
            (plain.to_owned(), format!("main@sha1:{COMMIT}"), COMMIT),
            (plain.to_owned(), COMMIT.to_owned(), COMMIT),
            (plain.to_owned(), String::new(), "6.5.0"),
            (String::new(), String::new(), ""),
        ];
        for (revision, origin, expected) in cases {
            assert_eq!(revision_of(&revision, &origin), expected, "{revision}");
        }
    }

    #[test]
    fn a_helm_release_tells_its_versions_oldest_first_and_is_elsewhere_with_a_kubeconfig() {
        let text = r#"{"metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"kubeConfig": {"secretRef": {"name": "edge"}}},
            "status": {"history": [
              {"name": "cart", "namespace": "shop", "version": 2, "status": "failed",
               "chartName": "cart", "chartVersion": "6.5.1", "configDigest": "sha256:b",
               "firstDeployed": "2026-11-20T09:00:00Z", "lastDeployed": "2026-11-22T09:30:00Z"},
              {"name": "cart", "namespace": "shop", "version": 1, "status": "superseded",
               "chartName": "cart", "chartVersion": "6.5.0", "configDigest": "sha256:a",
               "firstDeployed": "2026-11-20T09:00:00Z", "lastDeployed": "2026-11-20T09:00:00Z"}]}}"#;
        let delivery =
            <Delivery as Keep<RawHelmRelease>>::keep(serde_json::from_str(text).unwrap()).unwrap();
        assert!(!delivery.here);
        let told: Vec<_> = delivery
            .syncs
            .iter()
            .map(|sync| (sync.sources[0].revision.as_str(), sync.state))
            .collect();
        assert_eq!(
            told,
            [("6.5.0", SyncState::Done), ("6.5.1", SyncState::Failed)]
        );
        assert_eq!(delivery.release.unwrap().name, "cart");
    }
}
