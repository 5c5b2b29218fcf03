//! What is looked at on a schedule, and what comes of it.
//!
//! A *round* evaluates every watch on every cluster and judges the last minutes. What is unusual
//! and was not known is *announced*: stored as an analysis, with events. What has held raises an
//! *alarm*: it joins the investigation that is open for its clusters, or opens one if a first look
//! agrees that something is wrong. Open investigations are *followed*, gone through again in every
//! round, until they have settled.
//!
//! All that must outlive a restart is in the store. [`memory::Memory`] only saves reading it again.

mod alarms;
mod announce;
mod catalogue;
mod conclude;
mod follow;
mod groups;
mod memory;
mod open;
mod round;

pub use catalogue::catalogue;

use fleetscope_model::{Caller, Cluster, Selection};

pub(crate) use memory::Memory;
use round::Round;

use crate::{Intelligence, Result};

/// What one activation of the watches came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) clusters: usize,
    pub(crate) announced: usize,
    pub(crate) opened: usize,
    pub(crate) followed: usize,
    pub(crate) closed: usize,
    /// What went wrong and is tried again in the next round.
    pub(crate) troubles: Vec<String>,
}

/// The caller that watches are.
fn system() -> Caller {
    Caller::system("watches")
}

/// As many open investigations are followed in one round.
const MOST_FOLLOWED: u32 = 20;

impl Intelligence {
    /// One activation: a round over all clusters, and what follows from it.
    pub(crate) async fn watch(&self, memory: &mut Memory) -> Result<Outcome> {
        let now = self.clock.now();
        let clusters = self.clusters.select(&system(), &Selection::All).await?;
        memory.keep_clusters(&clusters);
        memory.prime(&self.store, now).await?;
        let mut outcome = Outcome {
            clusters: clusters.len(),
            ..Outcome::default()
        };
        if clusters.is_empty() {
            return Ok(outcome);
        }
        let round = self.round(&clusters, memory, now).await?;
        outcome.troubles.extend(round.troubles.iter().cloned());
        outcome.announced = self.announce(&round, memory, now).await?;
        self.tend(&clusters, &round, memory, &mut outcome).await?;
        memory.forget(now);
        Ok(outcome)
    }

    /// Follows what is open, with the alarms that join it, and opens what is new.
    async fn tend(
        &self,
        clusters: &[Cluster],
        round: &Round,
        memory: &mut Memory,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let open = self.store.investigations.open(MOST_FOLLOWED).await?;
        let groups = memory.groups(clusters);
        let mut raised = alarms::raised(&self.options.watches, round, memory);
        for investigation in open {
            let reach = groups::reach(&investigation, &groups);
            let joining = raised.take(&reach);
            match self
                .follow(investigation, joining.symptoms, round, memory)
                .await
            {
                Ok(closed) => {
                    outcome.followed += 1;
                    outcome.closed += usize::from(closed);
                }
                Err(error) => outcome.trouble("follow an investigation", &error),
            }
        }
        for group in groups {
            let raised = raised.take(&group);
            if raised.is_empty() {
                continue;
            }
            match self.raise(&group, raised, round, memory).await {
                Ok(opened) => outcome.opened += usize::from(opened),
                Err(error) => outcome.trouble("open an investigation", &error),
            }
        }
        Ok(())
    }
}

impl Outcome {
    fn trouble(&mut self, what: &str, error: &crate::Error) {
        use fleetscope_model::Fault as _;
        tracing::warn!(%error, "could not {what}; the next round tries again");
        self.troubles
            .push(format!("could not {what}: {}", error.message()));
    }
}
