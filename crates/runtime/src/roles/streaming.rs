//! The streaming role: subscriptions to the event log.

use std::sync::Arc;

use fleetscope_model::{Fault as _, Role};
use fleetscope_ports::{Access, Store};
use fleetscope_streaming::Streaming;

use crate::admin::readiness::Check;

/// The use cases about events.
pub(crate) fn service(store: &Store, access: Arc<dyn Access>) -> Streaming {
    Streaming::new(store.events.clone(), access)
}

/// The event log can be read at its end.
pub(crate) fn check(store: &Store) -> Check {
    let events = store.events.clone();
    Check::required(Role::Streaming, "event_log", move || {
        let events = events.clone();
        async move {
            let head = *events.head().borrow();
            let read = events.after(head, &[], 1).await;
            read.map(drop).map_err(|e| e.message())
        }
    })
}
