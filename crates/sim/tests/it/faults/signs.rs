//! Questions to a fleet with a fault in it.

use fleetscope_sim::Truth;
use serde_json::Value;

use crate::fleet::{Fleet, encode};

pub(crate) struct Signs<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) truth: &'a Truth,
}

impl Signs<'_> {
    pub(crate) async fn now(&self, query: &str) -> f64 {
        self.fleet.value(&self.truth.cluster, query).await
    }

    /// The value a minute before the fault.
    pub(crate) async fn before(&self, query: &str) -> f64 {
        let minutes = (self.fleet.now() - self.truth.started_at.as_second()) / 60 + 1;
        self.fleet
            .value_ago(&self.truth.cluster, query, minutes)
            .await
    }

    pub(crate) async fn all(&self, query: &str) -> Vec<(Value, f64)> {
        self.fleet.query(&self.truth.cluster, query).await
    }

    /// Memory of the workload's pods, against an hour before.
    pub(crate) async fn memory_ratio(&self) -> f64 {
        let query = format!(
            "max(container_memory_working_set_bytes{{container=\"{}\"}})",
            self.truth.entity.name
        );
        self.now(&query).await / self.before(&query).await
    }

    pub(crate) async fn restarts(&self) -> f64 {
        let of = self.truth.entity.name.as_str();
        self.now(&format!(
            "sum(kube_pod_container_status_restarts_total{{container=\"{of}\"}})"
        ))
        .await
    }

    pub(crate) async fn error_ratio(&self, service: &str) -> f64 {
        let of = format!("service=\"{service}\",span_kind=\"SPAN_KIND_SERVER\"");
        self.now(&format!(
            "sum(rate(traces_spanmetrics_calls_total{{{of},status_code=\"STATUS_CODE_ERROR\"}}[2m])) / sum(rate(traces_spanmetrics_calls_total{{{of}}}[2m]))"
        ))
        .await
    }

    /// Services whose mean latency has grown by half since before the fault.
    pub(crate) async fn slower_services(&self) -> usize {
        let mean = "sum by (service) (rate(traces_spanmetrics_latency_sum{span_kind=\"SPAN_KIND_SERVER\"}[2m])) / sum by (service) (rate(traces_spanmetrics_latency_count{span_kind=\"SPAN_KIND_SERVER\"}[2m]))";
        let minutes = (self.fleet.now() - self.truth.started_at.as_second()) / 60 + 1;
        let before = self
            .fleet
            .query_ago(&self.truth.cluster, mean, minutes)
            .await;
        let now = self.all(mean).await;
        let grown = now.iter().filter(|(labels, value)| {
            let old = before
                .iter()
                .find(|(other, _)| other["service"] == labels["service"]);
            old.is_some_and(|(_, old)| *value > 1.5 * old)
        });
        grown.count()
    }

    /// Whether the change of the truth is in the objects: that revision of that deployment, with
    /// its `ReplicaSet` and the event of its scaling.
    pub(crate) async fn rolled_out(&self) -> bool {
        let Some(change) = &self.truth.change else {
            return false;
        };
        let (name, revision) = change.split_once(" revision ").expect("a revision");
        let (namespace, name) = name.split_once('/').expect("a namespace");
        let path = format!(
            "/{}/kubernetes/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
            self.truth.cluster
        );
        let deployment = self.fleet.json(&path).await;
        let key = "deployment.kubernetes.io/revision";
        let same = deployment["metadata"]["annotations"][key] == revision;
        same && self.events("ScalingReplicaSet").await >= 2
    }

    /// Lines since the fault began.
    pub(crate) async fn lines(&self, query: &str) -> usize {
        let path = format!(
            "/{}/loki/loki/api/v1/query_range?query={}&limit=5000&start={}&end={}",
            self.truth.cluster,
            encode(query),
            self.truth.started_at.as_second() - 30,
            self.fleet.now() + 1
        );
        let found = self.fleet.json(&path).await;
        let streams = found["data"]["result"].as_array().expect("streams");
        streams
            .iter()
            .map(|stream| stream["values"].as_array().expect("values").len())
            .sum()
    }

    /// Traces since the fault began, a hundred at most.
    pub(crate) async fn traces(&self, query: &str) -> usize {
        let path = format!(
            "/{}/tempo/api/search?q={}&limit=100&start={}&end={}",
            self.truth.cluster,
            encode(query),
            self.truth.started_at.as_second(),
            self.fleet.now()
        );
        self.fleet.json(&path).await["traces"]
            .as_array()
            .expect("traces")
            .len()
    }

    pub(crate) async fn events(&self, reason: &str) -> usize {
        let path = format!(
            "/{}/kubernetes/api/v1/events?limit=5000",
            self.truth.cluster
        );
        let events = self.fleet.json(&path).await;
        let items = events["items"].as_array().expect("events");
        items
            .iter()
            .filter(|event| event["reason"] == reason)
            .count()
    }

    /// Whether a container of the workload last ended for this reason, by API and by metric.
    pub(crate) async fn terminated_by(&self, reason: &str) -> bool {
        let entity = &self.truth.entity;
        let path = format!(
            "/{}/kubernetes/api/v1/namespaces/{}/pods?labelSelector=app.kubernetes.io/name={}",
            self.truth.cluster,
            entity.namespace.as_deref().expect("a namespace"),
            entity.name
        );
        let pods = self.fleet.json(&path).await;
        let mut pods = pods["items"].as_array().expect("pods").iter();
        let object = pods.any(|pod| {
            let status = &pod["status"]["containerStatuses"][0];
            let ended = |state: &str| status[state]["terminated"]["reason"] == reason;
            ended("lastState") || ended("state")
        });
        let metric = format!(
            "count(kube_pod_container_status_last_terminated_reason{{container=\"{}\",reason=\"{reason}\"}})",
            entity.name
        );
        object && self.now(&metric).await >= 1.0
    }

    /// Whether the alert has fired since the fault began, by Prometheus; and, if it still does, by
    /// Alertmanager.
    pub(crate) async fn was_firing(&self, alert: &str) -> bool {
        let query = format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}");
        let fired = self
            .now(&format!("count(max_over_time({query}[30m]))"))
            .await
            >= 1.0;
        if self.now(&format!("count({query})")).await >= 1.0 {
            let path = format!(
                "/{}/alertmanager/api/v2/alerts?filter={}",
                self.truth.cluster,
                encode(&format!("alertname=\"{alert}\""))
            );
            let alerts = self.fleet.json(&path).await;
            return fired && !alerts.as_array().expect("alerts").is_empty();
        }
        fired
    }
}
