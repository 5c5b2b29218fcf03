//! Whether what is stored is what the event log tells: each event if and only if its change.

use std::collections::BTreeMap;

use fleetscope_model::{Event, EventKind, EventSeq, PageRequest, Status};
use fleetscope_ports::Store;

use crate::walk;

/// Ids of what is there, each with a word that changes whenever the thing does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct State(BTreeMap<(&'static str, String), String>);

impl State {
    /// What the log tells: an event's subject is the id, its summary the word.
    pub(crate) fn told(log: &[Event]) -> Self {
        let mut state = BTreeMap::new();
        for Event { event, .. } in log {
            let (what, there) = match event.kind {
                EventKind::ClusterCreated | EventKind::ClusterUpdated => ("cluster", true),
                EventKind::ClusterDeleted => ("cluster", false),
                EventKind::ClusterHealth
                | EventKind::ClusterCapabilities
                | EventKind::CredentialChanged
                | EventKind::CredentialDeleted
                | EventKind::KeysRotation
                | EventKind::AlertFiring
                | EventKind::AlertResolved => continue,
                EventKind::TokenCreated => ("token", true),
                EventKind::TokenRevoked => ("token", false),
                EventKind::AnomalyDetected => ("analysis", true),
                EventKind::InvestigationOpened
                | EventKind::InvestigationUpdated
                | EventKind::InvestigationClosed => ("investigation", true),
                EventKind::ReportCreated => ("report", true),
                EventKind::ReportDeleted => ("report", false),
            };
            let key = (what, event.subject.clone());
            if there {
                state.insert(key, event.summary.clone());
            } else {
                assert!(
                    state.remove(&key).is_some(),
                    "{key:?} went without having come"
                );
            }
        }
        Self(state)
    }

    /// What is stored.
    pub(crate) async fn stored(store: &Store) -> Self {
        let mut state = BTreeMap::new();
        let mut add = |what, id: String, word: String| {
            assert!(state.insert((what, id), word).is_none(), "listed twice");
        };
        for cluster in walk(7, async |page: PageRequest| {
            store.clusters.list(&page).await
        })
        .await
        {
            add(
                "cluster",
                cluster.id.to_string(),
                cluster.generation.to_string(),
            );
        }
        for token in walk(7, async |page: PageRequest| store.tokens.list(&page).await).await {
            add("token", token.id.to_string(), token.name);
        }
        for analysis in walk(7, async |page: PageRequest| {
            store.analyses.list(&page).await
        })
        .await
        {
            add("analysis", analysis.id.to_string(), word(analysis.status));
        }
        let list = async |page: PageRequest| store.investigations.list(&page).await;
        for investigation in walk(7, list).await {
            let word = investigation.revision.to_string();
            add("investigation", investigation.id.to_string(), word);
        }
        for report in walk(7, async |page: PageRequest| store.reports.list(&page).await).await {
            let text = store
                .objects
                .get(&report.object)
                .await
                .expect("a report has its text");
            assert_eq!(text.len() as u64, report.bytes, "a text is whole");
            add("report", report.id.to_string(), report.bytes.to_string());
        }
        Self(state)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The word for an analysis.
pub(crate) fn word(status: Status) -> String {
    format!("{status:?}")
}

/// The whole log, in parts; checks that places grow.
pub(crate) async fn whole_log(store: &Store) -> Vec<Event> {
    let mut log: Vec<Event> = Vec::new();
    loop {
        let after = log.last().map_or(EventSeq(0), |event| event.seq);
        let part = store.events.after(after, &[], 100).await.unwrap();
        if part.is_empty() {
            break;
        }
        log.extend(part);
    }
    assert!(log.is_sorted_by(|a, b| a.seq < b.seq));
    log
}

/// Checks that the log and what is stored tell the same, and returns the log.
pub(crate) async fn assert_consistent(store: &Store) -> Vec<Event> {
    let log = whole_log(store).await;
    assert_eq!(State::stored(store).await, State::told(&log));
    log
}
