//! Calls about alerts and silences.

use uuid::Uuid;

use super::{Client, Error};
use crate::wire::{
    AlertGroups, AlertList, AlertNotification, NewSilence, ReceivedAlerts, Silence, SilenceList,
};

/// Which alerts, and where.
#[derive(Debug, Clone, Default)]
pub struct AlertScope {
    /// Cluster ids; all where empty.
    pub clusters: Vec<Uuid>,
    /// Conditions on labels, as `severity="critical"`.
    pub filters: Vec<String>,
    /// Without those that a silence keeps quiet.
    pub without_silenced: bool,
    /// Without those that another alert keeps quiet.
    pub without_inhibited: bool,
}

impl AlertScope {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = clusters(&self.clusters);
        query.extend(self.filters.iter().map(|filter| ("filter", filter.clone())));
        for (name, without) in [
            ("silenced", self.without_silenced),
            ("inhibited", self.without_inhibited),
        ] {
            if without {
                query.push((name, "false".to_owned()));
            }
        }
        query
    }
}

fn clusters(ids: &[Uuid]) -> Vec<(&'static str, String)> {
    ids.iter().map(|id| ("cluster", id.to_string())).collect()
}

impl Client {
    /// Alerts that Alertmanagers hold.
    pub async fn alerts(&self, scope: &AlertScope) -> Result<AlertList, Error> {
        self.get("/api/v1/alerts", &scope.query()).await
    }

    /// Alerts as Alertmanagers group them.
    pub async fn alert_groups(&self, scope: &AlertScope) -> Result<AlertGroups, Error> {
        self.get("/api/v1/alerts/groups", &scope.query()).await
    }

    /// Silences of these clusters; of all where none are named.
    pub async fn silences(&self, ids: &[Uuid]) -> Result<SilenceList, Error> {
        self.get("/api/v1/alerts/silences", &clusters(ids)).await
    }

    /// Makes a silence.
    pub async fn create_silence(&self, silence: &NewSilence) -> Result<Silence, Error> {
        self.post("/api/v1/alerts/silences", silence).await
    }

    /// Ends a silence of a cluster.
    pub async fn expire_silence(&self, cluster: Uuid, id: &str) -> Result<(), Error> {
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        let id: String = id.chars().filter(plain).collect();
        self.delete(&format!("/api/v1/alerts/silences/{id}?cluster={cluster}"))
            .await
    }

    /// Sends a notification, as a cluster's Alertmanager does.
    pub async fn notify(
        &self,
        cluster: Uuid,
        notification: &AlertNotification,
    ) -> Result<ReceivedAlerts, Error> {
        self.post(&format!("/api/v1/alerts/webhook/{cluster}"), notification)
            .await
    }
}
