//! Calls about logs.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Client, Error};
use crate::wire::{
    DetectedFields, LabelList, LogAnswer, LogPatterns, LogQuery, LogStatsAnswer, LogStreams,
    LogTenant, LogVolumes,
};

/// What a question about logs that asks for no line is about.
#[derive(Debug, Clone, Default)]
pub struct LogsAbout {
    /// LogQL that selects lines; instead of `labels`.
    pub query: Option<String>,
    /// Labels of streams, as `namespace=shop` or `app=~cart.*`.
    pub labels: Vec<String>,
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// Which tenant of LokiStacks.
    pub tenant: Option<LogTenant>,
    /// First instant.
    pub start: Option<Timestamp>,
    /// Last instant.
    pub end: Option<Timestamp>,
    /// At most this many items of each cluster.
    pub limit: Option<u32>,
}

impl LogsAbout {
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        all.extend(self.query.clone().map(|query| ("query", query)));
        all.extend(self.labels.iter().map(|label| ("label", label.clone())));
        all.extend(self.clusters.iter().map(|id| ("cluster", id.to_string())));
        all.extend(self.tenant.map(|tenant| ("tenant", name(tenant))));
        all.extend(self.start.map(|start| ("start", start.to_string())));
        all.extend(self.end.map(|end| ("end", end.to_string())));
        all.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        all
    }
}

/// A tenant as parameters name it.
pub(crate) fn name(tenant: LogTenant) -> String {
    match tenant {
        LogTenant::Application => "application",
        LogTenant::Infrastructure => "infrastructure",
        LogTenant::Audit => "audit",
        LogTenant::Network => "network",
    }
    .to_owned()
}

impl Client {
    /// Log lines, or the series that LogQL makes of them.
    pub async fn query_logs(&self, query: &LogQuery) -> Result<LogAnswer, Error> {
        self.post("/api/v1/logs/query", query).await
    }

    /// Names of labels.
    pub async fn log_labels(&self, about: &LogsAbout) -> Result<LabelList, Error> {
        self.get("/api/v1/logs/labels", &about.parameters()).await
    }

    /// Values of a label, whose name must be one: letters, digits, underscores.
    pub async fn log_label_values(
        &self,
        label: &str,
        about: &LogsAbout,
    ) -> Result<LabelList, Error> {
        let label: String = url::form_urlencoded::byte_serialize(label.as_bytes()).collect();
        let path = format!("/api/v1/logs/label/{label}/values");
        self.get(&path, &about.parameters()).await
    }

    /// Streams.
    pub async fn log_streams(&self, about: &LogsAbout) -> Result<LogStreams, Error> {
        self.get("/api/v1/logs/series", &about.parameters()).await
    }

    /// How much was written, by these labels.
    pub async fn log_volume(&self, about: &LogsAbout, by: &[String]) -> Result<LogVolumes, Error> {
        let mut parameters = about.parameters();
        parameters.extend(by.iter().map(|label| ("by", label.clone())));
        self.get("/api/v1/logs/volume", &parameters).await
    }

    /// How much a query would have to read.
    pub async fn log_stats(&self, about: &LogsAbout) -> Result<LogStatsAnswer, Error> {
        self.get("/api/v1/logs/stats", &about.parameters()).await
    }

    /// What the newest lines that hold these texts say again and again, counted in windows of a
    /// length such as `5m`.
    pub async fn log_patterns(
        &self,
        about: &LogsAbout,
        contains: &[String],
        window: &str,
    ) -> Result<LogPatterns, Error> {
        let about = LogsAbout {
            limit: None,
            ..about.clone()
        };
        let mut parameters = about.parameters();
        parameters.extend(contains.iter().map(|text| ("contains", text.clone())));
        parameters.push(("window", window.to_owned()));
        self.get("/api/v1/logs/patterns", &parameters).await
    }

    /// Fields that lines hold.
    pub async fn log_fields(&self, about: &LogsAbout) -> Result<DetectedFields, Error> {
        self.get("/api/v1/logs/fields", &about.parameters()).await
    }
}
