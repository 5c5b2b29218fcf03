//! Carrying out an analysis that was asked for.

use std::collections::BTreeMap;

use fleetscope_engine::judge::KNOWN;
use fleetscope_model::{
    AccessRole, AnomalyAnalysis, Caller, Direction, EntityKind, EventKind, Evidence, EvidenceId,
    NewEvent, Place, Sensitivity, SignalRole, Status, Subject, TimeRange, Watch, WatchId,
};
use jiff::SignedDuration;

use super::validate::MOST_POINTS;
use crate::gather::{Question, Structure, aligned, detect_all, events_of, shortened, tidy_gaps};
use crate::{Intelligence, Result};

/// More anomalies than this in one analysis are not kept: the worst tell the story.
const MOST_ANOMALIES: usize = 500;

/// History is at least as long as the window, but no longer than a day.
const LONGEST_HISTORY: SignedDuration = SignedDuration::from_hours(24);

/// Steps of history for a query of the caller's own, so that the ensemble judges it too, with a few
/// scrapes that failed. The catalogue asks dozens of queries, and keeps to the usual history.
const JUDGED_BY: i32 = KNOWN as i32 + 16;

impl Intelligence {
    /// The analysis with its result. An error says that it can't be done, or not now.
    pub(crate) async fn perform_analysis(
        &self,
        mut analysis: AnomalyAnalysis,
    ) -> Result<AnomalyAnalysis> {
        let wanted: BTreeMap<_, _> = analysis
            .clusters
            .iter()
            .map(|&id| (id, id.to_string()))
            .collect();
        let scope = self
            .scope(
                on_behalf(analysis.asker.as_ref(), &analysis.requested_by),
                &wanted,
            )
            .await?;
        let (structure, mut gaps) = self.structure_or_none(&scope, analysis.window).await?;
        let questions = self.questions_of(&analysis);
        let reading = self.read_all(&scope, &questions, &structure).await?;
        gaps.extend(scope.gaps);
        gaps.extend(reading.gaps);
        let mut found = detect_all(reading.signals, analysis.window).await?;
        found.anomalies.truncate(MOST_ANOMALIES);
        let cited = found.anomalies.iter().map(|anomaly| &anomaly.evidence);
        analysis.evidence = only(&reading.evidence, cited);
        let (anomalies, topology) = (found.anomalies.clone(), structure.into_topology());
        analysis.events = events_of(anomalies, found.samples, topology).await?;
        analysis.anomalies = found.anomalies;
        analysis.gaps = tidy_gaps(gaps);
        analysis.status = Status::Complete;
        Ok(analysis)
    }

    /// The structure of the clusters; without it services keep their own names, which is no
    /// reason to fail an analysis.
    async fn structure_or_none(
        &self,
        scope: &crate::gather::Scope,
        window: TimeRange,
    ) -> Result<(Structure, Vec<fleetscope_model::Gap>)> {
        match self.structure(scope, window).await {
            Err(error) if error.is_passing() => Ok((Structure::default(), Vec::new())),
            other => other,
        }
    }

    fn questions_of(&self, analysis: &AnomalyAnalysis) -> Vec<Question> {
        let usual = match &analysis.query {
            Some(_) => self.options.history.max(analysis.step * JUDGED_BY),
            None => self.options.history,
        };
        let range = with_history(analysis.window, analysis.step, usual);
        let watches = match &analysis.query {
            Some(query) => vec![free_watch(query)],
            None => self.options.watches.clone(),
        };
        watches
            .into_iter()
            .map(|mut watch| {
                watch.sensitivity = analysis.sensitivity;
                Question {
                    watch,
                    range: aligned(range, analysis.step),
                    step: analysis.step,
                }
            })
            .collect()
    }
}

/// Whoever asked: what is read for a request is read within their rights. Where only a name was
/// kept, a caller of that name of whom nothing more is known.
pub(crate) fn on_behalf(asker: Option<&Caller>, name: &str) -> Caller {
    let unknown = || Caller::local(name, AccessRole::Operator);
    asker.cloned().unwrap_or_else(unknown)
}

/// The event that tells of what an analysis found; none where it found nothing.
pub(crate) fn found_event(analysis: &AnomalyAnalysis, at: jiff::Timestamp) -> Option<NewEvent> {
    let worst = analysis.events.first()?;
    let more = match analysis.events.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let what = match worst.members.as_slice() {
        [only] => {
            let anomaly = analysis.anomalies.get(*only)?;
            format!("{} of {}: {}", anomaly.signal, anomaly.entity, worst.why)
        }
        _ => worst.why.clone(),
    };
    Some(NewEvent {
        at,
        kind: EventKind::AnomalyDetected,
        subject: analysis.id.to_string(),
        actor: analysis.requested_by.clone(),
        summary: shortened(&format!("{what}{more}"), 300),
        places: Place::all(analysis.anomalies.iter().map(|anomaly| &anomaly.entity)),
    })
}

/// The pieces of evidence with these ids, sorted by id, each once.
pub(crate) fn only<'a>(
    evidence: &BTreeMap<EvidenceId, Evidence>,
    cited: impl Iterator<Item = &'a EvidenceId>,
) -> Vec<Evidence> {
    let cited: std::collections::BTreeSet<&EvidenceId> = cited.collect();
    cited
        .into_iter()
        .filter_map(|id| evidence.get(id).cloned())
        .collect()
}

/// The window and what lies before it: as long as the window itself but at least the usual
/// history, and never so long that Prometheus refuses the number of points.
fn with_history(window: TimeRange, step: SignedDuration, usual: SignedDuration) -> TimeRange {
    let wanted = window.length().max(usual).min(LONGEST_HISTORY);
    let points = window.length().as_secs() / step.as_secs().max(1) + 2;
    let room = SignedDuration::from_secs((MOST_POINTS - points).max(0) * step.as_secs());
    TimeRange::ending(window.end, window.length() + wanted.min(room))
}

/// A query of which nothing is known: any deviation counts, and what it is about is inferred.
fn free_watch(query: &str) -> Watch {
    Watch {
        id: WatchId("query".to_owned()),
        title: shortened(query, 120),
        query: query.to_owned(),
        unit: String::new(),
        subject: Subject {
            kind: EntityKind::Cluster,
            namespace_label: None,
            name_labels: Vec::new(),
        },
        role: SignalRole::Resource,
        resource: None,
        direction: Direction::Both,
        least_deviation: 0.0,
        sensitivity: Sensitivity::Medium,
        symptom: false,
        lookback: LONGEST_HISTORY,
        step: SignedDuration::from_mins(1),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn history_never_makes_too_many_points() {
        let window = |hours| {
            let end = Timestamp::from_second(10_000_000).unwrap();
            TimeRange::ending(end, SignedDuration::from_hours(hours))
        };
        let usual = SignedDuration::from_hours(2);
        let whole = |hours, step| {
            let step = SignedDuration::from_secs(step);
            let range = with_history(window(hours), step, usual);
            assert!(range.length().as_secs() / step.as_secs() < MOST_POINTS);
            range.length().as_hours()
        };
        assert_eq!(whole(1, 60), 3);
        assert_eq!(whole(48, 60), 72);
        assert_eq!(whole(3, 1), 3);
    }
}
