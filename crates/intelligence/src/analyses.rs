//! Anomaly analyses: asking for one, and reading what came of it.

use fleetscope_model::{
    AnalysisId, AnomalyAnalysis, Caller, Origin, Page, PageRequest, Permission, Selection,
    Sensitivity, Status, TimeRange,
};
use jiff::SignedDuration;

use crate::service::{authorise, check_page};
use crate::visible::analysis::visible;
use crate::visible::{Eyes, absent};
use crate::{Intelligence, Result};

pub(crate) mod perform;
mod validate;

pub(crate) use validate::check_window;

/// A question for anomalies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnomalyRequest {
    /// Which clusters.
    pub clusters: Selection,
    /// `PromQL`, each resulting series judged on its own; none for every watch of the catalogue.
    pub query: Option<String>,
    /// The window to be judged: at most 7 days, not in the future.
    pub window: TimeRange,
    /// Resolution, whole seconds; at most 11,000 points in the window, the limit of Prometheus
    /// itself. None for one that suits the window.
    pub step: Option<SignedDuration>,
    /// How readily a deviation is called an anomaly.
    pub sensitivity: Sensitivity,
}

impl Intelligence {
    /// Stores the request as a pending analysis, to be carried out by [`crate::Work`].
    ///
    /// Needs `Operate`. `Invalid` where the window, step or query can't be evaluated; `NotFound`
    /// for a cluster that the caller may not see.
    pub async fn request_anomaly_analysis(
        &self,
        caller: &Caller,
        request: AnomalyRequest,
    ) -> Result<AnomalyAnalysis> {
        authorise(caller, Permission::Operate)?;
        let now = self.clock.now();
        let plan = validate::validate(&request, now)?;
        let clusters = self.resolve(caller, &request.clusters).await?;
        let analysis = AnomalyAnalysis {
            id: AnalysisId::new(self.ids.next(now)),
            origin: Origin::Request,
            requested_by: caller.name.clone(),
            asker: Some(caller.clone()),
            created_at: now,
            status: Status::Pending,
            clusters: clusters.iter().map(|cluster| cluster.id).collect(),
            query: plan.query,
            watches: Vec::new(),
            window: request.window,
            step: plan.step,
            sensitivity: request.sensitivity,
            anomalies: Vec::new(),
            events: Vec::new(),
            evidence: Vec::new(),
            gaps: Vec::new(),
            failure: None,
        };
        // The event log tells of what was found, not of what was asked: no event yet.
        self.store.analyses.put(&analysis, &[]).await?;
        self.want_work();
        Ok(analysis)
    }

    /// One analysis, as the caller may see it. Needs `Read`.
    pub async fn anomaly_analysis(
        &self,
        caller: &Caller,
        id: AnalysisId,
    ) -> Result<AnomalyAnalysis> {
        authorise(caller, Permission::Read)?;
        let look = async {
            match absent(self.store.analyses.get(id).await)? {
                Some(analysis) => visible(&mut Eyes::of(self, caller), analysis).await,
                None => Ok(None),
            }
        };
        self.found("anomaly analysis", &id, look).await
    }

    /// Analyses that the caller may see, newest first. Needs `Read`.
    pub async fn anomaly_analyses(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<AnomalyAnalysis>> {
        authorise(caller, Permission::Read)?;
        check_page(page)?;
        self.seen_page(caller, page).await
    }
}
