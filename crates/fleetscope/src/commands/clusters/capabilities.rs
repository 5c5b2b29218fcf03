//! `fleetscope clusters capabilities`

use std::fmt::Write as _;

use fleetscope_client::wire::{Capabilities, Capability, Presence};

use crate::output::{table, time};

/// What is there or unknown, each with its evidence; what is not there, in a line.
pub(super) fn table_of(known: &Capabilities) -> String {
    let (absent, shown): (Vec<_>, Vec<_>) = known
        .capabilities
        .iter()
        .partition(|capability| capability.presence == Presence::No);
    let rows = shown.into_iter().map(|capability| {
        [
            kind(capability),
            presence(capability.presence).to_owned(),
            summary(capability),
            evidence(capability),
        ]
    });
    let mut text = table(["CAPABILITY", "PRESENT", "SUMMARY", "FROM"], rows);
    if !absent.is_empty() {
        let absent: Vec<String> = absent.into_iter().map(kind).collect();
        let _ = write!(text, "\nNot there: {}", absent.join(", "));
    }
    for endpoint in &known.proposed {
        let _ = write!(text, "\nOffers {} at {}", endpoint.endpoint, endpoint.url);
    }
    if let Some(at) = known.capabilities.iter().map(|one| one.at).max() {
        let _ = write!(text, "\nAs of {}", time(at));
    }
    text
}

fn kind(capability: &Capability) -> String {
    let kind = serde_json::to_value(capability.kind).unwrap_or_default();
    kind.as_str().unwrap_or_default().to_owned()
}

const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Yes => "yes",
        Presence::No => "no",
        Presence::Unknown => "unknown",
    }
}

/// Of what is unknown, what it takes to know it.
fn summary(capability: &Capability) -> String {
    if capability.presence != Presence::Unknown {
        return capability.summary.clone();
    }
    let needs: Vec<String> = capability
        .needs
        .iter()
        .map(|right| {
            let slash = if right.group.is_empty() { "" } else { "/" };
            format!("{} {}{slash}{}", right.verb, right.group, right.resource)
        })
        .collect();
    match (needs.is_empty(), &capability.problem) {
        (false, _) => format!("needs: {}", needs.join(", ")),
        (true, Some(problem)) => problem.clone(),
        (true, None) => String::new(),
    }
}

fn evidence(capability: &Capability) -> String {
    let first = capability.evidence.first();
    let shown = first.map(|object| format!("{} {}", object.kind, object.name));
    match (shown, capability.evidence.len()) {
        (Some(shown), 1) => shown,
        (Some(shown), more) => format!("{shown} and {} more", more - 1),
        (None, _) => String::new(),
    }
}
