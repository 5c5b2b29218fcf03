//! Alerts and silences of clusters, and what their Alertmanagers told us.

use async_trait::async_trait;
use fleetscope_model::{
    Alert, AlertGroup, AlertQuery, Caller, ClusterId, Collection, NewEvent, NewSilence, Received,
    ReceivedAlert, Selection, Silence,
};
use jiff::Timestamp;

use crate::Result;

/// Reads the Alertmanagers of many clusters at once, and silences alerts of one. Of reads, an
/// `Err` means that the question itself is wrong or that the clusters can't be known; whatever goes
/// wrong on a cluster is a gap in the answer.
#[async_trait]
pub trait Alerts: Send + Sync {
    /// Alerts, the longest firing first in each cluster.
    async fn alerts(&self, caller: &Caller, query: &AlertQuery) -> Result<Collection<Alert>>;

    /// Alerts as they are told of together.
    async fn groups(&self, caller: &Caller, query: &AlertQuery) -> Result<Collection<AlertGroup>>;

    /// Silences, the last to end first in each cluster.
    async fn silences(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Silence>>;

    /// Makes a silence on one cluster, in the caller's name. Whoever sees some namespaces of the
    /// cluster may silence alerts of one of them.
    async fn create_silence(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        silence: &NewSilence,
    ) -> Result<Silence>;

    /// Ends a silence of one cluster now; one that has ended stays so.
    async fn expire_silence(&self, caller: &Caller, cluster: ClusterId, id: &str) -> Result<()>;
}

/// What there is to tell of alerts that changed, where their cluster has had so many events of
/// alerts in this minute.
pub type Tell<'a> =
    &'a (dyn for<'x> Fn(&'x [&'x ReceivedAlert], u32) -> Vec<NewEvent> + Send + Sync);

/// What Alertmanagers told of each alert at last.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// Keeps what a notification of a cluster says, and tells of what it changed. An alert that is
    /// known to be so changes nothing, nor does one whose news is older than what is known. Of two
    /// notifications that come at once the second finds what the first has said. `NotFound` where
    /// there is no such cluster.
    async fn receive(
        &self,
        cluster: ClusterId,
        alerts: &[ReceivedAlert],
        at: Timestamp,
        tell: Tell<'_>,
    ) -> Result<Received>;
}
