//! That the same has gone wrong before.

use fleetscope_client::wire::{Investigation, Recurrence};
use jiff::SignedDuration;

use super::{Style, entity, table};

/// Lines.
const MOST: usize = 3;

/// The latest earlier investigations of the same trouble, a line each; none where there is none.
pub(crate) fn seen_before(investigation: &Investigation, style: Style) -> Option<String> {
    let all = &investigation.recurrence;
    if all.is_empty() {
        return None;
    }
    let rows = all.iter().take(MOST).map(|one| {
        let ago = investigation.created_at.duration_since(one.created_at);
        [
            format!("  {} ago", span(ago)),
            format!("{:.2}", one.similarity),
            cause(one),
            one.ended.clone(),
            one.investigation.to_string(),
        ]
    });
    let rows = table(["  WHEN", "ALIKE", "CAUSE", "HOW IT ENDED", "ID"], rows);
    let more = match all.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("\n  … and {more} earlier ones"),
    };
    Some(format!("{}\n{rows}{more}", style.bold("Seen before")))
}

fn cause(one: &Recurrence) -> String {
    match &one.cause {
        Some(cause) => entity(cause),
        None => "none was named".to_owned(),
    }
}

/// `12 min`, `5 h`, `3 d`.
fn span(length: SignedDuration) -> String {
    match length.as_mins() {
        minutes @ ..120 => format!("{minutes} min"),
        minutes @ ..2880 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 1440),
    }
}
