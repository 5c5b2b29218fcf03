//! Why there is an edge, in a sentence or two.

use super::association::Found;
use crate::diagnose::case::Case;
use crate::diagnose::influence::CausalEdge;
use crate::diagnose::things::Thing;
use crate::phrase;

/// `workload shop/records is called by workload shop/search: request latency p95 up, then request
/// latency p95 up 1 min later. …`
pub(crate) fn edge(case: &Case<'_>, edge: &CausalEdge, found: Option<&Found>) -> String {
    let (cause, effect) = (&case.seen[edge.cause], &case.seen[edge.effect]);
    let (from, to) = (cause.thing, effect.thing);
    let name = |thing: Thing| case.things.entity(thing);
    let through = if edge.flow.from == from {
        String::new()
    } else {
        format!(
            ", through {}, of which that is not measured",
            name(edge.flow.from)
        )
    };
    let side = |up: bool| if up { "up" } else { "down" };
    let lag = effect.onset.at.duration_since(cause.onset.at);
    let when = match lag.as_secs() {
        0 => "at the same time".to_owned(),
        1.. => format!("{} later", phrase::span(lag)),
        _ => format!("{} before", phrase::span(lag.abs())),
    };
    let told = format!(
        "{} {} {}{through}: {} {}, and {} {} {when}.",
        name(from),
        edge.flow.way.title(),
        name(to),
        cause.anomaly.signal,
        side(cause.up),
        effect.anomaly.signal,
        side(effect.up),
    );
    match found.filter(|found| found.is_confirmed()) {
        Some(found) => format!("{told} {}", dependence(case, found)),
        None => told,
    }
}

/// Why there is an edge that no topology tells of.
pub(crate) fn statistical(case: &Case<'_>, pair: (Thing, Thing), found: &Found) -> String {
    let (from, to) = (case.things.entity(pair.0), case.things.entity(pair.1));
    format!(
        "{from} and {to} share what they depend on, and move together beyond that. {}",
        dependence(case, found)
    )
}

/// How much later the second moves: `within one sample`, `1 min later`.
pub(crate) fn when(found: &Found) -> String {
    let lag = found.lag();
    match found.dependence.lag {
        0 => "within one sample".to_owned(),
        1.. => format!("{} later", phrase::span(lag)),
        _ => format!("{} before", phrase::span(lag.abs())),
    }
}

/// `Also apart from the trouble request rate of the one and request latency p95 of the other move together,
/// the other 1 min later: +0.62, 38 % of what is new, over 340 samples (p < 0.001).`
fn dependence(case: &Case<'_>, found: &Found) -> String {
    let name = |index: usize| case.input.signals[index].name.as_str();
    let (a, b) = (name(found.signals.0), name(found.signals.1));
    let samples = found.dependence.steps as u32;
    let p = found.p();
    let chance = if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    };
    let when = when(found);
    let why = match found.by() {
        Some(thing) => format!(
            "; {}, which both depend on, accounts for it",
            case.things.entity(thing)
        ),
        None => String::new(),
    };
    format!(
        "Also apart from the trouble {a} of the one and {b} of the other move together, the other \
         {when}: {:+.2}, {:.0} % of what is new, over {samples} samples ({chance}){why}.",
        found.dependence.correlation,
        100.0 * found.partial_r2(),
    )
}
