//! What the tests of its edges say of a candidate.

use std::collections::BTreeMap;

use fleetscope_model::{Reason, Stance};

use super::association::Found;
use super::sentence::when;
use crate::diagnose::case::{Case, cite};
use crate::diagnose::things::Thing;
use crate::phrase;

/// The strongest that speaks for it and the strongest that speaks against it.
pub(crate) fn reasons(
    case: &Case<'_>,
    tested: &BTreeMap<(Thing, Thing), Found>,
    thing: Thing,
) -> Vec<Reason> {
    let strongest = |fits: &dyn Fn(&Found) -> bool| {
        tested
            .iter()
            .filter(|((cause, _), found)| *cause == thing && fits(found))
            .map(|((_, effect), found)| (*effect, found))
            .reduce(|a, b| {
                if b.1.partial_r2() > a.1.partial_r2() {
                    b
                } else {
                    a
                }
            })
    };
    let mut reasons = Vec::new();
    if let Some((effect, found)) = strongest(&|f| f.holds() && f.dependence.lag >= 0) {
        reasons.push(reason(
            case,
            Stance::For,
            found,
            follows(case, effect, found),
        ));
    }
    if let Some((effect, found)) = strongest(&|f| f.holds() && f.dependence.lag < 0) {
        let text = format!(
            "Apart from the trouble {} moves {} before its {}, not after it ({:+.2}).",
            whose(case, effect, found),
            phrase::span(found.lag().abs()),
            name(case, found.signals.0),
            found.dependence.correlation,
        );
        reasons.push(reason(case, Stance::Against, found, text));
    }
    let accounted = |f: &Found| f.is_confirmed() && f.by().is_some();
    if let (Some((effect, found)), true) = (strongest(&accounted), reasons.is_empty()) {
        let by = found.by().map(|by| case.things.entity(by).to_string());
        let text = format!(
            "That {} moves with its {} apart from the trouble is accounted for by {}, which both \
             depend on.",
            whose(case, effect, found),
            name(case, found.signals.0),
            by.unwrap_or_default(),
        );
        reasons.push(reason(case, Stance::Against, found, text));
    }
    reasons
}

fn follows(case: &Case<'_>, effect: Thing, found: &Found) -> String {
    let when = when(found);
    let way = if found.dependence.correlation > 0.0 {
        "the same way"
    } else {
        "the other way"
    };
    format!(
        "Also apart from the trouble {} follows its {} {when}, {way} ({:+.2}, {:.0} % of what is new).",
        whose(case, effect, found),
        name(case, found.signals.0),
        found.dependence.correlation,
        100.0 * found.partial_r2(),
    )
}

fn name<'a>(case: &Case<'a>, signal: usize) -> &'a str {
    &case.input.signals[signal].name
}

fn whose(case: &Case<'_>, thing: Thing, found: &Found) -> String {
    format!(
        "{} of {}",
        name(case, found.signals.1),
        case.things.entity(thing)
    )
}

fn reason(case: &Case<'_>, stance: Stance, found: &Found, text: String) -> Reason {
    let readings = found.readings(case);
    Reason {
        stance,
        text,
        evidence: cite(&readings),
    }
}
