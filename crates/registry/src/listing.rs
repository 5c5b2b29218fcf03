//! Lists of clusters as a caller sees them.

use fleetscope_model::{Caller, Cluster, ClusterVerb, Page, PageRequest};
use fleetscope_ports::{Access, Store};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::Error;

/// Clusters whose visibility is asked for at once.
const AT_ONCE: usize = 16;

/// A part of the clusters that the caller may see, as if there were no others: parts are as long
/// as they are asked to be, and a cursor names a cluster that was shown.
pub(crate) async fn list(
    store: &Store,
    access: &dyn Access,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<Cluster>, Error> {
    if access.sees_all(caller) {
        return Ok(store.clusters.list(page).await?);
    }
    let limit = page.limit as usize;
    let mut items: Vec<Cluster> = Vec::new();
    let mut from = page.after.clone();
    loop {
        let wanted = PageRequest {
            after: from,
            limit: page.limit,
        };
        let part = store.clusters.list(&wanted).await?;
        items.extend(seen(access, caller, part.items).await?);
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
        next: next.map(|cluster| cluster.name().to_owned()),
        items,
    })
}

async fn seen(
    access: &dyn Access,
    caller: &Caller,
    clusters: Vec<Cluster>,
) -> Result<Vec<Cluster>, Error> {
    let asked = clusters.into_iter().map(|cluster| async move {
        let seen = access.may(caller, cluster.id, ClusterVerb::Get).await?;
        Ok::<_, Error>(seen.then_some(cluster))
    });
    let asked: Vec<_> = asked.map(Box::pin).collect();
    let seen: Vec<Option<Cluster>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(seen.into_iter().flatten().collect())
}
