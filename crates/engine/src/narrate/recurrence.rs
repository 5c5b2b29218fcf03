//! That the same has gone wrong before.

use std::collections::BTreeMap;

use fleetscope_model::{ClusterId, Earlier, Recurrence};
use jiff::Timestamp;

use crate::phrase;

/// A paragraph on earlier investigations of the same trouble, newest first; none where none is told.
/// `opened` is when the one at hand was, `clusters` the names that the reader knows.
pub fn recurrence(
    recurrence: &[Recurrence],
    opened: Timestamp,
    clusters: &BTreeMap<ClusterId, String>,
) -> Option<String> {
    let mut told = recurrence
        .iter()
        .filter_map(|one| Some((one, one.told.as_ref()?)));
    let (latest, earlier) = told.next()?;
    let more = match told.count() {
        0 => String::new(),
        1 => " One earlier than that is alike, too.".to_owned(),
        more => format!(" {more} earlier than that are alike, too."),
    };
    Some(format!(
        "Seen before, {} earlier (similarity {:.2}): {}; how it ended: {} [{}].{more}",
        phrase::span(opened.duration_since(earlier.created_at)),
        latest.similarity,
        cause(earlier, clusters),
        earlier.ended,
        latest.investigation,
    ))
}

fn cause(earlier: &Earlier, clusters: &BTreeMap<ClusterId, String>) -> String {
    match (&earlier.cause, &earlier.mechanism) {
        (Some(entity), Some(mechanism)) => {
            let place = clusters.get(&entity.cluster);
            let place = place.map_or_else(String::new, |name| format!(" in cluster {name}"));
            format!("the cause was {entity}{place}: {mechanism}")
        }
        _ => "no cause was named".to_owned(),
    }
}
