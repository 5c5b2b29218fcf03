//! What a caller may do: its role, its rights on clusters, and what it sees inside them.
//!
//! [`Roles`] gives callers the role that the configuration, or the hub, says. [`Rights`] asks the
//! hub about clusters, and each cluster about its inside, by SubjectAccessReview. A yes is
//! remembered for ten seconds, a no for two, a failure not at all; however many requests want the
//! same answer, it is asked for once. What is asked for what stands in `question`.

mod ask;
mod key;
mod question;
mod roles;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    Aspect, Authority, Caller, ClusterId, ClusterVerb, ErrorKind, GapKind, Sight,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Clock, ClusterStore, Error, Result, Unasked};
use futures::{StreamExt as _, TryStreamExt as _, stream};

pub use ask::{HubReviews, KEEP_NO, KEEP_YES};
pub use roles::{RoleBindings, Roles};

use ask::ClusterReviews;

/// Namespaces that one question is asked about: beyond that the caller must name its own.
const MOST_NAMESPACES: usize = 500;
/// Reviews that one question has under way.
const AT_ONCE: usize = 8;

/// Decides by access reviews. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct Rights {
    hub: Option<HubReviews>,
    clusters: ClusterReviews,
    inside_reviewed: bool,
}

impl std::fmt::Debug for Rights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rights")
            .field("clusters_reviewed", &self.hub.is_some())
            .field("inside_reviewed", &self.inside_reviewed)
            .finish_non_exhaustive()
    }
}

impl Rights {
    /// Rights on clusters as `hub` says; without one every caller may do with every cluster what
    /// its role allows. Whoever may query a cluster sees all of it, until
    /// [`Self::reviewing_inside`]. Clusters are looked up in `clusters` and asked over `outbound`.
    pub fn new(
        hub: Option<HubReviews>,
        clusters: Arc<dyn ClusterStore>,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            hub,
            clusters: ClusterReviews::new(clusters, outbound, clock),
            inside_reviewed: false,
        }
    }

    /// The same rights, with each cluster asked what of its inside a caller may see.
    #[must_use]
    pub fn reviewing_inside(self) -> Self {
        Self {
            inside_reviewed: true,
            ..self
        }
    }

    /// The hub, where it decides about a caller's clusters. It does not about a local token: that
    /// is given by an administrator of this installation, and no API server knows it. It manages
    /// every cluster as its role allows. What it sees inside them is another matter.
    fn decider(&self, caller: &Caller) -> Option<&HubReviews> {
        let unknown = matches!(caller.authority, Authority::System | Authority::Local);
        self.hub.as_ref().filter(|_| !unknown)
    }

    async fn sees_whole(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        aspect: Aspect,
    ) -> std::result::Result<bool, Unasked> {
        for action in question::see_whole(aspect) {
            if !self.clusters.allow(caller, cluster, action).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn seen_of(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        aspect: Aspect,
        wanted: Vec<String>,
    ) -> std::result::Result<BTreeSet<String>, Unasked> {
        if wanted.len() > MOST_NAMESPACES {
            return Err(too_many(wanted.len()));
        }
        let wanted = wanted.into_iter().filter(|name| may_be_namespace(name));
        let asked = wanted.map(|namespace| async move {
            let action = question::see(aspect, &namespace);
            let seen = self.clusters.allow(caller, cluster, action).await?;
            Ok(seen.then_some(namespace))
        });
        let asked: Vec<_> = asked.map(Box::pin).collect();
        let seen: Vec<Option<String>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        Ok(seen.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Access for Rights {
    fn sees_all(&self, caller: &Caller) -> bool {
        let system = caller.authority == Authority::System;
        system || (!self.inside_reviewed && self.decider(caller).is_none())
    }

    async fn may(&self, caller: &Caller, cluster: ClusterId, verb: ClusterVerb) -> Result<bool> {
        let Some(hub) = self.decider(caller) else {
            return Ok(true);
        };
        let answer = hub.allow(caller, question::on_cluster(cluster, verb));
        answer.await.map_err(rights_unknown)
    }

    async fn sight(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        aspect: Aspect,
        namespaces: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        if !self.inside_reviewed || caller.authority == Authority::System {
            return Ok(Sight::Whole);
        }
        if self.sees_whole(caller, cluster, aspect).await? {
            return Ok(Sight::Whole);
        }
        let wanted = match namespaces {
            Some(named) => named.iter().cloned().collect(),
            None => self.clusters.namespaces(cluster).await?.to_vec(),
        };
        let seen = self.seen_of(caller, cluster, aspect, wanted).await?;
        Ok(Sight::Namespaces(seen))
    }
}

/// The hub gave no answer: that is neither a yes nor a no.
pub(crate) fn rights_unknown(unasked: Unasked) -> Error {
    tracing::warn!(cause = %unasked, "rights can't be asked for on the hub");
    let message = "what you may do can't be told now, because the hub's API server gives no \
                   answer: try again in a moment";
    Error::new(ErrorKind::Unavailable, "rights_unknown", message).because(unasked)
}

fn too_many(count: usize) -> Unasked {
    Unasked {
        kind: GapKind::Refused,
        detail: format!(
            "it has {count} namespaces, and rights are asked for in at most {MOST_NAMESPACES} at \
             once: name the namespaces you want in the query"
        ),
    }
}

/// Whether a namespace may have this name. An empty one above all must not be asked about: it
/// would ask about all of them.
fn may_be_namespace(name: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(allowed)
}
