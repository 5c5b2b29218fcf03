//! Reading everything that a diagnosis rests on: every watch of the catalogue over the window and
//! its history, the structure of the clusters, changes, Kubernetes events, and, for what stands
//! out, a few logs and traces. Everything that is read becomes evidence; what can't be read becomes
//! a gap. Every part is bounded.

mod alerts;
mod evidence;
mod failures;
mod found;
mod gaps;
mod happenings;
mod infer;
mod logs;
mod patterns;
mod scope;
mod signals;
mod structure;
mod subject;
mod traces;

use std::collections::BTreeMap;

use fleetscope_engine::Input;
use fleetscope_model::{Anomaly, Evidence, EvidenceId, TimeRange};
use jiff::{SignedDuration, Timestamp};

pub(crate) use evidence::shortened;
pub(crate) use found::{Found, Samples, detect_all, events_of};
pub(crate) use gaps::tidy_gaps;
pub(crate) use scope::Scope;
pub(crate) use signals::{Question, aligned, compute};
pub(crate) use structure::Structure;

use crate::{Intelligence, Result};

/// At most this many samples a series: twice what the longest usual window needs (four hours at
/// 30 s), and what keeps the detectors within milliseconds a series.
const MOST_POINTS: i64 = 960;

/// What was read, and the evidence by which it is cited.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) input: Input,
    pub(crate) evidence: BTreeMap<EvidenceId, Evidence>,
}

impl Intelligence {
    /// Reads everything that the diagnosis of the window rests on. What fails on a cluster is a
    /// gap; an error says that the question itself can't be asked.
    pub(crate) async fn gather(
        &self,
        scope: Scope,
        window: TimeRange,
        alarms: Vec<Anomaly>,
        now: Timestamp,
    ) -> Result<Gathered> {
        let mut gaps = scope.gaps.clone();
        let (structure, unseen) = self.structure(&scope, window).await?;
        gaps.extend(unseen);
        let questions = questions(&self.options.watches, window, self.options.history);
        let mut reading = self.read_all(&scope, &questions, &structure).await?;
        let found = detect_all(reading.signals.clone(), window).await?.anomalies;
        let (happened, firing) = futures::try_join!(
            self.happenings(&scope, window),
            self.firing(&scope, window, &structure)
        )?;
        let suspects = logs::suspects(&alarms, &found, &structure);
        let logs = self.log_patterns(&scope, window, &suspects).await?;
        let traces = self
            .trace_samples(&scope, window, &found, &structure)
            .await?;

        let mut evidence = std::mem::take(&mut reading.evidence);
        evidence.extend(happened.evidence);
        evidence.extend(firing.evidence);
        evidence.extend(logs.evidence);
        evidence.extend(traces.evidence);
        for part in [
            reading.gaps,
            happened.gaps,
            firing.gaps,
            logs.gaps,
            traces.gaps,
        ] {
            gaps.extend(part);
        }
        let input = Input {
            reference_time: now,
            window,
            clusters: scope.clusters,
            alarms,
            signals: reading.signals,
            topology: structure.into_topology(),
            changes: happened.changes,
            events: happened.events,
            logs: logs.patterns,
            traces: traces.samples,
            alerts: firing.alerts,
            conduct: Vec::new(),
            gaps: tidy_gaps(gaps),
        };
        Ok(Gathered { input, evidence })
    }
}

/// Every watch over the window and its history, at a resolution that keeps it within bounds.
fn questions(
    watches: &[fleetscope_model::Watch],
    window: TimeRange,
    history: SignedDuration,
) -> Vec<Question> {
    let long = TimeRange::ending(window.end, window.length() + history);
    let step = step_for(long.length());
    watches
        .iter()
        .map(|watch| Question {
            watch: watch.clone(),
            range: signals::aligned(long, step),
            step,
        })
        .collect()
}

/// Half minutes, so that an onset is known to within one where the samples allow it.
fn step_for(length: SignedDuration) -> SignedDuration {
    let half_minutes = length.as_secs().div_euclid(30 * MOST_POINTS) + 1;
    SignedDuration::from_secs(30 * half_minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_window_is_read_by_half_minutes_and_a_long_one_within_bounds() {
        assert_eq!(
            step_for(SignedDuration::from_hours(4)),
            SignedDuration::from_secs(30)
        );
        for hours in [1, 8, 9, 26] {
            let length = SignedDuration::from_hours(hours);
            assert!(
                length.as_secs() / step_for(length).as_secs() <= MOST_POINTS,
                "{hours}"
            );
        }
    }
}
