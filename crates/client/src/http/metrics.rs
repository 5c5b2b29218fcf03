//! Calls about what is known of metrics beside their values.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Client, Error};
use crate::wire::{MetadataList, MetricLabelList, RuleAlertList, RuleList, SeriesList, TargetList};

/// Which clusters and series a question about labels is about.
#[derive(Debug, Clone, Default)]
pub struct SeriesScope {
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// Selectors, of which one has to match; all series where empty.
    pub matches: Vec<String>,
    /// From when.
    pub start: Option<Timestamp>,
    /// Until when.
    pub end: Option<Timestamp>,
    /// At most so many of each cluster; the server's default where absent.
    pub limit: Option<u32>,
}

impl SeriesScope {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query: Vec<_> = clusters(&self.clusters);
        query.extend(self.matches.iter().map(|one| ("match", one.clone())));
        query.extend(self.start.map(|at| ("start", at.to_string())));
        query.extend(self.end.map(|at| ("end", at.to_string())));
        query.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        query
    }
}

fn clusters(ids: &[Uuid]) -> Vec<(&'static str, String)> {
    ids.iter().map(|id| ("cluster", id.to_string())).collect()
}

impl Client {
    /// The labels of the series that match.
    pub async fn metric_series(&self, scope: &SeriesScope) -> Result<SeriesList, Error> {
        self.get("/api/v1/metrics/series", &scope.query()).await
    }

    /// The names of labels.
    pub async fn metric_labels(&self, scope: &SeriesScope) -> Result<MetricLabelList, Error> {
        self.get("/api/v1/metrics/labels", &scope.query()).await
    }

    /// The values of a label.
    pub async fn metric_label_values(
        &self,
        name: &str,
        scope: &SeriesScope,
    ) -> Result<MetricLabelList, Error> {
        let path = format!("/api/v1/metrics/label/{name}/values");
        self.get(&path, &scope.query()).await
    }

    /// What metrics are: one, or all.
    pub async fn metric_metadata(
        &self,
        ids: &[Uuid],
        metric: Option<&str>,
    ) -> Result<MetadataList, Error> {
        let mut query = clusters(ids);
        query.extend(metric.map(|metric| ("metric", metric.to_owned())));
        self.get("/api/v1/metrics/metadata", &query).await
    }

    /// Rules that record and alert.
    pub async fn metric_rules(&self, ids: &[Uuid]) -> Result<RuleList, Error> {
        self.get("/api/v1/metrics/rules", &clusters(ids)).await
    }

    /// Alerts that rules have raised.
    pub async fn metric_alerts(&self, ids: &[Uuid]) -> Result<RuleAlertList, Error> {
        self.get("/api/v1/metrics/alerts", &clusters(ids)).await
    }

    /// What is scraped.
    pub async fn metric_targets(&self, ids: &[Uuid]) -> Result<TargetList, Error> {
        self.get("/api/v1/metrics/targets", &clusters(ids)).await
    }
}
