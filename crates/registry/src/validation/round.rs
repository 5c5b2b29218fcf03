//! What is due is done, whoever asked for it: clusters that were registered or changed, and those
//! of which the latest word is old.

use std::time::Duration;

use fleetscope_model::{Cluster, Fault as _, Observed, PageRequest};
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use crate::validation::ACTOR;
use crate::{Error, Registry};

/// Clusters at the same time. Of one cluster each endpoint has one call under way, the Kubernetes
/// API three; so a round keeps at most 56 connections.
const AT_ONCE: usize = 8;

/// Clusters a round: what is left is taken up by the next, which begins soon.
const MOST: usize = 200;

/// Clusters read from the store at a time.
const PAGE: u32 = 500;

/// The rounds in which clusters are validated and discovered without being asked.
#[derive(Debug, Clone)]
pub struct Rounds {
    registry: Registry,
    validate_every: Duration,
    discover_every: Duration,
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundReport {
    /// Clusters that were validated.
    pub validated: usize,
    /// Clusters that were discovered.
    pub discovered: usize,
    /// Clusters with which either failed.
    pub failed: usize,
}

impl std::fmt::Display for RoundReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            validated,
            discovered,
            failed,
        } = self;
        write!(f, "{validated} clusters validated, {discovered} discovered")?;
        if *failed > 0 {
            write!(f, ", {failed} not kept")?;
        }
        Ok(())
    }
}

/// What is due of a cluster.
#[derive(Debug, Clone, Copy)]
struct Due {
    validation: bool,
    discovery: bool,
}

impl Rounds {
    /// Rounds over a registry: a word older than this is old.
    pub const fn new(
        registry: Registry,
        validate_every: Duration,
        discover_every: Duration,
    ) -> Self {
        Self {
            registry,
            validate_every,
            discover_every,
        }
    }

    /// Does what is due.
    ///
    /// # Errors
    ///
    /// Of the store. What is wrong with a cluster is what the round is there to find.
    pub async fn activate(&self) -> Result<RoundReport, Error> {
        let due = self.due().await?;
        let done = due.into_iter().map(|(cluster, due)| self.one(cluster, due));
        let done: Vec<_> = done.map(Box::pin).collect();
        let mut done = stream::iter(done).buffer_unordered(AT_ONCE);
        let mut report = RoundReport::default();
        while let Some(one) = done.next().await {
            report.validated += one.validated;
            report.discovered += one.discovered;
            report.failed += one.failed;
        }
        Ok(report)
    }

    async fn due(&self) -> Result<Vec<(Cluster, Due)>, Error> {
        let store = &self.registry.store;
        let observed = store.observations.observed().await?;
        let states = store.credentials.states().await?;
        let now = self.registry.clock.now();
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = PageRequest { after, limit: PAGE };
            let page = store.clusters.list(&page).await?;
            for cluster in page.items {
                let states = states.get(&cluster.id).map_or("", String::as_str);
                let due = self.judge(&cluster, states, observed.get(&cluster.id), now);
                if due.validation || due.discovery {
                    found.push((cluster, due));
                }
            }
            after = page.next;
            if after.is_none() || found.len() >= MOST {
                found.truncate(MOST);
                return Ok(found);
            }
        }
    }

    /// What is due, while the cluster is shown these states of its credentials.
    fn judge(
        &self,
        cluster: &Cluster,
        states: &str,
        observed: Option<&Observed>,
        now: Timestamp,
    ) -> Due {
        let old = |word: Option<(Timestamp, u64)>, every: Duration| {
            let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
            word.is_none_or(|(at, generation)| {
                generation != cluster.generation || now.duration_since(at) >= every
            })
        };
        let validated = observed.and_then(|o| o.validation.as_ref());
        let shown_other = validated.is_some_and(|v| v.credentials != states);
        let validated = validated.map(|v| (v.at, v.generation));
        let discovered = observed.and_then(|o| o.discovered);
        let endpoints = &cluster.draft.endpoints;
        Due {
            validation: shown_other || old(validated, self.validate_every),
            discovery: endpoints.kubernetes.is_some()
                && (shown_other || old(discovered, self.discover_every)),
        }
    }

    async fn one(&self, cluster: Cluster, due: Due) -> RoundReport {
        let mut report = RoundReport::default();
        if due.validation {
            match Box::pin(self.registry.validate_now(&cluster, ACTOR)).await {
                Ok(_) => report.validated += 1,
                Err(error) => report.failed += not_kept(&cluster, &error),
            }
        }
        if due.discovery {
            match Box::pin(self.registry.discover_now(&cluster, ACTOR)).await {
                Ok(_) => report.discovered += 1,
                Err(error) => report.failed += not_kept(&cluster, &error),
            }
        }
        report
    }
}

/// A cluster that was removed meanwhile is no failure.
fn not_kept(cluster: &Cluster, error: &Error) -> usize {
    if error.kind() == fleetscope_model::ErrorKind::NotFound {
        return 0;
    }
    tracing::warn!(cluster = %cluster.id, %error, "what was observed of a cluster was not kept");
    1
}
