//! One endpoint while it is called.

use std::time::Duration;

use fleetscope_model::{Check, CheckCode, OwnRights, Source};
use fleetscope_outbound::{Answer, Failure, Upstream};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::verdict::{Verdict, of_answer, of_failure};

/// What is learnt of an endpoint on the way.
pub(super) struct Probe {
    pub(super) source: Source,
    pub(super) upstream: Upstream,
    latency: Option<Duration>,
    certified_until: Option<Timestamp>,
    pub(super) version: Option<String>,
    pub(super) rights: Option<OwnRights>,
}

/// Prometheus, Loki and Tempo answer alike; Prometheus within an envelope.
#[derive(Deserialize)]
pub(super) struct BuildInfo {
    pub(super) version: String,
}

impl Probe {
    pub(super) fn new(source: Source, upstream: Upstream, limit: Duration) -> Self {
        Self {
            source,
            upstream: upstream.probing().by(Instant::now() + limit),
            latency: None,
            certified_until: None,
            version: None,
            rights: None,
        }
    }

    /// GET of a path whose answer is JSON of this shape, and of the right product therefore.
    pub(super) async fn json<T: DeserializeOwned>(
        &mut self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Verdict> {
        let answer = self.answer(path, query).await?;
        answer.json().map_err(|failure| Verdict {
            code: CheckCode::OtherProduct,
            detail: failure.detail,
        })
    }

    /// GET of a path that has to succeed.
    pub(super) async fn answer(
        &mut self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Answer, Verdict> {
        let begun = Instant::now();
        let result = self.upstream.get(path, query).await;
        if result.is_ok() {
            self.latency.get_or_insert(begun.elapsed());
        }
        let answer = result.map_err(|failure| self.failed(&failure))?;
        self.certified_until = self.certified_until.or(answer.certified_until);
        of_answer(self.source, answer)
    }

    /// What a failure says, and what it tells of the certificate.
    pub(super) fn failed(&mut self, failure: &Failure) -> Verdict {
        if let Some(fleetscope_outbound::Cause::Expired(until)) = failure.cause {
            self.certified_until = self.certified_until.or(until);
        }
        of_failure(failure)
    }

    pub(super) fn concluded(self, outcome: Result<(), Verdict>) -> Check {
        let verdict = outcome.err().unwrap_or_else(|| Verdict {
            code: CheckCode::Ok,
            detail: format!("{} answers", self.upstream.place()),
        });
        Check {
            source: self.source,
            place: self.upstream.place().to_owned(),
            code: verdict.code,
            detail: verdict.detail,
            latency_ms: self.latency.map(|l| l.as_millis() as u64),
            certified_until: self.certified_until,
            version: self.version,
            rights: self.rights,
        }
    }
}
