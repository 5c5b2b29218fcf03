//! One cluster with an API server that can be refused and taken away, and a collector that
//! follows it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use fleetscope_collector::Collector;
use fleetscope_collector::index::{Index, IndexOptions, Keeper, Kept};
use fleetscope_model::{
    Aspect, Caller, Change, Cluster, ClusterId, ClusterVerb, Collection, Selection, Sight, Source,
    TimeRange, Topology,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{
    Access, Clock as _, Clusters, Error, ManualClock, Result, Telemetry as _, Unasked,
};
use fleetscope_sim::kubernetes::{KubeStore, ServerVersion, router};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fleet::{Fleet, at, caller, patient};
use crate::server::endpoint;

/// When everything happens.
pub(crate) const NOON: &str = "2026-11-22T12:00:00Z";

/// How the API server fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// It refuses watches.
    NoWatches,
    /// It answers nothing but 503.
    Away,
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) resource: String,
    pub(crate) watch: bool,
    pub(crate) accept: String,
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) store: KubeStore,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    url: String,
}

pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) registry: Arc<Registry>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keeper: Keeper,
    pub(crate) collector: Collector,
    access: Arc<Seeing>,
    /// Followings that have not ended.
    pub(crate) running: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

/// A registry whose clusters come and go.
#[derive(Default)]
pub(crate) struct Registry(pub(crate) Mutex<Vec<Cluster>>);

#[async_trait]
impl Clusters for Registry {
    async fn cluster(&self, _: &Caller, id: ClusterId) -> Result<Cluster> {
        let clusters = self.0.lock().unwrap();
        let found = clusters.iter().find(|cluster| cluster.id == id).cloned();
        found.ok_or_else(|| Error::not_found("cluster", &id))
    }

    async fn select(&self, _: &Caller, _: &Selection) -> Result<Vec<Cluster>> {
        Ok(self.0.lock().unwrap().clone())
    }
}

/// What everybody sees.
pub(crate) struct Seeing(Mutex<Sight>);

#[async_trait]
impl Access for Seeing {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        Ok(self.0.lock().unwrap().clone())
    }
}

impl Server {
    pub(crate) async fn start(tasks: &mut JoinSet<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let now = at(NOON);
        let server = Self {
            store: KubeStore::new(Arc::new(move || now), 7),
            mood: Arc::new(Mutex::new(Mood::Fine)),
            asked: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        let api: Router = router(server.store.clone(), ServerVersion::new("v1.36.2"));
        let api = api.layer(from_fn_with_state(server.clone(), pass));
        tasks.spawn(async move { axum::serve(listener, api).await.unwrap() });
        server
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.store.end_watches();
    }

    /// How often a resource was listed.
    pub(crate) fn lists(&self, resource: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        let lists = asked
            .iter()
            .filter(|one| !one.watch && one.resource == resource);
        lists.count()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Writes an object at a time of the day.
    pub(crate) fn apply(&self, object: Value, clock: &str) {
        self.store
            .apply_at(object, at(&format!("2026-11-22T{clock}:00Z")));
    }

    pub(crate) fn delete(&self, (api_version, kind): (&str, &str), namespace: &str, name: &str) {
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let gone = self
            .store
            .delete_at(api_version, kind, namespace, name, at(NOON));
        assert!(gone, "{kind} {name}");
    }
}

async fn pass(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mood = *server.mood.lock().unwrap();
    let watch = request
        .uri()
        .query()
        .unwrap_or_default()
        .contains("watch=true");
    let path = request.uri().path();
    let accept = request.headers().get("accept");
    server.asked.lock().unwrap().push(Asked {
        resource: path.rsplit('/').next().unwrap_or_default().to_owned(),
        watch,
        accept: accept.unwrap().to_str().unwrap().to_owned(),
    });
    match mood {
        Mood::Away => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::NoWatches if watch => StatusCode::FORBIDDEN.into_response(),
        _ => next.run(request).await,
    }
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_with(IndexOptions::default()).await
    }

    /// One of a node and a pod that are followed.
    pub(crate) async fn followed() -> Self {
        let mut stage = Self::set().await;
        stage.server.apply(node("w1"), "02:00");
        stage.server.apply(replica_set("shop"), "11:00");
        stage.server.apply(pod("shop", "web-1-a", "w1"), "11:00");
        stage.follow().await;
        stage
    }

    pub(crate) async fn set_with(options: IndexOptions) -> Self {
        let mut tasks = JoinSet::new();
        let server = Server::start(&mut tasks).await;
        let fleet = Fleet::of_one(Source::Kubernetes, endpoint(&server.url));
        let clusters = fleet.select(&caller(), &Selection::All).await.unwrap();
        let registry = Arc::new(Registry(Mutex::new(clusters)));
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let outbound = Outbound::new(patient()).unwrap();
        let index = Index::new(options, clock.clone());
        let keeper = Keeper::new(index.clone(), registry.clone(), outbound.clone());
        let access = Arc::new(Seeing(Mutex::new(Sight::Whole)));
        let collector = Collector::new(registry.clone(), access.clone(), outbound);
        Self {
            collector: collector.with_clock(clock.clone()).with_index(index),
            running: Arc::default(),
            server,
            registry,
            clock,
            keeper,
            access,
            tasks,
        }
    }

    /// From now on everybody sees these namespaces only.
    pub(crate) fn show_only(&self, namespaces: &[&str]) {
        let names = namespaces.iter().map(|name| (*name).to_owned());
        *self.access.0.lock().unwrap() = Sight::Namespaces(names.collect());
    }

    /// Lets the keeper look, and runs what it begins.
    pub(crate) async fn round(&mut self) -> (usize, usize) {
        let Kept { begun, ended, .. } = self.keeper.activate().await.unwrap();
        let count = begun.len();
        for following in begun {
            let running = Arc::clone(&self.running);
            running.fetch_add(1, Ordering::SeqCst);
            self.tasks.spawn(async move {
                following.run().await;
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        (count, ended)
    }

    /// Follows, and returns once everything is answered without a list.
    pub(crate) async fn follow(&mut self) {
        self.round().await;
        self.settle().await;
    }

    /// Returns once everything is answered without a list.
    pub(crate) async fn settle(&self) {
        self.until(async || {
            let before = self.all_lists();
            self.changes().await;
            self.topology().await;
            self.all_lists() == before
        })
        .await;
    }

    pub(crate) fn all_lists(&self) -> usize {
        let asked = self.server.asked();
        asked.iter().filter(|one| !one.watch).count()
    }

    /// Returns once something is so. Time goes on meanwhile, slowly.
    pub(crate) async fn until(&self, is_so: impl AsyncFn() -> bool) {
        for _ in 0..1_500 {
            if is_so().await {
                return;
            }
            self.clock.advance(Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never came to be so: {:?}", self.changes().await);
    }

    /// The changes of the last three hours.
    pub(crate) async fn changes(&self) -> Collection<Change> {
        let (caller, range) = (caller(), self.range());
        let read = self.collector.changes(&caller, &Selection::All, range);
        read.await.unwrap()
    }

    pub(crate) async fn topology(&self) -> Collection<Topology> {
        let (caller, range) = (caller(), self.range());
        let read = self.collector.topology(&caller, &Selection::All, range);
        read.await.unwrap()
    }

    fn range(&self) -> TimeRange {
        TimeRange::ending(self.clock.now(), SignedDuration::from_hours(3))
    }

    /// The changes in words.
    pub(crate) async fn told(&self) -> Vec<String> {
        let changes = self.changes().await.items;
        let told = changes.iter();
        told.map(|change| format!("{}: {}", change.entity, change.summary))
            .collect()
    }

    /// The edges in words.
    pub(crate) async fn edges(&self) -> Vec<String> {
        let topology = self.topology().await;
        let edges = topology.items.iter().flat_map(|one| &one.edges);
        edges
            .map(|edge| format!("{} {:?} {}", edge.from, edge.kind, edge.to))
            .collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A pod of the Deployment `web`, which uses a config map and a secret.
pub(crate) fn pod(namespace: &str, name: &str, node: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "web"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1",
                "uid": "web-1", "controller": true}]},
        "spec": {"nodeName": node, "containers": [{"name": "web", "image": "web:1",
            "envFrom": [{"configMapRef": {"name": "settings"}},
                {"secretRef": {"name": "keys"}}]}]},
        "status": {"phase": "Running"}})
}

/// The `ReplicaSet` of the Deployment `web`.
pub(crate) fn replica_set(namespace: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "namespace": namespace,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web",
                "uid": "web", "controller": true}]},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}})
}

pub(crate) fn service(namespace: &str, name: &str, selector: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": selector, "ports": [{"port": 80}]}})
}

pub(crate) fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
}

/// A `ConfigMap` or `Secret` with these keys, set at a time of the day.
pub(crate) fn settings(kind: &str, name: &str, data: &Value, clock: &str) -> Value {
    let keys = data.as_object().unwrap().keys();
    let keys: serde_json::Map<String, Value> =
        keys.map(|key| (format!("f:{key}"), json!({}))).collect();
    json!({"apiVersion": "v1", "kind": kind, "data": data,
        "metadata": {"name": name, "namespace": "shop", "managedFields": [{
            "manager": "kubectl", "operation": "Update", "apiVersion": "v1",
            "time": format!("2026-11-22T{clock}:00Z"), "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": keys}}]}})
}
