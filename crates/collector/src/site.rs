//! One cluster as one question sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use fleetscope_kubernetes::{Kubernetes, Listed};
use fleetscope_model::{
    Aspect, Cluster, ClusterId, Endpoint, Entity, EntityKind, Gap, GapKind, Sight, Source,
};
use fleetscope_outbound::{Failure, Lane, Outbound, Upstream};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::index::{Index, Snapshot};
use crate::prometheus::Prometheus;

/// One cluster with its endpoints, until a deadline. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Site {
    cluster: Arc<Cluster>,
    outbound: Outbound,
    deadline: Instant,
    lane: Lane,
    sights: Arc<BTreeMap<Aspect, Sight>>,
    index: Option<Index>,
}

/// What is seen of an aspect that was not asked for.
static NOTHING: Sight = Sight::NOTHING;

impl Site {
    /// A cluster of which nothing may be seen yet.
    pub(crate) fn new(cluster: Arc<Cluster>, outbound: Outbound, deadline: Instant) -> Self {
        Self {
            cluster,
            outbound,
            deadline,
            lane: Lane::People,
            sights: Arc::default(),
            index: None,
        }
    }

    /// The same cluster, read for those who wait or for a schedule.
    pub(crate) fn lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }

    /// The same cluster, of which an index may know something.
    pub(crate) fn indexed(self, index: Option<Index>) -> Self {
        Self { index, ..self }
    }

    /// What the index knows of it by now, and when that is.
    pub(crate) fn known(&self) -> Option<(Snapshot, Timestamp)> {
        self.index.as_ref()?.of(&self.cluster)
    }

    /// The same cluster, of which these parts may be seen.
    pub(crate) fn seen(self, sights: BTreeMap<Aspect, Sight>) -> Self {
        Self {
            sights: Arc::new(sights),
            ..self
        }
    }

    /// What the caller may see of an aspect.
    pub(crate) fn sight(&self, aspect: Aspect) -> &Sight {
        self.sights.get(&aspect).unwrap_or(&NOTHING)
    }

    /// Whether the caller may see something of an aspect that is about this entity.
    pub(crate) fn shows(&self, aspect: Aspect, entity: &Entity) -> bool {
        self.sight(aspect).reaches(entity.namespace.as_deref())
    }

    /// The cluster's name.
    pub(crate) fn name(&self) -> &str {
        self.cluster.name()
    }

    /// What those who may share an answer have in common: what is said of the cluster, and what
    /// they may see of an aspect.
    pub(crate) fn scope(&self, aspect: Aspect) -> String {
        let generation = self.cluster.generation;
        match self.sight(aspect) {
            Sight::Whole => format!("{generation} whole"),
            Sight::Namespaces(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("{generation} in {}", names.join(","))
            }
        }
    }

    pub(crate) fn cluster(&self) -> ClusterId {
        self.cluster.id
    }

    /// The cluster as it is registered.
    pub(crate) fn registered(&self) -> Arc<Cluster> {
        Arc::clone(&self.cluster)
    }

    /// An endpoint of the cluster; `NotConfigured` where none is registered.
    pub(crate) fn upstream(&self, source: Source) -> Result<Upstream, Failure> {
        let endpoint = self.endpoint(source).ok_or_else(|| {
            let title = source.title();
            Failure::new(
                GapKind::NotConfigured,
                format!("no endpoint of its {title} is registered: add one to the cluster"),
            )
        })?;
        self.upstream_at(source, endpoint)
    }

    /// An endpoint of the cluster that is read in a way of its own.
    pub(crate) fn upstream_at(
        &self,
        source: Source,
        endpoint: &Endpoint,
    ) -> Result<Upstream, Failure> {
        let upstream = self.outbound.upstream(self.cluster.id, source, endpoint)?;
        Ok(upstream.by(self.deadline).lane(self.lane))
    }

    pub(crate) fn kubernetes(&self) -> Result<Kubernetes, Failure> {
        self.upstream(Source::Kubernetes).map(Kubernetes::new)
    }

    pub(crate) fn prometheus(&self) -> Result<Prometheus, Failure> {
        let upstream = self.upstream(Source::Prometheus)?;
        Ok(Prometheus::new(upstream, self))
    }

    /// The gap that a failure leaves here.
    pub(crate) fn gap(&self, source: Source, failure: Failure) -> Gap {
        failure.gap(self.cluster.id, self.cluster.name(), source)
    }

    /// The items of a list; if it is not whole, a gap is added.
    pub(crate) fn take<T>(&self, listed: Listed<T>, gaps: &mut Vec<Gap>) -> Vec<T> {
        gaps.extend(
            listed
                .failure
                .map(|failure| self.gap(Source::Kubernetes, failure)),
        );
        listed.items
    }

    pub(crate) fn entity(&self, kind: EntityKind, name: impl Into<String>) -> Entity {
        Entity::new(self.cluster.id, kind, name)
    }

    /// The entity that stands for the cluster as a whole.
    pub(crate) fn whole(&self) -> Entity {
        self.entity(EntityKind::Cluster, self.cluster.name())
    }

    pub(crate) fn endpoint(&self, source: Source) -> Option<&Endpoint> {
        self.cluster.draft.endpoints.of(source)
    }
}
