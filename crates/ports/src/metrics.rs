//! Metrics of many clusters, as people and their tools ask for them.

use async_trait::async_trait;
use bytes::Bytes;
use fleetscope_model::{
    Caller, ClusterId, Collection, Evaluated, Evaluation, ExemplarSeries, MetricMeta, RuleAlert,
    RuleGroup, Selection, SeriesQuery, Target, TimeRange, Window,
};

use crate::{Coming, Result};

/// One server's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// A whole answer that tells of a success, in its JSON.
    Whole(Bytes),
    /// The server refuses the expression, with this kind of error and in these words.
    Refused {
        /// `bad_data`, `execution`, `timeout` or `canceled`.
        kind: String,
        /// The server's own words.
        message: String,
    },
}

/// Reads metrics and what is known of them. An `Err` means that the question itself is wrong or
/// that the clusters can't be known; whatever goes wrong on a cluster is a gap. Of each cluster
/// only what the caller may see is read; what belongs to no namespace is shown to those alone who
/// see the whole of it.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// Evaluates an expression.
    async fn evaluate(&self, caller: &Caller, asked: &Evaluation) -> Result<Evaluated>;

    /// Evaluates an expression on each cluster by itself; what each gives comes as it gives it.
    /// `Invalid` (`across_clusters`) where the clusters are to be put together.
    async fn evaluate_each(&self, caller: &Caller, asked: &Evaluation)
    -> Result<Coming<Evaluated>>;

    /// One cluster's answer in the bytes in which its server gave it: one item, or a gap.
    async fn passed(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        query: &str,
        window: Window,
    ) -> Result<Collection<Passed>>;

    /// The labels of the series that match.
    async fn series(
        &self,
        caller: &Caller,
        asked: &SeriesQuery,
    ) -> Result<Collection<fleetscope_model::Labels>>;

    /// The names of labels of the series that match: sorted, each once.
    async fn label_names(&self, caller: &Caller, asked: &SeriesQuery)
    -> Result<Collection<String>>;

    /// The values of a label of the series that match: sorted, each once.
    async fn label_values(
        &self,
        caller: &Caller,
        name: &str,
        asked: &SeriesQuery,
    ) -> Result<Collection<String>>;

    /// What metrics are, by name: of one metric, or of at most `limit` of each cluster.
    async fn metadata(
        &self,
        caller: &Caller,
        clusters: &Selection,
        metric: Option<&str>,
        limit: u32,
    ) -> Result<Collection<MetricMeta>>;

    /// Rules by cluster and group.
    async fn rules(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<RuleGroup>>;

    /// Alerts that rules have raised; `cluster` is among their labels.
    async fn rule_alerts(
        &self,
        caller: &Caller,
        clusters: &Selection,
    ) -> Result<Collection<RuleAlert>>;

    /// What is scraped.
    async fn targets(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Target>>;

    /// Exemplars of the series that an expression selects.
    async fn exemplars(
        &self,
        caller: &Caller,
        clusters: &Selection,
        query: &str,
        range: TimeRange,
    ) -> Result<Collection<ExemplarSeries>>;
}
