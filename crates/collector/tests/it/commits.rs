//! Commits told from what brings them, and from what revisions say of themselves.

use std::collections::BTreeMap;

use axum::response::Response;
use fleetscope_collector::index::IndexOptions;
use fleetscope_model::{Change, ChangeKind, GapKind, Selection, Source};
use fleetscope_ports::Telemetry as _;
use fleetscope_sim::kubernetes::catalogue;
use serde_json::{Value, json};

use crate::changes::{all, replica_set, time, told};
use crate::fleet::{Fleet, caller, hour, patient};
use crate::index::stage::{self, Stage};
use crate::kubernetes::list;
use crate::server::{self, Seen, Server};

const OLD: &str = "9e1b2d0c4e5f60718293a4b5c6d7e8f901234567";
const NEW: &str = "3f2a1c9d4e5f60718293a4b5c6d7e8f901234567";

async fn commits(objects: BTreeMap<&'static str, Vec<Value>>) -> Vec<Change> {
    let mut changes = all(objects).await;
    changes.retain(|change| change.kind == ChangeKind::Commit);
    changes
}

fn rolled_out() -> (&'static str, Vec<Value>) {
    let sets = vec![
        replica_set("web-1", 1, "07:00", "shop/web:1.8.1"),
        replica_set("web-2", 2, "09:30", "shop/web:1.8.2"),
    ];
    ("replicasets", sets)
}

/// An Application that manages the Deployments of these names.
fn application(server: &str, history: &[(&str, &str)], managed: &[&str]) -> Value {
    let source = json!({
        "repoURL": "https://bot:c4nary@git.example.com/deploy.git", "path": "apps/web",
    });
    let history: Vec<Value> = history
        .iter()
        .map(|(clock, revision)| {
            json!({"revision": revision, "source": source, "deployedAt": time(clock),
                "deployStartedAt": time(clock)})
        })
        .collect();
    let managed: Vec<Value> = managed
        .iter()
        .map(|name| json!({"group": "apps", "kind": "Deployment", "name": name}))
        .collect();
    json!({
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {"destination": {"server": server, "namespace": "shop"}},
        "status": {"history": history, "resources": managed},
    })
}

const HERE: &str = "https://kubernetes.default.svc";

#[tokio::test]
async fn a_rollout_gets_the_commit_of_the_sync_that_brought_it_and_no_credential() {
    let synced = application(HERE, &[("07:00", OLD), ("09:30", NEW)], &["web", "api"]);
    let objects = BTreeMap::from([rolled_out(), ("applications", vec![synced])]);
    let found = commits(objects).await;
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "workload shop/web at 09:30: brought by Argo CD application argocd/web \
          from git.example.com/deploy, apps/web (before: 9e1b2d0c4e)"
        ],
        "the other workload of the application was not changed"
    );
    assert_eq!(found[0].revision.as_deref(), Some(NEW));
}

#[tokio::test]
async fn a_sync_without_a_rollout_is_told_of_what_it_may_have_changed() {
    let names: Vec<String> = (0..9).map(|n| format!("web-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (managed, expected) in [
        (
            &names[..2],
            vec!["workload shop/web-0", "workload shop/web-1"],
        ),
        (&names[..], vec!["cluster shop"]),
    ] {
        let synced = application(
            HERE,
            &[("07:00", OLD), ("09:30", NEW), ("09:40", NEW)],
            managed,
        );
        let found = commits(BTreeMap::from([("applications", vec![synced])])).await;
        let places: Vec<String> = found.iter().map(|c| c.entity.to_string()).collect();
        assert_eq!(places, expected, "and putting things back is no news");
    }
}

#[tokio::test]
async fn a_sync_to_another_cluster_is_none_of_this_one() {
    let elsewhere = application("https://edge.example.com:6443", &[("09:30", NEW)], &["web"]);
    let objects = BTreeMap::from([rolled_out(), ("applications", vec![elsewhere])]);
    assert_eq!(commits(objects).await, []);
}

#[tokio::test]
async fn a_sync_that_failed_is_told_as_one() {
    let mut failed = application(HERE, &[("07:00", OLD)], &["web"]);
    failed["status"]["operationState"] = json!({"phase": "Failed", "startedAt": time("09:29"),
        "finishedAt": time("09:31"), "message": "c4nary",
        "syncResult": {"revision": NEW, "source": {}}});
    let objects = BTreeMap::from([rolled_out(), ("applications", vec![failed])]);
    let found = commits(objects).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].summary.contains("the sync failed"), "{found:?}");
    assert!(!format!("{found:?}").contains("c4nary"));
}

#[tokio::test]
async fn flux_tells_of_commits_and_of_charts() {
    let kustomization = json!({
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        "status": {
            "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]},
            "history": [
                {"digest": "b", "firstReconciled": time("09:32"),
                    "lastReconciledStatus": "ReconciliationSucceeded",
                    "metadata": {"revision": format!("main@sha1:{NEW}")}},
                {"digest": "a", "firstReconciled": time("07:00"),
                    "lastReconciledStatus": "ReconciliationSucceeded",
                    "metadata": {"revision": format!("main@sha1:{OLD}")}}]},
    });
    let objects = BTreeMap::from([rolled_out(), ("kustomizations", vec![kustomization])]);
    let found = commits(objects).await;
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "workload shop/web at 09:30: brought by Flux Kustomization flux-system/apps \
          from GitRepository/fleet, apps (before: 9e1b2d0c4e)"
        ]
    );

    let snapshot = |version: u32, chart: &str, clock: &str| {
        json!({"name": "web", "namespace": "shop", "version": version, "status": "deployed",
            "chartName": "web", "chartVersion": chart, "configDigest": format!("sha256:{version}"),
            "firstDeployed": time("07:00"), "lastDeployed": time(clock)})
    };
    let release = json!({
        "metadata": {"name": "web", "namespace": "shop"}, "spec": {},
        "status": {"history": [snapshot(2, "6.5.1", "09:30"), snapshot(1, "6.5.0", "07:00")]},
    });
    let (_, mut sets) = rolled_out();
    for set in &mut sets {
        set["metadata"]["annotations"]["meta.helm.sh/release-name"] = json!("web");
        set["metadata"]["annotations"]["meta.helm.sh/release-namespace"] = json!("shop");
    }
    let objects = BTreeMap::from([("replicasets", sets), ("helmreleases", vec![release])]);
    let found = commits(objects).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        told(&found[0]),
        "workload shop/web at 09:30: brought by Flux HelmRelease shop/web from chart web \
         (before: 6.5.0)"
    );
    assert_eq!(found[0].revision.as_deref(), Some("6.5.1"));
}

#[tokio::test]
async fn an_image_that_says_what_it_was_built_of_needs_no_tool() {
    let (_, mut sets) = rolled_out();
    let annotation = "org.opencontainers.image.revision";
    sets[0]["metadata"]["annotations"][annotation] = json!(OLD);
    sets[1]["metadata"]["annotations"][annotation] = json!(NEW);
    let found = commits(BTreeMap::from([("replicasets", sets.clone())])).await;
    let revisions: Vec<_> = found.iter().map(|one| one.revision.as_deref()).collect();
    assert_eq!(revisions, [Some(NEW)]);
    // Where both are known, the sync is told, with what the image was built of.
    let synced = application(HERE, &[("07:00", "main"), ("09:30", "next")], &["web"]);
    let objects = BTreeMap::from([
        ("replicasets", sets.clone()),
        ("applications", vec![synced]),
    ]);
    let found = commits(objects).await;
    assert_eq!(found.len(), 1);
    let told = &found[0].summary;
    assert!(
        told.ends_with("with an image built of 3f2a1c9d4e"),
        "{told}"
    );
    // A rollout of the same image has no new commit.
    sets[0]["metadata"]["annotations"][annotation] = json!(NEW);
    assert_eq!(commits(BTreeMap::from([("replicasets", sets)])).await, []);
}

/// A server that lets nobody list what brings commits, and says which of it there is.
fn refusing(seen: &Seen, served: &[&str]) -> Response {
    let tools = [
        "argoproj.io",
        "kustomize.toolkit.fluxcd.io",
        "helm.toolkit.fluxcd.io",
    ];
    let mut parts = seen.path.trim_start_matches("/apis/").split('/');
    let group = parts.next().unwrap_or_default();
    let resource = parts.nth(1);
    match resource {
        _ if !tools.contains(&group) => server::json(200, &list(&[])),
        Some(resource) => {
            let message = format!("{resource} is forbidden");
            server::json(
                403,
                &json!({"kind": "Status", "message": message, "code": 403}),
            )
        }
        None if served.contains(&group) => {
            let there = json!({"resources": [{"name": "workflows"}, {"name": "kustomizations"}]});
            server::json(200, &there)
        }
        None => server::json(404, &json!({"kind": "Status", "code": 404})),
    }
}

#[tokio::test]
async fn a_refusal_is_a_gap_only_where_there_is_something_to_see() {
    let gaps = |served: &'static [&'static str]| async move {
        let server = Server::start(move |seen| refusing(seen, served)).await;
        let fleet = Fleet::of_one(Source::Kubernetes, server.endpoint());
        let collector = fleet.collector(patient());
        let asker = caller();
        let answer = collector.changes(&asker, &Selection::All, hour());
        let gaps = answer.await.unwrap().gaps.into_iter();
        gaps.map(|gap| (gap.kind, gap.detail)).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&[]).await, []);
    // Another product of the same group brings no commits.
    assert_eq!(gaps(&["argoproj.io"]).await, []);
    let found = gaps(&["kustomize.toolkit.fluxcd.io"]).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, GapKind::Forbidden);
    assert!(found[0].1.contains("kustomizations"), "{found:?}");
}

#[tokio::test]
async fn a_flux_that_keeps_no_history_is_known_while_it_is_followed() {
    let mut stage = Stage::set_with(IndexOptions::default()).await;
    for resource in catalogue::flux().into_iter().chain(catalogue::argo()) {
        stage.server.store.register(resource);
    }
    let applied = |revision: &str| {
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "shop"},
            "spec": {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
            "status": {"lastAppliedRevision": format!("main@sha1:{revision}"),
                "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]}}})
    };
    stage.server.apply(stage::replica_set("shop"), "02:00");
    stage.server.apply(applied(OLD), "02:00");
    stage.follow().await;
    let told = async || {
        let told = stage.told().await.into_iter();
        told.filter(|line| line.contains("Flux"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told().await, [""; 0], "nobody knows when it came");
    stage.server.apply(applied(NEW), "11:50");
    let expected =
        "workload shop/web: brought by Flux Kustomization shop/apps (before: 9e1b2d0c4e)";
    stage.until(async || told().await == [expected]).await;
}
