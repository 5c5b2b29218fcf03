//! What of the event log a reader may see.

use fleetscope_model::{Aspect, Event, EventKind, Permission};
use fleetscope_ports::{Extent, Reader};

use crate::Error;

/// Stands for a summary that tells also of what the reader may not see.
const IN_PART: &str = "something changed that concerns what you may see, and more: read it for \
                       the part that you may see";

/// The event as the reader may see it; none where it may not. Tokens are the administrators'
/// business. An event that tells of several places is shown with its summary only to whoever
/// sees all of them: a line can't be shown in part.
pub(crate) async fn visible(reader: Reader<'_>, mut event: Event) -> Result<Option<Event>, Error> {
    let kind = event.event.kind;
    if matches!(kind, EventKind::TokenCreated | EventKind::TokenRevoked) {
        let may = reader.caller.may(Permission::Administer);
        return Ok(may.then_some(event));
    }
    if reader.access.sees_all(reader.caller) {
        return Ok(Some(event));
    }
    Ok(
        match reader.extent(&event.event.places, Aspect::Metrics).await? {
            Extent::All => Some(event),
            Extent::Some => {
                IN_PART.clone_into(&mut event.event.summary);
                Some(event)
            }
            Extent::None => None,
        },
    )
}
