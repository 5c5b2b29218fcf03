//! Applications of Argo CD: `argoproj.io/v1alpha1`.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::{Delivery, MOST_MANAGED, MOST_SOURCES, Source, Sync, SyncState, Tool};
use super::{is_workload, newest, repository, text};
use crate::custom::Resource;
use crate::watch::{Keep, Key};

pub(crate) const APPLICATIONS: Resource = Resource {
    group: "argoproj.io",
    version: "v1alpha1",
    plural: "applications",
    kind: "Application",
};

/// How Argo CD calls the cluster that it runs in, by address and by name.
const HERE: [&str; 2] = ["https://kubernetes.default.svc", "in-cluster"];

/// An Application, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct RawApplication {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
struct Spec {
    #[serde(default)]
    destination: Destination,
}

#[derive(Debug, Default, Deserialize)]
struct Destination {
    #[serde(default)]
    server: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    history: Vec<History>,
    #[serde(default)]
    operation_state: Option<Operation>,
    #[serde(default)]
    resources: Vec<Managed>,
}

/// What was synced: one source, or several with their revisions in the same order.
#[derive(Debug, Default, Deserialize)]
struct Synced {
    #[serde(default)]
    revision: String,
    #[serde(default)]
    source: RawSource,
    #[serde(default)]
    revisions: Vec<String>,
    #[serde(default)]
    sources: Vec<RawSource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    #[serde(flatten)]
    synced: Synced,
    deployed_at: Timestamp,
    #[serde(default)]
    deploy_started_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
struct RawSource {
    #[serde(default, rename = "repoURL")]
    repository: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    chart: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    #[serde(default)]
    phase: String,
    #[serde(default)]
    started_at: Option<Timestamp>,
    #[serde(default)]
    finished_at: Option<Timestamp>,
    #[serde(default)]
    sync_result: Option<Synced>,
}

#[derive(Debug, Deserialize)]
struct Managed {
    #[serde(default)]
    group: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

impl Keep<RawApplication> for Delivery {
    fn keep(object: RawApplication) -> Option<Self> {
        let destination = object.spec.destination;
        let here = HERE.contains(&destination.server.trim_end_matches('/'))
            || HERE.contains(&destination.name.as_str());
        let manages = object.status.resources.into_iter();
        let manages = manages
            .filter(|managed| is_workload(&managed.group, &managed.kind))
            .map(|managed| Key {
                namespace: if managed.namespace.is_empty() {
                    destination.namespace.clone()
                } else {
                    managed.namespace
                },
                name: managed.name,
            })
            .take(MOST_MANAGED)
            .collect();
        let mut syncs: Vec<Sync> = object.status.history.into_iter().map(done).collect();
        let latest = object.status.operation_state.and_then(unfinished);
        syncs.extend(latest);
        Some(Self {
            meta: object.metadata.into(),
            tool: Tool::ArgoCd,
            here,
            manages,
            release: None,
            applied: None,
            syncs: newest(syncs),
        })
    }
}

fn done(history: History) -> Sync {
    Sync {
        sources: sources(history.synced),
        began: history.deploy_started_at,
        done: history.deployed_at,
        state: SyncState::Done,
    }
}

/// A sync that has not succeeded stands in no history.
fn unfinished(operation: Operation) -> Option<Sync> {
    let state = match operation.phase.as_str() {
        "Running" | "Terminating" => SyncState::Running,
        "Failed" | "Error" => SyncState::Failed,
        _ => return None,
    };
    let began = operation.started_at?;
    Some(Sync {
        sources: sources(operation.sync_result?),
        began: Some(began),
        done: operation.finished_at.unwrap_or(began),
        state,
    })
}

fn sources(synced: Synced) -> Vec<Source> {
    let (revisions, sources) = if synced.revisions.is_empty() {
        (vec![synced.revision], vec![synced.source])
    } else {
        (synced.revisions, synced.sources)
    };
    let mut sources = sources.into_iter();
    revisions
        .into_iter()
        .filter_map(|revision| {
            let source = sources.next().unwrap_or_default();
            Some(Source {
                repository: repository(&source.repository),
                path: text(&source.path).filter(|path| path != "."),
                chart: text(&source.chart),
                revision: text(&revision)?,
                values: None,
            })
        })
        .take(MOST_SOURCES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    fn kept(destination: &str, status: &str) -> Delivery {
        let text = format!(
            r#"{{"metadata": {{"name": "cart", "namespace": "argocd"}},
                "spec": {{"destination": {destination}}}, "status": {status}}}"#
        );
        <Delivery as Keep<RawApplication>>::keep(serde_json::from_str(&text).unwrap()).unwrap()
    }

    const IN_CLUSTER: &str = r#"{"server": "https://kubernetes.default.svc", "namespace": "shop"}"#;

    #[test]
    fn history_and_managed_workloads_are_read_and_messages_are_not() {
        let delivery = kept(
            IN_CLUSTER,
            &format!(
                r#"{{"history": [
                {{"id": 4, "revision": "{COMMIT}", "deployStartedAt": "2026-11-22T09:29:55Z",
                  "deployedAt": "2026-11-22T09:30:00Z", "initiatedBy": {{"automated": true}},
                  "source": {{"repoURL": "https://bot:c4nary@git.example.com/deploy.git",
                              "path": "apps/cart", "targetRevision": "main"}}}}],
                "operationState": {{"phase": "Succeeded", "startedAt": "2026-11-22T09:29:55Z",
                  "message": "c4nary", "syncResult": {{"revision": "{COMMIT}"}}}},
                "resources": [{{"group": "apps", "kind": "Deployment", "name": "cart"}},
                  {{"kind": "ConfigMap", "name": "cart", "namespace": "shop"}}]}}"#
            ),
        );
        assert!(delivery.here);
        assert_eq!(delivery.manages.len(), 1);
        assert_eq!(delivery.manages[0].namespace, "shop");
        let sync = &delivery.syncs[..];
        assert_eq!(sync.len(), 1, "what is done stands in the history");
        assert!(sync[0].sources[0].is_commit());
        assert_eq!(
            sync[0].sources[0].repository.as_deref(),
            Some("git.example.com/deploy")
        );
        assert!(!format!("{delivery:?}").contains("c4nary"));
    }

    #[test]
    fn several_sources_come_with_their_revisions_and_charts() {
        let delivery = kept(
            r#"{"name": "in-cluster"}"#,
            &format!(
                r#"{{"history": [{{"id": 1, "deployedAt": "2026-11-22T09:30:00Z",
                "revisions": ["6.5.0", "{COMMIT}"], "sources": [
                {{"repoURL": "https://charts.example.com", "chart": "cart"}},
                {{"repoURL": "https://git.example.com/values", "path": "."}}]}}]}}"#
            ),
        );
        let sources = &delivery.syncs[0].sources;
        assert_eq!(sources[0].chart.as_deref(), Some("cart"));
        assert_eq!(sources[0].revision, "6.5.0");
        assert_eq!(sources[1].path, None);
        assert!(sources[1].is_commit() && !sources[0].is_commit());
    }

    #[test]
    fn a_sync_that_failed_is_told_and_another_cluster_is_not_this_one() {
        let failed = kept(
            r#"{"server": "https://edge.example.com:6443"}"#,
            &format!(
                r#"{{"operationState": {{"phase": "Failed", "startedAt": "2026-11-22T09:30:00Z",
                "finishedAt": "2026-11-22T09:31:00Z", "syncResult": {{"revision": "{COMMIT}"}}}}}}"#
            ),
        );
        assert!(!failed.here);
        assert_eq!(failed.syncs[0].state, SyncState::Failed);
        let fresh = kept(IN_CLUSTER, "{}");
        assert_eq!((fresh.syncs, fresh.manages), (Vec::new(), Vec::new()));
    }
}
