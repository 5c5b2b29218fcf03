//! The service that all use cases are methods of.

use std::fmt;
use std::sync::Arc;

use fleetscope_model::{Caller, Cluster, PageRequest, Permission, Selection};
use fleetscope_ports::{Access, Clock, Clusters, IdSource, Store, Telemetry, Traces};
use tokio::sync::Notify;

use crate::{Error, Options, Result};

/// Anomalies, investigations and reports. Cheap to clone.
#[derive(Clone)]
pub struct Intelligence {
    pub(crate) store: Store,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) traces: Option<Arc<dyn Traces>>,
    pub(crate) clusters: Arc<dyn Clusters>,
    pub(crate) access: Arc<dyn Access>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) options: Arc<Options>,
    wanted: Arc<Notify>,
}

impl fmt::Debug for Intelligence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intelligence").finish_non_exhaustive()
    }
}

impl Intelligence {
    /// The service over its ports: which clusters there are, and what of them callers may see.
    pub fn new(
        store: Store,
        telemetry: Arc<dyn Telemetry>,
        (clusters, access): (Arc<dyn Clusters>, Arc<dyn Access>),
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        options: Options,
    ) -> Self {
        Self {
            store,
            telemetry,
            traces: None,
            clusters,
            access,
            clock,
            ids,
            options: Arc::new(options),
            wanted: Arc::default(),
        }
    }

    /// The same, that also looks at what failing spans say.
    #[must_use]
    pub fn with_traces(self, traces: Arc<dyn Traces>) -> Self {
        Self {
            traces: Some(traces),
            ..self
        }
    }

    /// Notified whenever a request was stored, so that whoever drives [`crate::Work`] need not
    /// wait for its next turn. A wake-up may be missed without harm: what is stored stays pending.
    pub fn work_wanted(&self) -> Arc<Notify> {
        Arc::clone(&self.wanted)
    }

    pub(crate) fn want_work(&self) {
        self.wanted.notify_one();
    }

    /// The selected clusters that the caller may investigate, at least one.
    pub(crate) async fn resolve(
        &self,
        caller: &Caller,
        selection: &Selection,
    ) -> Result<Vec<Cluster>> {
        if matches!(selection, Selection::Only(ids) if ids.is_empty()) {
            return Err(Error::invalid(
                "no_clusters",
                "/clusters",
                "the list of clusters is empty: name at least one, or leave it out for all",
            ));
        }
        let clusters = self.clusters.select(caller, selection).await?;
        let named = matches!(selection, Selection::Only(_));
        let clusters = self.investigable(caller, clusters, named).await?;
        if clusters.is_empty() {
            return Err(Error::invalid(
                "no_clusters",
                "/clusters",
                "there is no cluster that you may investigate: register one, or ask for the right",
            ));
        }
        Ok(clusters)
    }
}

/// Refuses a caller without the permission.
pub(crate) fn authorise(caller: &Caller, permission: Permission) -> Result<()> {
    if caller.may(permission) {
        return Ok(());
    }
    Err(Error::Forbidden {
        needed: permission.least_role(),
    })
}

/// Refuses a page of a size that no list gives.
pub(crate) fn check_page(page: &PageRequest) -> Result<()> {
    if (1..=500).contains(&page.limit) {
        return Ok(());
    }
    Err(Error::invalid(
        "invalid_limit",
        "limit",
        format!(
            "a page of {} items can't be given: ask for 1 to 500",
            page.limit
        ),
    ))
}
