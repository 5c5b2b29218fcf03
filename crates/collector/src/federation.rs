//! One question, many clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use fleetscope_model::{
    Aspect, Authority, Caller, Cluster, ClusterVerb, Collection, GapKind, Selection, Sight, Source,
};
use fleetscope_outbound::{Failure, Lane};
use fleetscope_ports::{Coming, OfCluster, Result};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::Collector;
use crate::site::Site;

/// A question that outlives whoever put it: who asks, where, and what the answer will show.
pub(crate) struct Put {
    pub(crate) caller: Caller,
    pub(crate) clusters: Selection,
    pub(crate) source: Source,
    pub(crate) aspects: &'static [Aspect],
    pub(crate) namespaces: Option<BTreeSet<String>>,
}

impl Put {
    fn asking(&self) -> Asking<'_> {
        Asking::of(&self.caller, &self.clusters, self.source, self.aspects)
            .about(self.namespaces.as_ref())
    }
}

/// Who asks, where, and what the answer will show.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    caller: &'a Caller,
    clusters: &'a Selection,
    source: Source,
    aspects: &'static [Aspect],
    namespaces: Option<&'a BTreeSet<String>>,
}

impl<'a> Asking<'a> {
    /// A question to a source of the selected clusters whose answer shows these aspects.
    pub(crate) const fn of(
        caller: &'a Caller,
        clusters: &'a Selection,
        source: Source,
        aspects: &'static [Aspect],
    ) -> Self {
        Self {
            caller,
            clusters,
            source,
            aspects,
            namespaces: None,
        }
    }

    /// The same question, known to be about these namespaces only.
    pub(crate) const fn about(self, namespaces: Option<&'a BTreeSet<String>>) -> Self {
        Self { namespaces, ..self }
    }
}

impl Collector {
    /// Reads the selected clusters at the same time and joins what they gave in the order of
    /// their names. Of each cluster is read what the caller may see there; where that is nothing,
    /// or can't be told, there is a gap and nothing is read. `read` ends by the site's deadline,
    /// since every call it makes does.
    pub(crate) async fn fan_out<T, F>(
        &self,
        asking: Asking<'_>,
        read: impl Fn(Site) -> F,
    ) -> Result<Collection<T>>
    where
        F: Future<Output = Collection<T>>,
    {
        let mut clusters = self.clusters.select(asking.caller, asking.clusters).await?;
        clusters.sort_by(|a, b| a.name().cmp(b.name()));
        let deadline = Instant::now() + self.outbound.timeout();
        let parts = join_all(
            clusters
                .into_iter()
                .map(|cluster| self.part(asking, cluster, deadline, &read)),
        )
        .await;
        let mut whole = Collection::default();
        for part in parts {
            let mut part = part?;
            // Several reads of one endpoint that is down say the same thing once.
            part.gaps.sort();
            part.gaps.dedup();
            whole.absorb(part);
        }
        Ok(whole)
    }

    /// Reads the selected clusters at the same time, as [`Self::fan_out`] does; what each gave
    /// comes as it gives it.
    pub(crate) async fn fan_out_each<T, F>(
        &self,
        put: Put,
        read: impl Fn(Site) -> F + Clone + Send + Sync + 'static,
    ) -> Result<Coming<Collection<T>>>
    where
        T: Send + 'static,
        F: Future<Output = Collection<T>> + Send + 'static,
    {
        let clusters = self.clusters.select(&put.caller, &put.clusters).await?;
        let deadline = Instant::now() + self.outbound.timeout();
        let put = Arc::new(put);
        let reads: FuturesUnordered<_> = clusters
            .into_iter()
            .map(|cluster| {
                let (collector, put, read) = (self.clone(), Arc::clone(&put), read.clone());
                async move {
                    let (id, name) = (cluster.id, cluster.name().to_owned());
                    let part = collector
                        .part(put.asking(), cluster, deadline, read)
                        .await?;
                    Ok(OfCluster {
                        cluster: id,
                        name,
                        part,
                    })
                }
            })
            .collect();
        Ok(Box::pin(reads))
    }

    async fn part<T, F>(
        &self,
        asking: Asking<'_>,
        cluster: Cluster,
        deadline: Instant,
        read: impl Fn(Site) -> F,
    ) -> Result<Collection<T>>
    where
        F: Future<Output = Collection<T>>,
    {
        let id = cluster.id;
        let lane = match asking.caller.authority {
            Authority::System => Lane::Scheduled,
            _ => Lane::People,
        };
        let site = Site::new(Arc::new(cluster), self.outbound.clone(), deadline).lane(lane);
        let site = site.indexed(self.index.clone());
        if !self
            .access
            .may(asking.caller, id, ClusterVerb::Query)
            .await?
        {
            return Ok(Collection::gap(site.gap(asking.source, no_query())));
        }
        let sights = tokio::time::timeout_at(deadline, self.sights(asking, &site));
        let sights = sights.await.unwrap_or_else(|_| Err(late()));
        match sights {
            Ok(sights) => Ok(read(site.seen(sights)).await),
            Err(failure) => Ok(Collection::gap(site.gap(asking.source, failure))),
        }
    }

    async fn sights(
        &self,
        asking: Asking<'_>,
        site: &Site,
    ) -> Result<BTreeMap<Aspect, Sight>, Failure> {
        let mut sights = BTreeMap::new();
        for &aspect in asking.aspects {
            let (id, namespaces) = (site.cluster(), asking.namespaces);
            let sight = self.access.sight(asking.caller, id, aspect, namespaces);
            let sight = sight.await.map_err(|unasked| {
                let detail = format!("what you may see can't be told: {}", unasked.detail);
                Failure::new(unasked.kind, detail)
            })?;
            // The first is what the answer is made of; the others add to it.
            if sight.is_nothing() && sights.is_empty() {
                return Err(nothing(aspect));
            }
            sights.insert(aspect, sight);
        }
        Ok(sights)
    }
}

fn no_query() -> Failure {
    Failure::new(
        GapKind::Forbidden,
        "you may see this cluster but not query it: ask for the verb query on it",
    )
}

/// Nothing may be seen. Whether the namespaces that were asked for are there is not told.
fn nothing(aspect: Aspect) -> Failure {
    let title = aspect.title();
    Failure::new(
        GapKind::Forbidden,
        format!(
            "you may see no {title} here, or none of the namespaces asked for: ask for the right \
             in the cluster itself"
        ),
    )
}

fn late() -> Failure {
    Failure::new(
        GapKind::Timeout,
        "what you may see could not be told in time: try again, or name namespaces in the query",
    )
}
