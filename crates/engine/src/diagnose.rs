//! Diagnosis: what is the cause of what is unusual?
//!
//! Read in this order: what stands out and since when ([`observe`]); whether it is an incident at all
//! ([`incident`]); which trouble can have come from which ([`flow`], [`influence`]); what else is
//! known of each thing ([`support`]); how likely each is the cause ([`weigh`],
//! [`backing`]); the conclusion or the
//! next look ([`verdict`]); whom it affects and can affect ([`blast`]); which change brought it about, or none ([`attribution`]); and why ([`reasons`], [`timeline`], [`log`]).
//!
//! Nothing here knows a series, service, node or fault by name: only kinds of things, roles of
//! signals, directions, times and edges.

mod attribution;
mod backing;
mod blast;
mod case;
mod early;
mod flow;
mod incident;
mod influence;
mod log;
mod mechanism;
mod observe;
mod rank;
mod reasons;
mod support;
mod things;
mod timeline;
mod verdict;
mod weigh;

use fleetscope_model::{Anomaly, Candidate, Findings, Verdict};

use self::case::Case;
use self::flow::Flow;
use self::incident::Incident;
use self::influence::Influence;
use self::observe::Observation;
use self::support::Crowd;
use self::things::{Thing, Things};
use crate::input::Input;

/// The cause of what is unusual in the input's window, or an honest abstention.
///
/// [`Verdict::Cause`] where the likeliest candidate has [`fleetscope_model::Confidence::ENOUGH`];
/// [`Verdict::NothingWrong`] where nothing that users feel lasts; else the one look that would settle
/// it. The order of signals, changes, events and edges does not matter. The confidence is explained
/// in the module `weigh`.
pub fn diagnose(input: &Input) -> Findings {
    let things = Things::of(input);
    let seen = observe::observe(input, &things);
    let flows = flow::flows(input, &things);
    let graph = Influence::of(&things, &seen, &flows);
    match incident::incident(input, &things, &seen, &flows, graph.links()) {
        Ok(incident) => {
            let crowd = Crowd::of(input, &things);
            let case = Case {
                input,
                things: &things,
                seen: &seen,
                graph: &graph,
                incident: &incident,
                crowd: &crowd,
            };
            explain(&case, &flows)
        }
        Err(why) => quiet(input, &things, &seen, &flows, why),
    }
}

fn explain(case: &Case<'_>, flows: &[Flow]) -> Findings {
    let weighed = weigh::weigh(case);
    let story: Vec<(Thing, f64)> = weighed.iter().map(|w| (w.thing, w.likelihood)).collect();
    let ranking = rank::rank(case.input, case.things, flows, &story);
    let verdict = verdict::verdict(case, &weighed);
    let mut reasoning = log::looked(case.input, case.things, case.seen);
    reasoning.extend(log::connected(case));
    reasoning.extend(log::weighed(case, &weighed));
    reasoning.push(log::concluded(case, &weighed, &verdict));
    let candidates: Vec<Candidate> = weighed
        .iter()
        .take(verdict::MOST_CANDIDATES)
        .map(|candidate| verdict::candidate(case, candidate))
        .collect();
    let ranked: Vec<(Thing, f64)> = weighed.iter().map(|w| (w.thing, w.confidence)).collect();
    let central: Vec<Thing> = central(case.incident);
    let blast = weighed.first().map(|w| blast::blast(case, w, flows));
    Findings {
        verdict,
        candidates,
        ranking: ranking.suspects(case.input, case.things),
        anomalies: anomalies(case.seen),
        timeline: timeline::timeline(case.input, case.things, case.seen, &central),
        reasoning,
        attribution: attribution::attribution(case.input, case.things, case.seen, &ranked),
        blast,
    }
}

fn quiet(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    flows: &[Flow],
    why: String,
) -> Findings {
    let ranking = rank::rank(input, things, flows, &[]);
    let mut reasoning = log::looked(input, things, seen);
    reasoning.push(why);
    let mut verdict = Verdict::NothingWrong;
    let mut candidates = Vec::new();
    let (mut attribution, mut blast) = (None, None);
    if let Some((alarm, p)) = ranking.confirmed(input, things) {
        reasoning.push(log::confirmed(alarm, p));
        (verdict, candidates) = early::conclude(input, things, &ranking);
        blast = early::blast(things, &ranking, flows);
        attribution = attribution::attribution(input, things, seen, &[]);
    }
    Findings {
        verdict,
        candidates,
        ranking: ranking.suspects(input, things),
        anomalies: anomalies(seen),
        timeline: timeline::timeline(input, things, seen, &[]),
        reasoning,
        attribution,
        blast,
    }
}

fn central(incident: &Incident) -> Vec<Thing> {
    incident.members.iter().copied().collect()
}

/// The anomalies, worst first.
fn anomalies(seen: &[Observation]) -> Vec<Anomaly> {
    let mut worst: Vec<&Observation> = seen.iter().collect();
    worst.sort_by(|a, b| {
        let (x, y) = (&a.anomaly, &b.anomaly);
        let by_badness = y
            .severity
            .cmp(&x.severity)
            .then(y.score.total_cmp(&x.score));
        by_badness
            .then_with(|| x.start.cmp(&y.start))
            .then_with(|| x.entity.cmp(&y.entity))
            .then_with(|| x.signal.cmp(&y.signal))
            .then_with(|| x.labels.cmp(&y.labels))
    });
    worst.into_iter().map(|o| o.anomaly.clone()).collect()
}
