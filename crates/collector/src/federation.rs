//! One question, many clusters.

use std::future::Future;
use std::sync::Arc;

use fleetscope_model::{Caller, Collection, Selection};
use fleetscope_ports::Result;
use futures::future::join_all;
use tokio::time::Instant;

use crate::Collector;
use crate::site::Site;

impl Collector {
    /// Reads the selected clusters at the same time and joins what they gave in the order of
    /// their names. `read` ends by the site's deadline, since every call it makes does.
    pub(crate) async fn fan_out<T, F>(
        &self,
        caller: &Caller,
        selection: &Selection,
        read: impl Fn(Site) -> F,
    ) -> Result<Collection<T>>
    where
        F: Future<Output = Collection<T>>,
    {
        let mut clusters = self.clusters.select(caller, selection).await?;
        clusters.sort_by(|a, b| a.name().cmp(b.name()));
        let deadline = Instant::now() + self.outbound.timeout();
        let parts = join_all(
            clusters
                .into_iter()
                .map(|cluster| Site::new(Arc::new(cluster), self.outbound.clone(), deadline))
                .map(read),
        )
        .await;
        let mut whole = Collection::default();
        for mut part in parts {
            // Several reads of one endpoint that is down say the same thing once.
            part.gaps.sort();
            part.gaps.dedup();
            whole.absorb(part);
        }
        Ok(whole)
    }
}
