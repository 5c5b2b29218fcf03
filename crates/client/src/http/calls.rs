//! Every call of the API, in the order of its document.

use jiff::Timestamp;
use reqwest::Method;
use uuid::Uuid;

use super::{CALL_LIMIT, Client, Error};
use crate::wire::{
    AnomalyAnalysis, AnomalyRequest, ApiToken, AuditEntry, Capabilities, Cluster, CreatedToken,
    Credential, CredentialField, CredentialKeys, CredentialList, Event, ImportReport,
    ImportRequest, Investigation, InvestigationRequest, KeyRotation, Me, MetricAnswer, NewCluster,
    NewCredential, NewReport, NewToken, Page, Report, TaskList, TokenQuestion, TokenVerdict,
    Validation,
};

/// Where to go on in a list.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// The `next_cursor` of the part before.
    pub cursor: Option<String>,
    /// At most this many items; the server's default where absent.
    pub limit: Option<u32>,
}

impl Paging {
    fn query(&self) -> Vec<(&'static str, String)> {
        let cursor = self.cursor.clone().map(|cursor| ("cursor", cursor));
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        cursor.into_iter().chain(limit).collect()
    }
}

/// Which clusters and which time a metric query is about.
#[derive(Debug, Clone, Default)]
pub struct MetricScope {
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// First instant of a range.
    pub start: Option<Timestamp>,
    /// Last instant of a range, or the instant.
    pub end: Option<Timestamp>,
    /// Resolution of a range, as `60s`.
    pub step: Option<String>,
    /// Whether an outermost aggregation is put together over all clusters.
    pub combine: bool,
    /// At most this many points a series, of which those stay that matter.
    pub max_points: Option<u32>,
}

impl MetricScope {
    pub(super) fn query(
        &self,
        expression: &str,
        end_name: &'static str,
    ) -> Vec<(&'static str, String)> {
        let mut query = vec![("query", expression.to_owned())];
        query.extend(self.clusters.iter().map(|id| ("cluster", id.to_string())));
        query.extend(self.start.map(|start| ("start", start.to_string())));
        query.extend(self.end.map(|end| (end_name, end.to_string())));
        query.extend(self.step.clone().map(|step| ("step", step)));
        query.extend(self.combine.then(|| ("combine", "true".to_owned())));
        query.extend(self.max_points.map(|most| ("max_points", most.to_string())));
        query
    }
}

impl Client {
    /// Who is asking.
    pub async fn me(&self) -> Result<Me, Error> {
        self.get("/auth/me", &[]).await
    }

    /// Whose a token is.
    pub async fn validate_token(&self, token: &str) -> Result<TokenVerdict, Error> {
        let question = TokenQuestion {
            token: token.to_owned(),
        };
        self.post("/auth/validate", &question).await
    }

    /// Registers a cluster.
    pub async fn create_cluster(&self, cluster: &NewCluster) -> Result<Cluster, Error> {
        self.post("/api/v1/clusters", cluster).await
    }

    /// Lists clusters by name.
    pub async fn clusters(&self, paging: &Paging) -> Result<Page<Cluster>, Error> {
        self.get("/api/v1/clusters", &paging.query()).await
    }

    /// One cluster.
    pub async fn cluster(&self, id: Uuid) -> Result<Cluster, Error> {
        self.get(&format!("/api/v1/clusters/{id}"), &[]).await
    }

    /// Replaces what is said of a cluster, if it is still at `generation` (where one is given).
    pub async fn update_cluster(
        &self,
        id: Uuid,
        cluster: &NewCluster,
        generation: Option<u64>,
    ) -> Result<Cluster, Error> {
        let mut request = self.request(Method::PUT, &format!("/api/v1/clusters/{id}"))?;
        if let Some(generation) = generation {
            request = request.header("if-match", format!("\"{generation}\""));
        }
        self.json(request.json(cluster)).await
    }

    /// Calls a cluster's endpoints to see whether they can be used.
    pub async fn validate_cluster(&self, id: Uuid) -> Result<Validation, Error> {
        self.post(&format!("/api/v1/clusters/{id}/validate"), &())
            .await
    }

    /// What came of calling a cluster's endpoints the last time.
    pub async fn cluster_validation(&self, id: Uuid) -> Result<Validation, Error> {
        let path = format!("/api/v1/clusters/{id}/validation");
        self.get(&path, &[]).await
    }

    /// What a cluster is and can do; looked at anew where `refresh` says so.
    pub async fn cluster_capabilities(
        &self,
        id: Uuid,
        refresh: bool,
    ) -> Result<Capabilities, Error> {
        let path = format!("/api/v1/clusters/{id}/capabilities");
        self.get(&path, &[("refresh", refresh.to_string())]).await
    }

    /// Removes a cluster.
    pub async fn delete_cluster(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/api/v1/clusters/{id}")).await
    }

    /// Removes a cluster, and what tells of it and of no other cluster with it.
    pub async fn forget_cluster(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/api/v1/clusters/{id}?history=true"))
            .await
    }

    /// Imports clusters.
    pub async fn import_clusters(&self, import: &ImportRequest) -> Result<ImportReport, Error> {
        self.post("/api/v1/clusters/import", import).await
    }

    /// A cluster's credentials, without their values.
    pub async fn credentials(&self, cluster: Uuid) -> Result<CredentialList, Error> {
        self.get(&format!("/api/v1/clusters/{cluster}/credentials"), &[])
            .await
    }

    /// Gives a cluster a credential, the first or another one.
    pub async fn put_credential(
        &self,
        cluster: Uuid,
        field: CredentialField,
        credential: &NewCredential,
    ) -> Result<Credential, Error> {
        let field = field.as_str();
        let path = format!("/api/v1/clusters/{cluster}/credentials/{field}");
        self.json(self.request(Method::PUT, &path)?.json(credential))
            .await
    }

    /// Removes a credential.
    pub async fn delete_credential(
        &self,
        cluster: Uuid,
        field: CredentialField,
    ) -> Result<(), Error> {
        let field = field.as_str();
        self.delete(&format!("/api/v1/clusters/{cluster}/credentials/{field}"))
            .await
    }

    /// The keys that credentials are sealed under, and how a rotation fares.
    pub async fn keys(&self) -> Result<CredentialKeys, Error> {
        self.get("/api/v1/keys", &[]).await
    }

    /// Asks that every credential come under the active key.
    pub async fn rotate_keys(&self) -> Result<KeyRotation, Error> {
        self.json(self.request(Method::POST, "/api/v1/keys/rotation")?)
            .await
    }

    /// Stops that.
    pub async fn stop_rotation(&self) -> Result<KeyRotation, Error> {
        self.json(self.request(Method::DELETE, "/api/v1/keys/rotation")?)
            .await
    }

    /// An instant query; `scope.end` is the instant.
    pub async fn query(&self, query: &str, scope: &MetricScope) -> Result<MetricAnswer, Error> {
        self.get("/api/v1/metrics/query", &scope.query(query, "time"))
            .await
    }

    /// A range query.
    pub async fn query_range(
        &self,
        query: &str,
        scope: &MetricScope,
    ) -> Result<MetricAnswer, Error> {
        self.get("/api/v1/metrics/query_range", &scope.query(query, "end"))
            .await
    }

    /// Events after a place in the log, oldest first.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Page<Event>, Error> {
        let query = [("after", after.to_string()), ("limit", limit.to_string())];
        self.get("/api/v1/events", &query).await
    }

    /// Starts an anomaly analysis; the answer may already be complete.
    pub async fn analyse_anomalies(
        &self,
        request: &AnomalyRequest,
    ) -> Result<AnomalyAnalysis, Error> {
        self.post("/api/v1/analysis/anomaly", request).await
    }

    /// Lists anomaly analyses, newest first.
    pub async fn anomaly_analyses(&self, paging: &Paging) -> Result<Page<AnomalyAnalysis>, Error> {
        self.get("/api/v1/analysis/anomaly", &paging.query()).await
    }

    /// One anomaly analysis.
    pub async fn anomaly_analysis(&self, id: Uuid) -> Result<AnomalyAnalysis, Error> {
        self.get(&format!("/api/v1/analysis/anomaly/{id}"), &[])
            .await
    }

    /// Starts an investigation; the answer may already be complete.
    pub async fn investigate(
        &self,
        request: &InvestigationRequest,
    ) -> Result<Investigation, Error> {
        self.post("/api/v1/analysis/rca", request).await
    }

    /// Lists investigations, newest first.
    pub async fn investigations(&self, paging: &Paging) -> Result<Page<Investigation>, Error> {
        self.get("/api/v1/analysis/rca", &paging.query()).await
    }

    /// One investigation.
    pub async fn investigation(&self, id: Uuid) -> Result<Investigation, Error> {
        self.get(&format!("/api/v1/analysis/rca/{id}"), &[]).await
    }

    /// Writes a report.
    pub async fn create_report(&self, report: &NewReport) -> Result<Report, Error> {
        self.post("/api/v1/reports", report).await
    }

    /// Lists reports, newest first.
    pub async fn reports(&self, paging: &Paging) -> Result<Page<Report>, Error> {
        self.get("/api/v1/reports", &paging.query()).await
    }

    /// One report, without its text.
    pub async fn report(&self, id: Uuid) -> Result<Report, Error> {
        self.get(&format!("/api/v1/reports/{id}"), &[]).await
    }

    /// A report's text.
    pub async fn report_text(&self, id: Uuid) -> Result<String, Error> {
        let request = self.request(Method::GET, &format!("/api/v1/reports/{id}/download"))?;
        let response = self.send(request.timeout(CALL_LIMIT)).await?;
        response
            .text()
            .await
            .map_err(|error| self.unreachable(&error))
    }

    /// Removes a report.
    pub async fn delete_report(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/api/v1/reports/{id}")).await
    }

    /// Makes an API token.
    pub async fn create_token(&self, token: &NewToken) -> Result<CreatedToken, Error> {
        self.post("/api/v1/tokens", token).await
    }

    /// Lists API tokens by name, without the tokens.
    pub async fn tokens(&self, paging: &Paging) -> Result<Page<ApiToken>, Error> {
        self.get("/api/v1/tokens", &paging.query()).await
    }

    /// Revokes an API token.
    pub async fn revoke_token(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/api/v1/tokens/{id}")).await
    }

    /// Lists who did what, newest first.
    pub async fn audit(&self, paging: &Paging) -> Result<Page<AuditEntry>, Error> {
        self.get("/api/v1/audit", &paging.query()).await
    }

    /// The state of scheduled tasks.
    pub async fn tasks(&self) -> Result<TaskList, Error> {
        self.get("/api/v1/tasks", &[]).await
    }
}
