//! Earlier investigations of the same trouble.

use fleetscope_client::wire;
use fleetscope_model::Recurrence;

use crate::convert::analysis::entity;

/// Those that were looked at with the reader's rights; the others are not told.
pub(super) fn recurrence(recurrence: Vec<Recurrence>) -> Vec<wire::Recurrence> {
    let told = recurrence.into_iter().filter_map(|one| {
        let earlier = one.told?;
        Some(wire::Recurrence {
            investigation: one.investigation.uuid(),
            similarity: (one.similarity * 1e3).round() / 1e3,
            created_at: earlier.created_at,
            cause: earlier.cause.map(entity),
            mechanism: earlier.mechanism,
            ended: earlier.ended,
        })
    });
    told.collect()
}
