//! The streaming role: subscriptions to the event log.

use std::sync::Arc;

use fleetscope_gateway::Probe;
use fleetscope_model::{Fault as _, Role};
use fleetscope_ports::{Access, Store};
use fleetscope_streaming::Streaming;

/// The use cases about events.
pub(crate) fn service(store: &Store, access: Arc<dyn Access>) -> Streaming {
    Streaming::new(store.events.clone(), access)
}

/// The event log can be read at its end.
pub(crate) fn probe(store: &Store) -> Probe {
    let events = store.events.clone();
    Probe::required(Role::Streaming, "event_log", move || {
        let events = events.clone();
        async move {
            let head = *events.head().borrow();
            let read = events.after(head, &[], 1).await;
            read.map(drop).map_err(|e| e.message())
        }
    })
}
