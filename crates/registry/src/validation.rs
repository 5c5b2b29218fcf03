//! Validation: the endpoints of a cluster are called to see whether they can be used, all at the
//! same time and each within its own time.

mod excess;
mod kubernetes;
mod probe;
mod products;
mod round;
mod verdict;

use std::time::Duration;

use fleetscope_model::{
    Caller, Cluster, ClusterHealth, ClusterId, ClusterVerb, Endpoint, EventKind, NewEvent,
    Observed, Permission, Place, Source, Validation,
};
use futures::future::join_all;

pub use round::{RoundReport, Rounds};

use self::probe::Probe;
use crate::{Error, Registry, allow};

/// Who is said to have done what a task did.
pub(crate) const ACTOR: &str = "system:registry";

/// The longest that the calls of one endpoint may take together, however patient reads are.
const LONGEST: Duration = Duration::from_secs(10);

impl Registry {
    /// Calls the cluster's endpoints now, and keeps what came of it.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a cluster that the caller may not see; `Forbidden`; `Conflict` where the
    /// cluster was removed meanwhile. What is wrong with an endpoint is part of the answer.
    pub async fn validate(&self, caller: &Caller, id: ClusterId) -> Result<Validation, Error> {
        allow(caller, Permission::Operate)?;
        let cluster = self.visible(caller, id).await?;
        self.permit(caller, id, ClusterVerb::Query).await?;
        self.validate_now(&cluster, &caller.name).await
    }

    /// The latest validation of a cluster, if there is one.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a cluster that the caller may not see; `Forbidden`.
    pub async fn validation(
        &self,
        caller: &Caller,
        id: ClusterId,
    ) -> Result<Option<Validation>, Error> {
        allow(caller, Permission::Read)?;
        self.visible(caller, id).await?;
        Ok(self.store.observations.validation(id).await?)
    }

    pub(crate) async fn validate_now(
        &self,
        cluster: &Cluster,
        actor: &str,
    ) -> Result<Validation, Error> {
        // Before anything is called: what is written meanwhile makes the outcome an old one.
        let mut states = self.store.credentials.states().await?;
        let checks = Source::ALL.into_iter().filter_map(|source| {
            let endpoint = cluster.draft.endpoints.of(source)?;
            Some(self.check(cluster.id, source, endpoint))
        });
        let checks: Vec<_> = checks.map(Box::pin).collect();
        let validation = Validation {
            checks: join_all(checks).await,
            at: self.clock.now(),
            generation: cluster.generation,
            credentials: states.remove(&cluster.id).unwrap_or_default(),
        };
        let before = self.store.observations.validation(cluster.id).await?;
        let health = |validation: Option<&Validation>| {
            let observed = Observed {
                validation: validation.map(Validation::brief),
                ..Observed::default()
            };
            observed.health(cluster.generation)
        };
        let (was, is) = (health(before.as_ref()), health(Some(&validation)));
        let event = (was != is).then(|| told(cluster, actor, &validation, is));
        let observations = &self.store.observations;
        observations
            .put_validation(cluster.id, &validation, event.as_slice())
            .await?;
        Ok(validation)
    }

    async fn check(
        &self,
        cluster: ClusterId,
        source: Source,
        endpoint: &Endpoint,
    ) -> fleetscope_model::Check {
        let limit = self.outbound.timeout().min(LONGEST);
        let upstream = self.outbound.upstream(cluster, source, endpoint);
        let mut probe = match upstream {
            Ok(upstream) => Probe::new(source, upstream, limit),
            Err(failure) => return verdict::unreachable(source, endpoint, &failure),
        };
        let outcome = match source {
            Source::Kubernetes => kubernetes::probe(&mut probe).await,
            Source::Prometheus => products::prometheus(&mut probe).await,
            Source::Loki => products::loki(&mut probe).await,
            Source::Tempo => products::tempo(&mut probe).await,
            Source::Alertmanager => products::alertmanager(&mut probe).await,
        };
        probe.concluded(outcome)
    }
}

fn told(
    cluster: &Cluster,
    actor: &str,
    validation: &Validation,
    health: ClusterHealth,
) -> NewEvent {
    let bad: Vec<String> = validation
        .checks
        .iter()
        .filter(|check| check.code != fleetscope_model::CheckCode::Ok)
        .map(|check| format!("{} {}", check.source.as_str(), check.code.as_str()))
        .collect();
    let name = cluster.name();
    let summary = match (health, bad.is_empty()) {
        (ClusterHealth::Unknown, _) => format!("cluster {name} has no endpoints to validate"),
        (_, true) => format!("cluster {name}: all its endpoints can be used"),
        (_, false) => format!("cluster {name}: {}", bad.join(", ")),
    };
    NewEvent {
        at: validation.at,
        kind: EventKind::ClusterHealth,
        subject: cluster.id.to_string(),
        actor: actor.to_owned(),
        summary,
        places: vec![Place::record(cluster.id)],
    }
}
