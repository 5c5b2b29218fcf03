//! Reading telemetry: one question asked of many clusters at once.
//!
//! [`Collector`] implements `fleetscope_ports::Telemetry` and `Metrics`. The selected clusters are read at the
//! same time and under one deadline; what goes wrong on one of them is a gap in the answer and
//! never an error, and costs the others nothing. A question that is wrong in itself is refused
//! before anything is sent.
//!
//! This crate must not know what the telemetry means: it detects and concludes nothing. It opens
//! no socket of its own (`fleetscope-outbound` does) and names no Kubernetes library.
//!
//! Start reading at [`Collector`]; then `federation`, then one folder per kind of source:
//! `prometheus`, `loki`, `tempo`, and `changes`, `events`, `topology` over the Kubernetes API, which
//! [`index`] follows. A new source is a new folder and one line in [`Collector`].

mod alertmanager;
mod changes;
#[cfg(test)]
mod drawn;
mod events;
mod federation;
pub mod index;
mod loki;
mod metrics;
mod owners;
mod prometheus;
mod quote;
mod range;
mod site;
mod tempo;
mod topology;

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    Alert, AlertQuery, Aspect, Caller, Change, ClusterSeries, Collection, KubernetesEvent, LogLine,
    LogQuery, MetricQuery, RangeQuery, Selection, Source, TimeRange, Topology, TraceQuery,
    TraceSummary,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Alerts, Clock, Clusters, Result, Telemetry};
use jiff::{SignedDuration, Timestamp};

use crate::federation::Asking;
use crate::index::Index;

/// What a topology shows.
const STRUCTURE: &[Aspect] = &[Aspect::Objects, Aspect::Metrics];

/// After so long nothing is added to what happened: twice Prometheus' own lookback, and more than
/// the usual delay of remote writes and rules.
const SETTLED: SignedDuration = SignedDuration::from_mins(10);

/// Reads many clusters at once. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    clusters: Arc<dyn Clusters>,
    access: Arc<dyn Access>,
    outbound: Outbound,
    clock: Option<Arc<dyn Clock>>,
    index: Option<Index>,
}

impl Collector {
    /// A collector that reads the clusters of a registry, and of each what `access` lets the
    /// caller see. No answer takes longer than the time limit of `outbound` (beside the registry's
    /// own time).
    pub fn new(clusters: Arc<dyn Clusters>, access: Arc<dyn Access>, outbound: Outbound) -> Self {
        Self {
            clusters,
            access,
            outbound,
            clock: None,
            index: None,
        }
    }

    /// The same collector, which asks an index before it lists what clusters hold.
    #[must_use]
    pub fn with_index(self, index: Index) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// The same collector, which knows the time: answers about what is long past are kept.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// Whether what happened up to then can't change any more.
    fn is_past(&self, end: Timestamp) -> bool {
        let now = self.clock.as_ref().map(|clock| clock.now());
        now.is_some_and(|now| now.duration_since(end) >= SETTLED)
    }
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector")
            .field("outbound", &self.outbound)
            .finish_non_exhaustive()
    }
}

/// Errors are `Invalid` with one of the codes `invalid_query`, `invalid_range`, `invalid_step`,
/// `too_many_points`, `invalid_label`, `invalid_limit`, `invalid_service`, or what the registry
/// says.
#[async_trait]
impl Telemetry for Collector {
    async fn instant(
        &self,
        caller: &Caller,
        query: &MetricQuery,
    ) -> Result<Collection<ClusterSeries>> {
        prometheus::instant(self, caller, query).await
    }

    async fn range(
        &self,
        caller: &Caller,
        query: &RangeQuery,
    ) -> Result<Collection<ClusterSeries>> {
        prometheus::range(self, caller, query).await
    }

    async fn logs(&self, caller: &Caller, query: &LogQuery) -> Result<Collection<LogLine>> {
        loki::lines(self, caller, query).await
    }

    async fn traces(
        &self,
        caller: &Caller,
        query: &TraceQuery,
    ) -> Result<Collection<TraceSummary>> {
        tempo::traces(self, caller, query).await
    }

    async fn changes(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Change>> {
        range::check(range)?;
        let mut found = self
            .fan_out(
                Asking::of(caller, clusters, Source::Kubernetes, &[Aspect::Changes]),
                |site| changes::read(site, range),
            )
            .await?;
        found.items.sort_by_key(|change| change.at);
        Ok(found)
    }

    async fn events(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<KubernetesEvent>> {
        range::check(range)?;
        let mut found = self
            .fan_out(
                Asking::of(caller, clusters, Source::Kubernetes, &[Aspect::Events]),
                |site| events::read(site, range),
            )
            .await?;
        found.items.sort_by_key(|event| event.last_at);
        Ok(found)
    }

    async fn firing(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Alert>> {
        let query = AlertQuery {
            clusters: clusters.clone(),
            matchers: Vec::new(),
            silenced: true,
            inhibited: true,
        };
        Alerts::alerts(self, caller, &query).await
    }

    async fn topology(
        &self,
        caller: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Topology>> {
        range::check(range)?;
        self.fan_out(
            Asking::of(caller, clusters, Source::Kubernetes, STRUCTURE),
            |site| topology::read(site, range),
        )
        .await
    }
}
