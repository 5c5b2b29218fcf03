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
        more => format!("\n  … and {more} before that"),
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::output::told::{investigation, lines, workload};

    fn earlier(number: u32, created_at: &str, cause: &Value) -> Value {
        json!({
            "investigation": format!("00000000-0000-7000-8000-{number:012}"),
            "similarity": 0.861,
            "created_at": created_at,
            "cause": cause,
            "mechanism": "memory grows",
            "ended": "the symptoms have ended",
        })
    }

    #[test]
    fn the_latest_times_before_are_told_a_line_each() {
        let all = [
            earlier(1, "2026-03-05T11:20:00Z", &workload("cart")),
            earlier(2, "2026-03-02T11:00:00Z", &Value::Null),
            earlier(3, "2026-02-02T11:00:00Z", &workload("cart")),
            earlier(4, "2026-01-02T11:00:00Z", &workload("cart")),
        ];
        let told = investigation(&json!({ "recurrence": all }));
        assert_eq!(
            lines(&seen_before(&told, Style::plain()).unwrap()),
            [
                "Seen before",
                "WHEN ALIKE CAUSE HOW IT ENDED ID",
                "40 min ago 0.86 workload shop/cart the symptoms have ended \
                 00000000-0000-7000-8000-000000000001",
                "3 d ago 0.86 none was named the symptoms have ended \
                 00000000-0000-7000-8000-000000000002",
                "31 d ago 0.86 workload shop/cart the symptoms have ended \
                 00000000-0000-7000-8000-000000000003",
                "… and 1 before that",
            ]
        );
    }

    #[test]
    fn what_was_never_there_is_not_told() {
        assert_eq!(
            seen_before(&investigation(&json!({})), Style::plain()),
            None
        );
    }
}
