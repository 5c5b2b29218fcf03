//! One thing that a role needs, and what has been seen of it.

use std::sync::Arc;
use std::time::Duration;

use fleetscope_model::{DependencyHealth, HealthStatus, LastError, Role};
use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::Instant;

/// How long one answer may take: short enough that a report comes within a second whatever hangs.
const TIME_LIMIT: Duration = Duration::from_millis(300);

type Question = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// One thing that a role needs.
#[derive(Clone)]
pub struct Probe {
    pub(super) role: Role,
    name: &'static str,
    required: bool,
    /// None where there is nothing to ask, by configuration.
    question: Option<Question>,
}

/// What has been seen of it until now.
#[derive(Debug, Clone, Default)]
pub(super) struct Observed {
    status: Option<HealthStatus>,
    since: Option<Timestamp>,
    last_error: Option<LastError>,
}

/// What was said, and how long it took.
pub(super) struct Answer {
    said: Result<(), String>,
    took: Duration,
}

impl Probe {
    /// Something without which `role` does not work. `question` fails with words that any caller
    /// may read.
    pub fn required<F>(
        role: Role,
        name: &'static str,
        question: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self {
            role,
            name,
            required: true,
            question: Some(Arc::new(move || Box::pin(question()))),
        }
    }

    /// The same, but the role goes on without it.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }

    /// Something that this process could use and is not configured to.
    pub fn not_configured(role: Role, name: &'static str) -> Self {
        Self {
            role,
            name,
            required: false,
            question: None,
        }
    }

    pub(super) async fn answer(&self) -> Option<Answer> {
        let question = self.question.as_ref()?;
        let begun = Instant::now();
        let said = tokio::time::timeout(TIME_LIMIT, question()).await;
        let said =
            said.unwrap_or_else(|_| Err(format!("no answer within {} ms", TIME_LIMIT.as_millis())));
        Some(Answer {
            said,
            took: begun.elapsed(),
        })
    }

    /// What is known after this answer.
    pub(super) fn judge(
        &self,
        observed: &mut Observed,
        answer: Option<Answer>,
        now: Timestamp,
    ) -> DependencyHealth {
        let (status, took) = match answer {
            None => (HealthStatus::NotConfigured, None),
            Some(Answer { said: Ok(()), took }) => (HealthStatus::Up, Some(took)),
            Some(Answer {
                said: Err(message),
                took,
            }) => {
                observed.last_error = Some(LastError { at: now, message });
                (HealthStatus::Down, Some(took))
            }
        };
        if observed.status != Some(status) {
            observed.status = Some(status);
            observed.since = Some(now);
        }
        DependencyHealth {
            name: self.name.to_owned(),
            status,
            required: self.required,
            latency_ms: took.map(|took| took.as_secs_f64() * 1000.0),
            last_error: observed.last_error.clone(),
            since: observed.since,
        }
    }
}
