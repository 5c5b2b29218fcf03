//! The reasoning, step by step, for those who want to check it.

use fleetscope_model::{Anomaly, Concurrent, Verdict};

use super::backing;
use super::case::Case;
use super::influence::CausalEdge;
use super::observe::Observation;
use super::support;
use super::things::Things;
use super::weigh::{REACHED, Weighed};
use crate::input::Input;
use crate::phrase;

/// Lines of one step.
const MOST_LINES: usize = 12;

/// What was looked at, and what stood out.
pub(crate) fn looked(input: &Input, things: &Things, seen: &[Observation]) -> Vec<String> {
    let (start, end) = (input.window.start, input.window.end);
    let mut steps = vec![format!(
        "Looked at {} of {} in {} from {} to {}, {} and {}{}; {}.",
        phrase::count(input.signals.len(), "signal"),
        phrase::count(
            (0..things.len()).filter(|t| things.is_measured(*t)).count(),
            "thing"
        ),
        phrase::count(input.clusters.len(), "cluster"),
        phrase::day_and_clock(start),
        phrase::clock(end),
        phrase::count(input.changes.len(), "change"),
        phrase::count(input.events.len(), "event"),
        if input.alerts.is_empty() {
            String::new()
        } else {
            format!(", {}", phrase::count(input.alerts.len(), "firing alert"))
        },
        if input.gaps.is_empty() {
            "nothing was unreadable".to_owned()
        } else {
            format!("{} in the readings", phrase::count(input.gaps.len(), "gap"))
        },
    )];
    steps.push(format!(
        "{} stood out, {} of them felt by users.",
        phrase::count(seen.len(), "anomaly"),
        seen.iter().filter(|o| o.symptom).count(),
    ));
    let onsets = seen.iter().take(MOST_LINES).map(|o| {
        format!(
            "Onset {} (±{}): {} of {}, score {:.0}.",
            phrase::clock(o.onset.at),
            phrase::span(o.onset.within),
            deviation_of(o),
            things.entity(o.thing),
            o.anomaly.score,
        )
    });
    steps.extend(onsets);
    if seen.len() > MOST_LINES {
        steps.push(format!("… and {} later onsets.", seen.len() - MOST_LINES));
    }
    steps
}

fn deviation_of(o: &Observation) -> String {
    let side = if o.up { "up" } else { "down" };
    format!("{} {side}", o.anomaly.signal)
}

/// What the incident is, and how it hangs together.
pub(crate) fn connected(case: &Case<'_>) -> Vec<String> {
    let incident = case.incident;
    let mut steps = vec![format!(
        "To be explained: {}; what hangs together with it and stands out: {}.",
        phrase::count(incident.symptoms.len(), "lasting symptom"),
        phrase::count(incident.members.len(), "thing"),
    )];
    if !incident.elsewhere.is_empty() {
        let who = incident
            .elsewhere
            .iter()
            .map(|i| &case.seen[*i].anomaly.entity);
        let mut who: Vec<_> = who.collect();
        who.dedup();
        steps.push(format!(
            "Left aside, because nothing known connects them with these: symptoms of {}.",
            phrase::entities(who)
        ));
    }
    for (a, b, behind) in case.graph.skew().pairs() {
        let name = |id| {
            case.input
                .clusters
                .get(&id)
                .map_or("another cluster", String::as_str)
        };
        let (first, second) = if behind > 0.0 { (a, b) } else { (b, a) };
        steps.push(format!(
            "Callers in {} are troubled about {:.0} min before what they call in {}: the clocks of the \
             two seem to differ, and no order between them is taken as evidence.",
            name(second),
            behind.abs(),
            name(first),
        ));
    }
    let edges = case.graph.edges();
    let inside = edges
        .iter()
        .filter(|edge| edge.strength >= REACHED && incident.members.contains(&edge.flow.from));
    steps.extend(inside.take(MOST_LINES).map(|edge| describe(case, edge)));
    steps
}

fn describe(case: &Case<'_>, edge: &CausalEdge) -> String {
    let (cause, effect) = (&case.seen[edge.cause], &case.seen[edge.effect]);
    let sign = if cause.up == effect.up { "+" } else { "−" };
    format!(
        "Edge {} → {}: {} it; {} → {}, sign {sign}, lag {:+.0} min, strength {:.2}.",
        case.things.entity(edge.flow.from),
        case.things.entity(edge.flow.to),
        edge.flow.way.title(),
        deviation_of(cause),
        deviation_of(effect),
        edge.lag_minutes,
        edge.strength,
    )
}

/// How the candidates were weighed.
pub(crate) fn weighed(case: &Case<'_>, all: &[Weighed<'_>]) -> Vec<String> {
    let mut steps = Vec::new();
    let innocent = innocent_changes(case);
    if innocent > 0 {
        steps.push(format!(
            "{} in the window touched things that do not stand out, or not then: no evidence.",
            phrase::count(innocent, "change")
        ));
    }
    for candidate in all.iter().take(5) {
        let own = candidate.own.first().map_or(0.0, |own| own.value);
        let support = backing::factor(&candidate.support);
        steps.push(format!(
            "Weighed {}: share {:.2}, own {own:.2}, early {:.2}, support {support:.1}, sight {:.2} \
             → likelihood {:.3}, confidence {:.2}.",
            case.things.entity(candidate.thing),
            candidate.share,
            candidate.early,
            candidate.sight,
            candidate.likelihood,
            candidate.confidence,
        ));
    }
    if all.len() > 5 {
        steps.push(format!(
            "… and {} less likely.",
            phrase::count(all.len() - 5, "candidate")
        ));
    }
    steps
}

fn innocent_changes(case: &Case<'_>) -> usize {
    let inside = case
        .input
        .changes
        .iter()
        .filter(|c| case.input.window.contains(c.change.at));
    inside
        .filter(|cited| {
            let Some(thing) = case.things.find(&cited.change.entity) else {
                return true;
            };
            !case.graph.observations(thing).iter().any(|index| {
                let onset = case.seen[*index].onset;
                let near = support::changes(case.input, case.things, thing, onset.at, onset.within);
                near.iter().any(|n| n.cited == *cited)
            })
        })
        .count()
}

/// That an alarm is right though nothing has lasted.
pub(crate) fn confirmed(alarm: &Anomaly, p: f64) -> String {
    format!(
        "The alarm over {} of {} is right all the same: in its own history, it and what it depends on \
         moved as far in less than one stretch of {:.0} alike. The ranking answers.",
        alarm.signal,
        alarm.entity,
        (1.0 / p).floor(),
    )
}

/// The conclusion.
pub(crate) fn concluded(case: &Case<'_>, all: &[Weighed<'_>], verdict: &Verdict) -> String {
    match (verdict, all.first()) {
        (Verdict::Cause, Some(top)) => format!(
            "Concluded: {} with {:.0} % confidence.",
            case.things.entity(top.thing),
            top.confidence * 100.0
        ),
        (_, Some(top)) => format!(
            "Abstained: {} is likeliest, and {:.0} % is less than the 60 % that a verdict takes.",
            case.things.entity(top.thing),
            top.confidence * 100.0
        ),
        (_, None) => "Abstained: nothing that stands out could be the cause.".to_owned(),
    }
}

/// What else is wrong at the same time.
pub(crate) fn beside(also: &Concurrent) -> String {
    let who = phrase::entities(&also.symptoms);
    let concluded = match (&also.verdict, also.candidates.first()) {
        (Verdict::Cause, Some(top)) => {
            format!(
                "{} with {:.0} % confidence",
                top.entity,
                top.confidence.0 * 100.0
            )
        }
        (_, Some(top)) => format!("likeliest {}, which is not certain enough", top.entity),
        (_, None) => "no cause is known".to_owned(),
    };
    format!(
        "Told apart, since {}: symptoms of {who}; {concluded}.",
        also.apart
    )
}
