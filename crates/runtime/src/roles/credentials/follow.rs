//! Telling whoever shows credentials that they are others now.

use std::sync::Arc;

use fleetscope_model::{Event, EventKind};
use fleetscope_outbound::Shown;
use fleetscope_ports::EventLog;

/// Events that make a kept credential the wrong one. That a cluster was changed is among them: it
/// may say another credential is to be used.
const KINDS: [EventKind; 4] = [
    EventKind::CredentialChanged,
    EventKind::CredentialDeleted,
    EventKind::ClusterUpdated,
    EventKind::ClusterDeleted,
];

/// Events read at once.
const BATCH: u32 = 500;

/// Forgets what the log says has changed, from now on until it is dropped.
pub(crate) async fn follow(log: Arc<dyn EventLog>, shown: Shown) {
    let mut head = log.head();
    let mut seen = *head.borrow_and_update();
    while head.changed().await.is_ok() {
        loop {
            let Ok(events) = log.after(seen, &KINDS, BATCH).await else {
                // What was missed is not known; each is fetched anew when it is needed.
                shown.forget_all();
                seen = *head.borrow();
                break;
            };
            let Some(last) = events.last() else {
                break;
            };
            seen = last.seq;
            for event in &events {
                forget(&shown, event);
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
