//! What Kubernetes, alerts, the logs and the traces say about a candidate.

use fleetscope_model::{Reason, Stance};

use super::reason;
use crate::diagnose::case::{Case, cite};
use crate::diagnose::support;
use crate::diagnose::weigh::Weighed;
use crate::phrase;

/// A few warnings, alerts, new log lines and failing traces.
pub(super) fn witnesses(case: &Case<'_>, candidate: &Weighed<'_>) -> Vec<Reason> {
    let (input, things, thing) = (case.input, case.things, candidate.thing);
    let mut reasons = Vec::new();
    for cited in support::warnings(input, things, thing, candidate.onset)
        .iter()
        .take(2)
    {
        let event = &cited.event;
        let times = if event.count > 1 {
            format!(" ({} times)", event.count)
        } else {
            String::new()
        };
        let text = format!(
            "Kubernetes warned: {}{times}: {}",
            event.reason, event.message
        );
        reasons.push(reason(Stance::For, text, vec![cited.evidence.clone()]));
    }
    for alert in support::alerts(input, things, thing, candidate.onset)
        .iter()
        .take(2)
    {
        let said = phrase::alert(&alert.name, &alert.severity, &alert.summary);
        let text = format!("Since {} {said}.", phrase::clock(alert.since));
        reasons.push(reason(Stance::For, text, vec![alert.evidence.clone()]));
    }
    let patterns = support::new_patterns(input, things, thing, candidate.onset);
    for pattern in patterns.iter().take(2) {
        let first = if candidate.support.first_to_log {
            ", before any other log"
        } else {
            ""
        };
        let since = phrase::clock(pattern.first_at);
        let lines = phrase::count(pattern.count as usize, "line");
        let text = format!(
            "Its log says since {since}{first}: {} ({lines}).",
            pattern.example
        );
        reasons.push(reason(Stance::For, text, vec![pattern.evidence.clone()]));
    }
    let traces = support::failing_traces(input, things, thing);
    if let Some(sample) = traces.first() {
        let number = phrase::count(candidate.support.failing as usize, "sampled trace");
        let text = format!(
            "Its own spans fail in {number}, for example {}.",
            sample.example
        );
        reasons.push(reason(
            Stance::For,
            text,
            cite(traces.iter().map(|t| &t.evidence)),
        ));
    }
    reasons
}
