//! What somebody sees inside a cluster: as that cluster itself says.

use std::time::Duration;

use fleetscope_client::wire::{Cluster, MetricAnswer};
use fleetscope_client::{Client, MetricScope};
use fleetscope_config::Config;
use fleetscope_testkit::{Fleet, Shape};

use super::stage::{Stage, bind, view};

/// Pods by namespace: a metric that every namespace has.
const PODS: &str = "count by (namespace) (kube_pod_info)";

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) fleet: Fleet,
    pub(crate) clusters: Vec<Cluster>,
    train: Cluster,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    pub(crate) async fn set_with(change: impl FnOnce(&mut Config)) -> Self {
        let stage = Stage::set_with(Shape::One, change).await;
        let fleet = Fleet::start(5, stage.app.clock.clone()).await;
        let clusters = fleet.register(&stage.app.admin).await;
        let train = clusters.iter().find(|cluster| cluster.name == "train");
        Self {
            train: train.unwrap().clone(),
            clusters,
            stage,
            fleet,
        }
    }

    /// Somebody who may query the cluster `train`.
    pub(crate) fn person(&self, name: &str, groups: &[&str]) -> Client {
        self.stage
            .let_use(name, &self.train, &["get", "query", "investigate"]);
        self.stage.person(name, groups)
    }

    pub(crate) fn access(&self) -> fleetscope_sim::kubernetes::Access {
        self.fleet.simulation().access("train").unwrap()
    }
}

async fn query(client: &Client, query: &str) -> MetricAnswer {
    client.query(query, &MetricScope::default()).await.unwrap()
}

fn namespaces(answer: &MetricAnswer) -> Vec<&str> {
    let labels = answer.series.iter().map(|series| &series.labels);
    let mut names: Vec<&str> = labels
        .filter_map(|labels| labels.get("namespace").map(String::as_str))
        .collect();
    names.sort_unstable();
    names
}

/// The one value of a query that has one series.
async fn value(client: &Client, text: &str) -> f64 {
    let answer = query(client, text).await;
    assert_eq!(answer.series.len(), 1, "{answer:?}");
    answer.series[0].samples[0].1.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_those_of_the_namespaces_that_the_cluster_lets_one_see() {
    let scene = Scene::set().await;
    let (alice, carol) = (
        scene.person("alice", &["viewers"]),
        scene.person("carol", &["viewers"]),
    );
    bind(&scene.access(), "inference", ("view", "alice"), &view());
    bind(&scene.access(), "", ("view-all", "carol"), &view());
    let all = query(&carol, PODS).await;
    assert!(namespaces(&all).len() > 2, "{all:?}");
    let whole = value(&carol, "count(kube_pod_info)").await;

    let hers = query(&alice, PODS).await;
    assert_eq!(namespaces(&hers), ["inference"]);
    assert_eq!(hers.gaps, []);
    // Whatever is made of it: the sum, a renamed namespace, a name that is left out.
    let sum = value(&alice, "count(kube_pod_info)").await;
    assert!(sum < whole, "{sum} of {whole}");
    let renamed = r#"count(label_replace(kube_pod_info, "namespace", "inference", "pod", ".*"))"#;
    assert!((value(&alice, renamed).await - sum).abs() < f64::EPSILON);
    let excluded = query(&alice, r#"count(kube_pod_info{namespace!="inference"})"#).await;
    assert_eq!(excluded.series, []);
    // Nodes belong to no namespace.
    assert_eq!(query(&alice, "node_load1").await.series, []);
    assert!(!query(&carol, "node_load1").await.series.is_empty());
    scene.stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_of_others_is_a_gap_that_does_not_tell_whether_it_is_there() {
    let scene = Scene::set().await;
    let alice = scene.person("alice", &["viewers"]);
    bind(&scene.access(), "inference", ("view", "alice"), &view());
    let mut told = Vec::new();
    for name in ["training", "no-such-one"] {
        let answer = query(&alice, &format!("up{{namespace=\"{name}\"}}")).await;
        assert_eq!(answer.series, []);
        assert_eq!(answer.gaps.len(), 1);
        let gap = serde_json::to_string(&answer.gaps[0]).unwrap();
        assert!(gap.contains("forbidden"), "{gap}");
        told.push(gap.replace(name, "N"));
    }
    assert_eq!(told[0], told[1]);
    scene.stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_right_inside_there_is_a_gap_and_no_data_also_for_administrators() {
    let scene = Scene::set().await;
    let bob = scene.person("bob", &["owners"]);
    // The bearer of the first token manages everything and is known to no cluster.
    for client in [&bob, &scene.stage.app.admin] {
        let answer = query(client, "up").await;
        assert_eq!(answer.series, []);
        let train = answer
            .gaps
            .iter()
            .find(|gap| gap.cluster_name == "train")
            .unwrap();
        assert!(
            train.detail.contains("you may see no metrics here"),
            "{train:?}"
        );
    }
    scene.stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_cluster_can_not_be_asked_there_is_a_gap_and_no_data() {
    let scene = Scene::set().await;
    let carol = scene.person("carol", &["viewers"]);
    bind(&scene.access(), "", ("view-all", "carol"), &view());
    scene.access().fail_reviews(true);
    let answer = query(&carol, "up").await;
    assert_eq!(answer.series, []);
    assert!(
        answer.gaps[0]
            .detail
            .starts_with("what you may see can't be told"),
        "{answer:?}"
    );
    scene.access().fail_reviews(false);
    assert!(
        !query(&carol, "up").await.series.is_empty(),
        "a failure is not remembered"
    );
    // A right that is taken back is gone after ten seconds.
    scene.access().delete("ClusterRoleBinding", "", "view-all");
    assert!(!query(&carol, "up").await.series.is_empty());
    scene.stage.app.clock.advance(Duration::from_secs(10));
    assert_eq!(query(&carol, "up").await.series, []);
    scene.stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_read_within_the_rights_of_whoever_asked() {
    let scene = Scene::set().await;
    let alice = scene.person("alice", &["operators"]);
    bind(&scene.access(), "inference", ("view", "alice"), &view());
    let query = "rate(container_cpu_usage_seconds_total{namespace=\"training\"}[5m])";
    let asked = serde_json::json!({ "clusters": [scene.train.id], "query": query });
    let asked = serde_json::from_value(asked).unwrap();
    let made = alice.analyse_anomalies(&asked).await.unwrap();
    scene.stage.app.roles.activate("work").await.unwrap();
    let done = alice.anomaly_analysis(made.id).await.unwrap();
    let told = serde_json::to_value(&done).unwrap();
    assert_eq!(told["status"], "complete", "{told:#}");
    let gaps = told["gaps"].to_string();
    assert!(gaps.contains("you may see no metrics here"), "{told:#}");
    scene.stage.app.stop().await;
}
