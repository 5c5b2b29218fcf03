//! Discovery: what a cluster is and can do, each with the objects that it was concluded from.
//! What could not be looked at makes a capability unknown, never absent.

mod conclude;
mod gpu;
mod look;
mod nodes;
mod platform;
mod propose;
mod telco;

use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{
    Caller, Capability, CapabilityKind, Cluster, ClusterId, Discovery, EventKind, NewEvent,
    Permission, Place, Presence, Source,
};

use self::look::Sight;
use crate::validation::ACTOR;
use crate::{Error, Registry, allow};

impl Registry {
    /// What is known of a cluster; looked at now where nothing is known of it as it is registered,
    /// or where an operator asks for that.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a cluster that the caller may not see; `Forbidden`; `Unavailable` where
    /// it has to be looked at and its API can't be reached.
    pub async fn capabilities(
        &self,
        caller: &Caller,
        id: ClusterId,
        fresh: bool,
    ) -> Result<Discovery, Error> {
        allow(caller, Permission::Read)?;
        if fresh {
            allow(caller, Permission::Operate)?;
        }
        let cluster = self.visible(caller, id).await?;
        let known = self.store.observations.discovery(id).await?;
        match known.filter(|known| !fresh && known.generation == cluster.generation) {
            Some(known) => Ok(known),
            None => Box::pin(self.discover_now(&cluster, ACTOR)).await,
        }
    }

    pub(crate) async fn discover_now(
        &self,
        cluster: &Cluster,
        actor: &str,
    ) -> Result<Discovery, Error> {
        let endpoint = cluster.draft.endpoints.kubernetes.as_ref();
        let endpoint = endpoint.ok_or(Error::NoApi)?;
        let upstream = self
            .outbound
            .upstream(cluster.id, Source::Kubernetes, endpoint)
            .map_err(Error::unreachable)?;
        let sight = Box::pin(Sight::of(&Kubernetes::new(upstream))).await;
        let sight = sight.map_err(Error::unreachable)?;
        let discovery = Discovery {
            at: self.clock.now(),
            generation: cluster.generation,
            capabilities: capabilities(&sight, self.clock.now()),
            proposed: propose::endpoints(&sight),
        };
        let before = self.store.observations.discovery(cluster.id).await?;
        let changes = changes(before.as_ref(), &discovery);
        let event = (!changes.is_empty()).then(|| NewEvent {
            at: discovery.at,
            kind: EventKind::ClusterCapabilities,
            subject: cluster.id.to_string(),
            actor: actor.to_owned(),
            summary: format!("cluster {}: {}", cluster.name(), changes.join(", ")),
            places: vec![Place::record(cluster.id)],
        });
        let observations = &self.store.observations;
        observations
            .put_discovery(cluster.id, &discovery, event.as_slice())
            .await?;
        Ok(discovery)
    }
}

fn capabilities(sight: &Sight, at: jiff::Timestamp) -> Vec<Capability> {
    let concluded = CapabilityKind::ALL.into_iter().map(|kind| match kind {
        CapabilityKind::Kubernetes => platform::kubernetes(sight),
        CapabilityKind::Nodes => nodes::nodes(sight),
        CapabilityKind::Openshift => platform::openshift(sight),
        CapabilityKind::Gpu => gpu::gpu(sight),
        CapabilityKind::Sriov => telco::sriov(sight),
        CapabilityKind::Ptp => telco::ptp(sight),
        CapabilityKind::Dpdk => telco::dpdk(sight),
        CapabilityKind::Hugepages => nodes::hugepages(sight),
        CapabilityKind::Cnf => telco::cnf(sight),
        CapabilityKind::Operators => platform::operators(sight),
        CapabilityKind::Monitoring => platform::monitoring(sight),
        CapabilityKind::Logging => platform::logging(sight),
        CapabilityKind::Tracing => platform::tracing(sight),
    });
    let kinds = CapabilityKind::ALL.into_iter();
    kinds
        .zip(concluded)
        .map(|(kind, conclusion)| conclusion.capability(kind, at))
        .collect()
}

/// What is otherwise than before, in words; at first, what there is.
fn changes(before: Option<&Discovery>, now: &Discovery) -> Vec<String> {
    let word = |capability: &Capability| {
        let kind = capability.kind.as_str();
        match capability.presence {
            Presence::Yes if capability.summary.is_empty() => kind.to_owned(),
            Presence::Yes => format!("{kind} ({})", capability.summary),
            Presence::No => format!("no {kind}"),
            Presence::Unknown => format!("{kind} unknown"),
        }
    };
    now.capabilities
        .iter()
        .filter(|capability| {
            let earlier = before.map(|before| &before.capabilities);
            let earlier = earlier.and_then(|all| all.iter().find(|c| c.kind == capability.kind));
            match earlier {
                Some(earlier) => {
                    earlier.presence != capability.presence || earlier.summary != capability.summary
                }
                None => capability.presence == Presence::Yes,
            }
        })
        .map(word)
        .collect()
}

#[cfg(test)]
mod tests;
