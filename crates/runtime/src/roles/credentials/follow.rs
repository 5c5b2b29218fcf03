//! Telling whoever shows credentials that they are others now.

use std::sync::Arc;

use fleetscope_model::{Event, EventKind};
use fleetscope_outbound::Shown;
use fleetscope_ports::EventLog;

use crate::roles::index::Indexing;

/// Events that make a kept credential the wrong one. That a cluster was changed is among them: it
/// may say another credential is to be used. A new one has none yet, and is to be followed.
const KINDS: [EventKind; 5] = [
    EventKind::CredentialChanged,
    EventKind::CredentialDeleted,
    EventKind::ClusterCreated,
    EventKind::ClusterUpdated,
    EventKind::ClusterDeleted,
];

/// Events read at once.
const BATCH: u32 = 500;

/// Forgets what the log says has changed, from now on until it is dropped. What follows clusters
/// hears of it after what is shown to them is forgotten.
pub(crate) async fn follow(log: Arc<dyn EventLog>, shown: Shown, indexing: Option<Indexing>) {
    let mut head = log.head();
    let mut seen = *head.borrow_and_update();
    while head.changed().await.is_ok() {
        loop {
            let Ok(events) = log.after(seen, &KINDS, BATCH).await else {
                // What was missed is not known; each is fetched anew when it is needed.
                shown.forget_all();
                indexing.iter().for_each(Indexing::missed);
                seen = *head.borrow();
                break;
            };
            let Some(last) = events.last() else {
                break;
            };
            seen = last.seq;
            for event in &events {
                forget(&shown, event);
                indexing.iter().for_each(|indexing| indexing.heard(event));
            }
        }
    }
}

fn forget(shown: &Shown, event: &Event) {
    match event.event.subject.parse() {
        Ok(cluster) => shown.forget(cluster),
        Err(_) => shown.forget_all(),
    }
}
