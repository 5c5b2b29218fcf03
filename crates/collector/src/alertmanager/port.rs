//! The port `Alerts`.

use async_trait::async_trait;
use fleetscope_model::{
    Alert, AlertGroup, AlertQuery, Caller, ClusterId, Collection, NewSilence, Selection, Silence,
};
use fleetscope_ports::{Alerts, Result};

use super::{read, silences};
use crate::Collector;

/// Errors of reads are `Invalid` (`invalid_matcher`), or what the registry says; of writes also
/// `Forbidden`, `NotFound`, `Conflict` (`no_alertmanager`), and what failed on the way.
#[async_trait]
impl Alerts for Collector {
    async fn alerts(&self, caller: &Caller, query: &AlertQuery) -> Result<Collection<Alert>> {
        read::alerts(self, caller, query).await
    }

    async fn groups(&self, caller: &Caller, query: &AlertQuery) -> Result<Collection<AlertGroup>> {
        read::groups(self, caller, query).await
    }

    async fn silences(&self, caller: &Caller, clusters: &Selection) -> Result<Collection<Silence>> {
        read::silences(self, caller, clusters).await
    }

    async fn create_silence(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        silence: &NewSilence,
    ) -> Result<Silence> {
        silences::create(self, caller, cluster, silence).await
    }

    async fn expire_silence(&self, caller: &Caller, cluster: ClusterId, id: &str) -> Result<()> {
        silences::expire(self, caller, cluster, id).await
    }
}
