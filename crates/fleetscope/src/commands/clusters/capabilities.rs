//! `fleetscope clusters capabilities`

use std::fmt::Write as _;

use fleetscope_client::wire::{Capabilities, Capability, Presence};

use crate::output::table;

pub(super) fn table_of(known: &Capabilities) -> String {
    let rows = known.capabilities.iter().map(|capability| {
        let kind = serde_json::to_value(capability.kind).unwrap_or_default();
        [
            kind.as_str().unwrap_or_default().to_owned(),
            presence(capability.presence).to_owned(),
            summary(capability),
            evidence(capability),
        ]
    });
    let mut text = table(["CAPABILITY", "PRESENT", "SUMMARY", "FROM"], rows);
    for endpoint in &known.proposed {
        let _ = write!(text, "\nOffers {} at {}", endpoint.endpoint, endpoint.url);
    }
    text
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
