//! Telling of what is unusual and was not known.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{
    AnalysisId, Anomaly, AnomalyAnalysis, ClusterId, EventKind, NewEvent, Origin, Place,
    Sensitivity, Status, Watch, WatchId,
};
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use super::round::Round;
use super::system;
use crate::analyses::perform::only;
use crate::gather::{shortened, tidy_gaps};
use crate::{Intelligence, Result};

/// Events of one round: a reader of the log should not drown when a whole cluster falls over. The
/// analysis holds every anomaly.
const MOST_EVENTS: usize = 20;

impl Intelligence {
    /// Stores the anomalies of the round that are new, with events, and remembers all of them.
    /// Says how many are new.
    pub(super) async fn announce(
        &self,
        round: &Round,
        memory: &mut Memory,
        now: Timestamp,
    ) -> Result<usize> {
        let held: Vec<&Anomaly> = round
            .anomalies
            .iter()
            .filter(|anomaly| has_held(anomaly))
            .collect();
        let new: Vec<Anomaly> = held
            .iter()
            .filter(|anomaly| !memory.knows(anomaly))
            .map(|&anomaly| anomaly.clone())
            .collect();
        if !new.is_empty() {
            let analysis = self.analysis_of(round, new.clone(), now);
            let events = events(&analysis, &round.names, now);
            self.store.analyses.put(&analysis, &events).await?;
        }
        for anomaly in held {
            memory.saw(anomaly);
        }
        Ok(new.len())
    }

    fn analysis_of(
        &self,
        round: &Round,
        anomalies: Vec<Anomaly>,
        now: Timestamp,
    ) -> AnomalyAnalysis {
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
            gaps: tidy_gaps(gaps),
            failure: None,
        }
    }
}

/// A single sample may be a scrape that went wrong; two are a stretch.
fn has_held(anomaly: &Anomaly) -> bool {
    anomaly.end > anomaly.start
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

fn events(
    analysis: &AnomalyAnalysis,
    names: &BTreeMap<ClusterId, String>,
    at: Timestamp,
) -> Vec<NewEvent> {
    let event = |summary: String, told: &[Anomaly]| NewEvent {
        at,
        kind: EventKind::AnomalyDetected,
        subject: analysis.id.to_string(),
        actor: analysis.requested_by.clone(),
        summary: shortened(&summary, 300),
        places: Place::all(told.iter().map(|anomaly| &anomaly.entity)),
    };
    let mut events: Vec<NewEvent> = analysis
        .anomalies
        .iter()
        .take(MOST_EVENTS)
        .map(|anomaly| {
            let name = names
                .get(&anomaly.entity.cluster)
                .map_or("", String::as_str);
            let summary = format!("{name}: {}: {}", anomaly.entity, anomaly.why);
            event(summary, std::slice::from_ref(anomaly))
        })
        .collect();
    let rest = analysis.anomalies.get(MOST_EVENTS..).unwrap_or_default();
    if !rest.is_empty() {
        let more = rest.len();
        events.push(event(format!("and {more} more in the same minute"), rest));
    }
    events
}
