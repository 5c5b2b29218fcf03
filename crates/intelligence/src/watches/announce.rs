//! Telling of what is unusual and was not known.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_engine::groups::among;
use fleetscope_model::{
    AnalysisId, Anomaly, AnomalyAnalysis, AnomalyEvent, ClusterId, EventKind, NewEvent, Origin,
    Place, Sensitivity, Status, Watch, WatchId,
};
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use super::round::Round;
use super::system;
use crate::analyses::perform::only;
use crate::gather::{events_of, shortened, tidy_gaps};
use crate::{Intelligence, Result};

/// Events of one round: a reader of the log should not drown when a whole cluster falls over. The
/// analysis holds every anomaly.
const MOST_EVENTS: usize = 20;

/// Where something joins what was told, so many of those that were known are told again with it: where
/// it began, and enough to see what it belongs to. An incident that grows by the minute is not stored
/// whole every minute.
const MOST_KNOWN: usize = 20;

/// What is told: anomalies with the events that they make.
struct News {
    anomalies: Vec<Anomaly>,
    events: Vec<AnomalyEvent>,
}

impl Intelligence {
    /// Stores the anomalies of the round that are new and what they belong to, with an event for each
    /// group, and remembers all of them. Says how many are new.
    pub(super) async fn announce(
        &self,
        round: &Round,
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<usize> {
        let anomalies = round.anomalies.iter();
        let held: Vec<Anomaly> = anomalies.filter(|a| has_held(a)).cloned().collect();
        let new: Vec<bool> = held.iter().map(|a| !memory.knows(a)).collect();
        let count = new.iter().filter(|new| **new).count();
        if count > 0 {
            let topology = memory.topology();
            let events = events_of(held.clone(), round.samples.clone(), topology).await?;
            let analysis = self.analysis_of(round, news(&held, &events, &new), now);
            let events = told(&analysis, &round.names, now);
            self.store.analyses.put(&analysis, &events).await?;
        }
        for anomaly in &held {
            memory.saw(anomaly);
        }
        Ok(count)
    }

    fn analysis_of(&self, round: &Round, news: News, now: Timestamp) -> AnomalyAnalysis {
        let News { anomalies, events } = news;
        let clusters: BTreeSet<ClusterId> = anomalies
            .iter()
            .map(|anomaly| anomaly.entity.cluster)
            .collect();
        let gaps = round
            .gaps
            .iter()
            .filter(|gap| clusters.contains(&gap.cluster))
            .cloned()
            .collect();
        AnomalyAnalysis {
            id: AnalysisId::new(self.ids.next(now)),
            origin: Origin::Watch,
            requested_by: system().name,
            asker: None,
            created_at: now,
            status: Status::Complete,
            clusters: clusters.into_iter().collect(),
            query: None,
            watches: watches_of(&self.options.watches, &anomalies),
            window: round.judged,
            step: finest_step(&self.options.watches),
            sensitivity: Sensitivity::Medium,
            evidence: only(
                &round.evidence,
                anomalies.iter().map(|anomaly| &anomaly.evidence),
            ),
            anomalies,
            events,
            gaps: tidy_gaps(gaps),
            failure: None,
        }
    }
}

/// A single sample may be a scrape that went wrong; two are a stretch.
fn has_held(anomaly: &Anomaly) -> bool {
    anomaly.end > anomaly.start
}

/// Of all events those with something new, and of what was known in them the earliest.
fn news(held: &[Anomaly], events: &[AnomalyEvent], new: &[bool]) -> News {
    let mut kept = vec![false; held.len()];
    let grown = events
        .iter()
        .filter(|event| event.members.iter().any(|member| new[*member]));
    for event in grown {
        let mut known = 0;
        for &member in &event.members {
            known += usize::from(!new[member]);
            kept[member] = new[member] || known <= MOST_KNOWN;
        }
    }
    let anomalies = held.iter().zip(&kept).filter(|(_, kept)| **kept);
    News {
        anomalies: anomalies.map(|(anomaly, _)| anomaly.clone()).collect(),
        events: among(events, held, |place| kept[place]),
    }
}

/// The watches that found the anomalies: titles are unique.
fn watches_of(watches: &[Watch], anomalies: &[Anomaly]) -> Vec<WatchId> {
    watches
        .iter()
        .filter(|watch| {
            anomalies
                .iter()
                .any(|anomaly| anomaly.signal == watch.title)
        })
        .map(|watch| watch.id.clone())
        .collect()
}

fn finest_step(watches: &[Watch]) -> SignedDuration {
    let steps = watches.iter().map(|watch| watch.step);
    steps.min().unwrap_or(SignedDuration::from_mins(1))
}

/// An event of the log for each event of the analysis.
fn told(
    analysis: &AnomalyAnalysis,
    names: &BTreeMap<ClusterId, String>,
    at: Timestamp,
) -> Vec<NewEvent> {
    let event = |summary: String, told: &[AnomalyEvent]| NewEvent {
        at,
        kind: EventKind::AnomalyDetected,
        subject: analysis.id.to_string(),
        actor: analysis.requested_by.clone(),
        summary: shortened(&summary, 300),
        places: Place::all(told.iter().flat_map(|event| &event.entities)),
    };
    let mut events: Vec<NewEvent> = analysis
        .events
        .iter()
        .take(MOST_EVENTS)
        .map(|one| event(summary(one, names), std::slice::from_ref(one)))
        .collect();
    let rest = analysis.events.get(MOST_EVENTS..).unwrap_or_default();
    if !rest.is_empty() {
        let more = rest.len();
        events.push(event(format!("and {more} more in the same minute"), rest));
    }
    events
}

/// Where and why, in a line.
fn summary(event: &AnomalyEvent, names: &BTreeMap<ClusterId, String>) -> String {
    let clusters: Vec<&str> = event
        .clusters
        .iter()
        .filter_map(|id| names.get(id).map(String::as_str))
        .collect();
    let clusters = clusters.join(", ");
    match (event.entities.as_slice(), event.members.len()) {
        ([entity], 1) => format!("{clusters}: {entity}: {}", event.why),
        _ => format!("{clusters}: {}", event.why),
    }
}
