//! What is left in the vault when a process ends at the wrong moment.

use fleetscope_model::{ClusterId, ErrorKind, Fault as _};

use super::Credentials;
use crate::Error;

/// Clusters looked at in one question.
const BATCH: u32 = 200;

impl Credentials {
    /// Removes envelopes of clusters that are no more: a cluster goes first, and its envelopes
    /// after it. How many clusters there were.
    ///
    /// # Errors
    /// What the vault or the store says.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let (mut after, mut swept) = (None, 0);
        loop {
            let clusters = self.vault.clusters(after, BATCH).await?;
            let Some(last) = clusters.last() else {
                return Ok(swept);
            };
            after = Some(*last);
            for cluster in clusters {
                if self.is_gone(cluster).await? {
                    self.vault.remove(cluster).await?;
                    swept += 1;
                }
            }
        }
    }

    async fn is_gone(&self, cluster: ClusterId) -> Result<bool, Error> {
        match self.registry.store.clusters.get(cluster).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}
