//! Lists of clusters as a caller sees them.

use std::collections::{HashMap, HashSet};

use fleetscope_model::{
    Caller, Cluster, ClusterFilter, ClusterId, ClusterVerb, Observed, Page, PageRequest,
};
use fleetscope_ports::{Access, Store};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::Error;

/// Clusters whose visibility is asked for at once.
const AT_ONCE: usize = 16;

/// A part of the clusters that the caller may see and wants, as if there were no others: parts are
/// as long as they are asked to be, and a cursor names a cluster that was shown. Where nothing is
/// said of what is wanted, nothing that was observed comes along.
pub(crate) async fn list(
    store: &Store,
    access: &dyn Access,
    caller: &Caller,
    page: &PageRequest,
    wanted: Option<&ClusterFilter>,
) -> Result<Page<(Cluster, Observed)>, Error> {
    let mut observed = match wanted {
        Some(_) => store.observations.observed().await?,
        None => HashMap::new(),
    };
    let open = ClusterFilter::default();
    let filter = wanted.unwrap_or(&open);
    let all = access.sees_all(caller);
    if all && filter.is_open() {
        let Page { items, next } = store.clusters.list(page).await?;
        let items = with(items, &mut observed);
        return Ok(Page { items, next });
    }
    let limit = page.limit as usize;
    let mut items: Vec<(Cluster, Observed)> = Vec::new();
    let mut from = page.after.clone();
    loop {
        let wanted = PageRequest {
            after: from,
            limit: page.limit,
        };
        let part = store.clusters.list(&wanted).await?;
        let mut found = with(part.items, &mut observed);
        // What is not wanted need not be asked about.
        found.retain(|(cluster, observed)| filter.wants(cluster, observed));
        if !all {
            found = seen(access, caller, found).await?;
        }
        items.extend(found);
        // One more than is shown tells that there is a next part.
        if items.len() > limit || part.next.is_none() {
            break;
        }
        from = part.next;
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more);
    Ok(Page {
        next: next.map(|(cluster, _)| cluster.name().to_owned()),
        items,
    })
}

/// These clusters by name, each once; `NotFound` where there is one that is not, or that the caller
/// may not see. What it may see is asked first and of every id alike, so that an id that was never
/// given and one that is hidden take the same way.
pub(crate) async fn named(
    store: &Store,
    access: &dyn Access,
    caller: &Caller,
    ids: &[ClusterId],
) -> Result<Vec<Cluster>, Error> {
    let not_found = |id: ClusterId| fleetscope_ports::Error::not_found("cluster", &id);
    let asked = ids.iter().map(|&id| async move {
        let seen = access.may(caller, id, ClusterVerb::Get).await?;
        if seen { Ok(id) } else { Err(not_found(id)) }
    });
    let asked: Vec<_> = asked.map(Box::pin).collect();
    let seen: Vec<ClusterId> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    let found = store.clusters.several(&seen).await?;
    let known: HashSet<ClusterId> = found.iter().map(|cluster| cluster.id).collect();
    match seen.into_iter().find(|id| !known.contains(id)) {
        Some(missing) => Err(not_found(missing).into()),
        None => Ok(found),
    }
}

fn with(
    clusters: Vec<Cluster>,
    observed: &mut HashMap<ClusterId, Observed>,
) -> Vec<(Cluster, Observed)> {
    clusters
        .into_iter()
        .map(|cluster| {
            let observed = observed.remove(&cluster.id).unwrap_or_default();
            (cluster, observed)
        })
        .collect()
}

async fn seen(
    access: &dyn Access,
    caller: &Caller,
    clusters: Vec<(Cluster, Observed)>,
) -> Result<Vec<(Cluster, Observed)>, Error> {
    let asked = clusters.into_iter().map(|cluster| async move {
        let seen = access.may(caller, cluster.0.id, ClusterVerb::Get).await?;
        Ok::<_, Error>(seen.then_some(cluster))
    });
    let asked: Vec<_> = asked.map(Box::pin).collect();
    let seen: Vec<Option<_>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(seen.into_iter().flatten().collect())
}
