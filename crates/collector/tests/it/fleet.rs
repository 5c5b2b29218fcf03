//! A registry of fixed clusters, and a collector over it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_collector::Collector;
use fleetscope_model::{
    AccessRole, Caller, Cluster, ClusterDraft, ClusterId, Endpoint, Endpoints, Labels, Selection,
    Source, TimeRange,
};
use fleetscope_outbound::{Outbound, OutboundOptions};
use fleetscope_ports::{Clusters, Error, Result, Unrestricted};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Registered clusters; the id of the n-th is n, from 1.
pub(crate) struct Fleet(Vec<Cluster>);

impl Fleet {
    /// Clusters by name and endpoints, in the order in which the registry gives them.
    pub(crate) fn new(clusters: impl IntoIterator<Item = (&'static str, Endpoints)>) -> Self {
        let clusters = clusters
            .into_iter()
            .zip(1..)
            .map(|((name, endpoints), n)| Cluster {
                id: id(n),
                draft: ClusterDraft {
                    name: name.to_owned(),
                    environment: None,
                    provider: None,
                    labels: Labels::new(),
                    endpoints,
                },
                generation: 1,
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            });
        Self(clusters.collect())
    }

    /// One cluster `shop` with one endpoint.
    pub(crate) fn of_one(source: Source, endpoint: Endpoint) -> Self {
        Self::new([("shop", only(source, endpoint))])
    }

    pub(crate) fn collector(self, options: OutboundOptions) -> Collector {
        Collector::new(
            Arc::new(self),
            Arc::new(Unrestricted),
            Outbound::new(options).unwrap(),
        )
    }
}

#[async_trait]
impl Clusters for Fleet {
    async fn cluster(&self, _caller: &Caller, id: ClusterId) -> Result<Cluster> {
        let found = self.0.iter().find(|cluster| cluster.id == id);
        found
            .cloned()
            .ok_or_else(|| Error::not_found("cluster", &id))
    }

    async fn select(&self, caller: &Caller, selection: &Selection) -> Result<Vec<Cluster>> {
        let Selection::Only(ids) = selection else {
            return Ok(self.0.clone());
        };
        let mut found = Vec::new();
        for id in ids {
            found.push(self.cluster(caller, *id).await?);
        }
        Ok(found)
    }
}

/// The n-th cluster's id.
pub(crate) fn id(n: u128) -> ClusterId {
    ClusterId::new(Uuid::from_u128(n))
}

/// Endpoints of which one is set.
pub(crate) fn only(source: Source, endpoint: Endpoint) -> Endpoints {
    let mut endpoints = Endpoints::default();
    let slot = match source {
        Source::Kubernetes => &mut endpoints.kubernetes,
        Source::Prometheus => &mut endpoints.prometheus,
        Source::Loki => &mut endpoints.loki,
        Source::Tempo => &mut endpoints.tempo,
        Source::Alertmanager => &mut endpoints.alertmanager,
    };
    *slot = Some(endpoint);
    endpoints
}

/// Limits under which nothing ends early on a busy machine.
pub(crate) fn patient() -> OutboundOptions {
    OutboundOptions {
        timeout: Duration::from_mins(1),
        ..OutboundOptions::default()
    }
}

/// Limits for servers that never answer.
pub(crate) fn impatient() -> OutboundOptions {
    OutboundOptions {
        timeout: Duration::from_millis(400),
        ..OutboundOptions::default()
    }
}

pub(crate) fn caller() -> Caller {
    Caller::local("test", AccessRole::Admin)
}

/// The hour that ends at 2026-11-22T10:00:00Z.
pub(crate) fn hour() -> TimeRange {
    TimeRange::ending(at("2026-11-22T10:00:00Z"), SignedDuration::from_hours(1))
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
