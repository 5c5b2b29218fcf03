//! The port `Metrics`: what people and their tools ask of the metrics of many clusters.

mod evaluate;
mod lists;
mod rules;
mod targets;
mod thin;

use async_trait::async_trait;
use fleetscope_model::{
    Caller, ClusterId, Collection, Evaluated, Evaluation, ExemplarSeries, Labels, MetricMeta,
    RuleAlert, RuleGroup, Selection, SeriesQuery, Target, TimeRange, Window,
};
use fleetscope_ports::{Coming, Metrics, Passed, Result};

use crate::Collector;

/// Errors are `Invalid` with the codes of `Telemetry`, and `across_clusters` where an expression
/// would need several clusters at once.
#[async_trait]
impl Metrics for Collector {
    async fn evaluate(&self, caller: &Caller, asked: &Evaluation) -> Result<Evaluated> {
        evaluate::evaluate(self, caller, asked).await
    }

    async fn evaluate_each(
        &self,
        caller: &Caller,
        asked: &Evaluation,
    ) -> Result<Coming<Evaluated>> {
        evaluate::evaluate_each(self, caller, asked).await
    }

    async fn passed(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        query: &str,
        window: Window,
    ) -> Result<Collection<Passed>> {
        evaluate::passed(self, caller, cluster, (query, window)).await
    }

    async fn series(&self, caller: &Caller, asked: &SeriesQuery) -> Result<Collection<Labels>> {
        lists::series(self, caller, asked).await
    }

    async fn label_names(
        &self,
        caller: &Caller,
        asked: &SeriesQuery,
    ) -> Result<Collection<String>> {
        lists::names(self, caller, asked).await
    }

    async fn label_values(
        &self,
        caller: &Caller,
        name: &str,
        asked: &SeriesQuery,
    ) -> Result<Collection<String>> {
        lists::values(self, caller, name, asked).await
    }

    async fn metadata(
        &self,
        caller: &Caller,
        clusters: &Selection,
        metric: Option<&str>,
        limit: u32,
    ) -> Result<Collection<MetricMeta>> {
        lists::metadata(self, caller, clusters, (metric, limit)).await
    }

    async fn rules(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<RuleGroup>> {
        rules::groups(self, caller, clusters).await
    }

    async fn rule_alerts(
        &self,
        caller: &Caller,
        clusters: &Selection,
    ) -> Result<Collection<RuleAlert>> {
        rules::alerts(self, caller, clusters).await
    }

    async fn targets(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Target>> {
        targets::targets(self, caller, clusters).await
    }

    async fn exemplars(
        &self,
        caller: &Caller,
        clusters: &Selection,
        query: &str,
        range: TimeRange,
    ) -> Result<Collection<ExemplarSeries>> {
        lists::exemplars(self, caller, clusters, (query, range)).await
    }
}
