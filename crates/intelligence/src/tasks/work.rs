//! Carrying out what was asked for.

use fleetscope_model::{AnomalyAnalysis, EventKind, Fault, Investigation, NewEvent, Status};
use jiff::{SignedDuration, Timestamp};

use super::TaskReport;
use crate::analyses::perform::found_event;
use crate::investigations::perform::{conclusion, places};
use crate::{Error, Intelligence, Result};

/// As many pieces of work are taken up in one activation; the rest stay pending for the next.
const AT_ONCE: u32 = 8;

/// A piece of work that can't be done because something does not answer is tried again for this
/// long, and then given up.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Carries out the pending analyses and investigations, oldest first.
///
/// Each result is stored whole, with the event that tells of it; killed before that, the work is
/// still pending and is done again. What fails for good is stored as failed, with the reason.
#[derive(Debug)]
pub struct Work {
    intelligence: Intelligence,
}

impl Work {
    /// The task over the service.
    pub const fn new(intelligence: Intelligence) -> Self {
        Self { intelligence }
    }

    /// Carries out what is pending, a bounded number of pieces.
    pub async fn activate(&self) -> TaskReport {
        let mut tally = Tally::default();
        match self.intelligence.store.analyses.pending(AT_ONCE).await {
            Ok(analyses) => {
                for analysis in analyses {
                    tally.count(self.analysis(analysis).await);
                }
            }
            Err(error) => tally.trouble("list pending analyses", &error.into()),
        }
        match self
            .intelligence
            .store
            .investigations
            .pending(AT_ONCE)
            .await
        {
            Ok(investigations) => {
                for investigation in investigations {
                    tally.count(self.investigation(investigation).await);
                }
            }
            Err(error) => tally.trouble("list pending investigations", &error.into()),
        }
        tally.report()
    }

    async fn analysis(&self, pending: AnomalyAnalysis) -> Result<Outcome> {
        let performed = self.intelligence.perform_analysis(pending.clone()).await;
        let now = self.intelligence.clock.now();
        let (analysis, outcome) = match performed {
            Ok(analysis) => (analysis, Outcome::Done),
            Err(error) if worth_trying_again(&error, pending.created_at, now) => return Err(error),
            Err(error) => {
                tracing::warn!(analysis = %pending.id, %error, "an anomaly analysis failed");
                (failed_analysis(pending, &error), Outcome::Failed)
            }
        };
        let events: Vec<NewEvent> = found_event(&analysis, now).into_iter().collect();
        self.intelligence
            .store
            .analyses
            .put(&analysis, &events)
            .await?;
        Ok(outcome)
    }

    async fn investigation(&self, pending: Investigation) -> Result<Outcome> {
        let performed = self
            .intelligence
            .perform_investigation(pending.clone())
            .await;
        let now = self.intelligence.clock.now();
        let (investigation, outcome) = match performed {
            Ok(investigation) => (investigation, Outcome::Done),
            Err(error) if worth_trying_again(&error, pending.created_at, now) => return Err(error),
            Err(error) => {
                tracing::warn!(investigation = %pending.id, %error, "an investigation failed");
                (failed_investigation(pending, &error, now), Outcome::Failed)
            }
        };
        let event = concluded(&investigation, now);
        let store = &self.intelligence.store.investigations;
        store.put(&investigation, &[event]).await?;
        Ok(outcome)
    }
}

/// What became of a piece of work.
enum Outcome {
    Done,
    Failed,
}

#[derive(Default)]
struct Tally {
    done: u32,
    failed: u32,
    troubles: Vec<String>,
}

impl Tally {
    fn count(&mut self, outcome: Result<Outcome>) {
        match outcome {
            Ok(Outcome::Done) => self.done += 1,
            Ok(Outcome::Failed) => self.failed += 1,
            Err(error) => self.trouble("carry out pending work", &error),
        }
    }

    fn trouble(&mut self, what: &str, error: &Error) {
        tracing::warn!(%error, "could not {what}; it is tried again");
        self.troubles
            .push(format!("could not {what}: {}", error.message()));
    }

    fn report(self) -> TaskReport {
        let mut summary = match (self.done, self.failed) {
            (0, 0) => "nothing was pending".to_owned(),
            (done, 0) => format!("{done} done"),
            (done, failed) => format!("{done} done, {failed} failed"),
        };
        for trouble in self.troubles {
            summary = format!("{summary}; {trouble}");
        }
        TaskReport {
            summary,
            did: self.done + self.failed,
        }
    }
}

fn worth_trying_again(error: &Error, asked_at: Timestamp, now: Timestamp) -> bool {
    error.is_passing() && now.duration_since(asked_at) < GIVE_UP_AFTER
}

fn failed_analysis(mut analysis: AnomalyAnalysis, error: &Error) -> AnomalyAnalysis {
    analysis.status = Status::Failed;
    analysis.failure = Some(error.message());
    analysis
}

fn failed_investigation(
    mut investigation: Investigation,
    error: &Error,
    now: Timestamp,
) -> Investigation {
    investigation.status = Status::Failed;
    investigation.failure = Some(error.message());
    investigation.updated_at = now;
    investigation.revision += 1;
    investigation
}

fn concluded(investigation: &Investigation, at: Timestamp) -> NewEvent {
    let summary = match (&investigation.failure, &investigation.findings) {
        (Some(failure), _) => format!("failed: {failure}"),
        (None, Some(findings)) => conclusion(findings),
        (None, None) => "nothing was found".to_owned(),
    };
    NewEvent {
        at,
        kind: EventKind::InvestigationUpdated,
        subject: investigation.id.to_string(),
        actor: "system:work".to_owned(),
        summary,
        places: places(investigation),
    }
}
