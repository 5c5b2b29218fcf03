//! The collector, as the other roles see it.

use async_trait::async_trait;
use fleetscope_model::{
    Alert, Caller, Change, ClusterSeries, Collection, KubernetesEvent, LogLine, LogQuery,
    MetricQuery, RangeQuery, Selection, TimeRange, Topology, TraceQuery, TraceSummary,
};

use crate::Result;

/// Reads telemetry from many clusters at once. An `Err` means that the question itself is wrong
/// or that the clusters can't be known; whatever goes wrong on a cluster is a gap in the answer.
#[async_trait]
pub trait Telemetry: Send + Sync {
    /// The value of every resulting series at an instant: one sample a series.
    async fn instant(
        &self,
        caller: &Caller,
        query: &MetricQuery,
    ) -> Result<Collection<ClusterSeries>>;

    /// The samples of every resulting series over a range.
    async fn range(&self, caller: &Caller, query: &RangeQuery)
    -> Result<Collection<ClusterSeries>>;

    /// Log lines, newest first in each cluster.
    async fn logs(&self, caller: &Caller, query: &LogQuery) -> Result<Collection<LogLine>>;

    /// Traces that hold a matching span, newest first in each cluster.
    async fn traces(&self, caller: &Caller, query: &TraceQuery)
    -> Result<Collection<TraceSummary>>;

    /// Changes made in the range, oldest first: rollouts, scaling, restarts.
    async fn changes(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Change>>;

    /// Kubernetes events last seen in the range, oldest first.
    async fn events(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<KubernetesEvent>>;

    /// Alerts that fire now, also those that are kept quiet; the longest firing first in each
    /// cluster.
    async fn firing(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Alert>>;

    /// The structure of each cluster in the range; one item a cluster that could be read. Service
    /// names of traces are resolved to workloads of the same name where there is exactly one.
    async fn topology(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Topology>>;
}
