//! Whoever may see one namespace of one cluster, through everything that the API shows: answers,
//! lists, events, incidents, reports, and an investigation of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use fleetscope_client::wire::{
    AnomalyRequest, InvestigationRequest, NewReport, ReportFormat, TraceSearch,
};
use fleetscope_client::{Client, MetricScope, Paging};
use fleetscope_sim::Fault;
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::inside::Scene;
use super::stage::{ask, bind, view};

/// Every answer of a kind that shows telemetry or what is derived from it, as one text.
async fn all_that_is_shown(client: &Client) -> String {
    let mut text = String::new();
    for path in [
        "/api/v1/clusters",
        "/api/v1/events?limit=500",
        "/api/v1/tasks",
        "/api/v1/metrics/query?query=kube_pod_info",
        "/api/v1/metrics/query?query=%7Bnamespace%21%3D%22%22%7D",
        "/api/v1/metrics/query?query=traces_service_graph_request_total",
        "/api/v1/metrics/query?query=ALERTS",
        "/api/v1/topology?limit=10000",
        "/api/v1/changes?limit=500",
        "/api/v1/traces/services",
        "/api/v1/alerts",
        "/api/v1/alerts/groups",
        "/api/v1/alerts/silences",
        "/api/v1/traces/dependencies",
        "/api/v1/logs/labels",
        "/api/v1/logs/label/app/values",
        "/api/v1/logs/label/namespace/values",
        "/api/v1/logs/label/pod/values",
        "/api/v1/logs/series",
        "/api/v1/logs/volume?query=%7Bapp%3D~%22.%2B%22%7D&by=app&by=namespace",
        "/api/v1/logs/stats?query=%7Bapp%3D~%22.%2B%22%7D",
        "/api/v1/logs/fields?query=%7Bapp%3D~%22.%2B%22%7D",
    ] {
        text += &get(client, path).await;
    }
    for query in LOGS {
        text += &logs(client, query).await;
    }
    for list in [
        "/api/v1/analysis/anomaly",
        "/api/v1/analysis/rca",
        "/api/v1/reports",
    ] {
        let listed = get(client, &format!("{list}?limit=500")).await;
        let page: Value = serde_json::from_str(&listed).unwrap();
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            text += &get(client, &format!("{list}/{id}")).await;
            if list.ends_with("reports") {
                text += &get(client, &format!("{list}/{id}/download")).await;
            }
        }
        text += &listed;
    }
    text += &traces(client).await;
    let events = client.events(0, 500).await.unwrap().items.len();
    let stream = client.event_stream(0).await.unwrap();
    let streamed: Vec<_> = stream.take(events).map(Result::unwrap).collect().await;
    text + &serde_json::to_string(&streamed).unwrap()
}

/// Traces that a search for everything finds, and the first of each cluster in full.
async fn traces(client: &Client) -> String {
    let search = TraceSearch {
        limit: Some(5),
        ..TraceSearch::default()
    };
    let found = client.search_traces(&search).await.unwrap();
    let mut text = serde_json::to_string(&found).unwrap();
    for trace in &found.traces {
        let whole = client.trace(&trace.trace_id, &[]).await.unwrap();
        text += &serde_json::to_string(&whole).unwrap();
    }
    text
}

/// Queries that try to reach beyond a namespace.
const LOGS: [&str; 5] = [
    "{app=~\".+\"}",
    "{namespace!=\"inference\"}",
    "sum by (app, namespace) (count_over_time({app=~\".+\"}[5m]))",
    "{namespace=\"training\"}",
    "{app=~\".+\"} # {namespace=\"inference\"}",
];

async fn logs(client: &Client, query: &str) -> String {
    let asked = json!({ "query": query, "limit": 500 });
    let answer = ask(client, Method::POST, "/api/v1/logs/query", Some(&asked)).await;
    // A query may be refused, in words that tell nothing else.
    assert!([200, 422].contains(&answer.status().as_u16()), "{query}");
    answer.text().await.unwrap()
}

async fn get(client: &Client, path: &str) -> String {
    let answer = ask(client, Method::GET, path, None).await;
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    answer.text().await.unwrap() + "\n"
}

/// The words of a text, as names are written.
fn words(text: &str) -> BTreeSet<&str> {
    let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    text.split(apart).filter(|word| !word.is_empty()).collect()
}

/// Names of namespaces, pods and what made them, in every cluster: those of `inside` of the
/// cluster `train`, and those of everything else.
async fn names(whole: &Client, inside: &str) -> [BTreeSet<String>; 2] {
    let mut names = [BTreeSet::new(), BTreeSet::new()];
    let pods = whole
        .query("kube_pod_info", &MetricScope::default())
        .await
        .unwrap();
    for labels in pods.series.iter().map(|series| &series.labels) {
        let own = labels["namespace"] == inside && labels["cluster"] == "train";
        for name in ["namespace", "pod", "created_by_name"] {
            names[usize::from(!own)].extend(labels.get(name).cloned());
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_one_namespace_is_shown_nothing_of_any_other() {
    // What follows clusters sees all of them.
    let scene = Scene::set_with(|config| config.index.enabled = true).await;
    let (alice, carol) = (
        scene.person("alice", &["operators"]),
        scene.stage.person("carol", &["operators"]),
    );
    let simulation = scene.fleet.simulation();
    for cluster in &scene.clusters {
        scene
            .stage
            .let_use("carol", cluster, &["get", "query", "investigate"]);
        let access = simulation.access(&cluster.name).unwrap();
        bind(&access, "", ("view-all", "carol"), &view());
    }
    bind(&scene.access(), "inference", ("view", "alice"), &view());

    simulation.inject(Fault::GpuThrottle).unwrap();
    let app = &scene.stage.app;
    for minutes in [8, 1, 1, 1] {
        app.clock.advance(Duration::from_mins(minutes));
        app.roles.activate("watches").await.unwrap();
        app.roles.activate("work").await.unwrap();
    }
    // Both ask for themselves, too.
    for client in [&alice, &carol] {
        client
            .analyse_anomalies(&AnomalyRequest::default())
            .await
            .unwrap();
        let asked = client
            .investigate(&InvestigationRequest::default())
            .await
            .unwrap();
        app.roles.activate("work").await.unwrap();
        let told = client.investigation(asked.id).await.unwrap();
        assert_eq!(
            format!("{:?}", told.status),
            "Complete",
            "{:?}",
            told.failure
        );
    }
    let found = carol.investigations(&Paging::default()).await.unwrap();
    for investigation in found.items {
        let new = NewReport {
            investigation: investigation.id,
            title: None,
            format: ReportFormat::Markdown,
        };
        carol.create_report(&new).await.unwrap();
    }

    let [own, others] = names(&carol, "inference").await;
    // Clusters have names, too, and she may know that of hers. Series of her namespace say which
    // job has read them, and a job may be named like the workload that it reads at.
    let jobs = "count by (job) ({namespace=\"inference\"})";
    let jobs = carol.query(jobs, &MetricScope::default()).await.unwrap();
    let jobs: BTreeSet<_> = jobs
        .series
        .iter()
        .filter_map(|s| s.labels.get("job").cloned())
        .collect();
    let others: BTreeSet<_> = others
        .difference(&own)
        .filter(|name| *name != "train" && !jobs.contains(*name))
        .collect();
    let (hers, whole) = (
        all_that_is_shown(&alice).await,
        all_that_is_shown(&carol).await,
    );
    let (hers, whole) = (words(&hers), words(&whole));
    let seen = |words: &BTreeSet<&str>, names: &mut dyn Iterator<Item = &String>| {
        names
            .filter(|name| words.contains(name.as_str()))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&hers, &mut others.iter().copied()), [""; 0]);
    assert!(hers.contains("inference"));
    // They are all there for whoever may see them.
    let shown = seen(&whole, &mut others.iter().copied());
    assert_eq!(shown.len(), others.len());
    assert!(others.len() > 20, "{others:?}");
    scene.stage.app.stop().await;
}
