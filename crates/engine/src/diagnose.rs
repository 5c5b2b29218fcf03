//! Diagnosis: what is the cause of what is unusual?
//!
//! Read in this order: what stands out and since when ([`observe`]); whether it is an incident at all
//! ([`incident`], or several: [`apart`]); which trouble can have come from which ([`flow`], [`influence`],
//! [`load`], [`skew`]); what else is known of each thing ([`support`]); how likely each is the cause ([`weigh`],
//! [`backing`]); the conclusion or the
//! next look ([`verdict`]); whom it affects and can affect ([`blast`]); which change brought it about, or none ([`attribution`]); and why ([`reasons`], [`timeline`], [`log`]).
//!
//! Nothing here knows a series, service, node or fault by name: only kinds of things, roles of
//! signals, directions, times and edges.

mod apart;
mod attribution;
mod backing;
mod blast;
mod case;
mod early;
mod flow;
mod graph;
mod incident;
mod influence;
mod load;
mod log;
mod mechanism;
mod observe;
mod rank;
mod reasons;
mod skew;
mod support;
mod things;
mod timeline;
mod verdict;
mod weigh;

use std::borrow::Cow;

use fleetscope_model::{Anomaly, Candidate, CausalGraph, Concurrent, Findings, Verdict};

use self::apart::Beside;
use self::case::Case;
use self::flow::{Flow, Way};
use self::graph::{Others, Told};
use self::incident::Incident;
use self::influence::Influence;
use self::observe::Observation;
use self::support::Crowd;
use self::things::{Thing, Things};
use self::weigh::Weighed;
use crate::input::Input;

/// Candidates that are told of an incident beside the first.
const MOST_BESIDE: usize = 3;

/// The cause of what is unusual in the input's window, or an honest abstention.
///
/// [`Verdict::Cause`] where the likeliest candidate has [`fleetscope_model::Confidence::ENOUGH`];
/// [`Verdict::NothingWrong`] where nothing that users feel lasts; else the one look that would settle
/// it. The order of signals, changes, events and edges does not matter. The confidence is explained
/// in the module `weigh`.
pub fn diagnose(input: &Input) -> Findings {
    let things = Things::of(input);
    let seen = observe::observe(input, &things);
    let all = flow::flows(input, &things);
    let crowd = Crowd::of(input, &things);
    let looks = Looks {
        input,
        things: &things,
        seen: &seen,
        crowd: &crowd,
    };
    let flows = looks.without_hearsay(&all).unwrap_or(all);
    let graph = Influence::of(&things, &seen, &flows);
    match incident::incident(input, &things, &seen, &flows, graph.links()) {
        Ok(incident) => explain(&looks.case(&graph, &incident), &flows),
        Err(why) => quiet(input, &things, &seen, &flows, why),
    }
}

/// What was read and stands out, before anything is connected.
struct Looks<'a> {
    input: &'a Input,
    things: &'a Things,
    seen: &'a [Observation],
    crowd: &'a Crowd,
}

impl Looks<'_> {
    fn case<'b>(&'b self, graph: &'b Influence<'b>, incident: &'b Incident) -> Case<'b> {
        Case {
            input: self.input,
            things: self.things,
            seen: self.seen,
            graph,
            incident,
            crowd: self.crowd,
        }
    }

    /// The flows that are left where troubles that only hearsay connects have causes of their own.
    fn without_hearsay(&self, flows: &[Flow]) -> Option<Vec<Flow>> {
        let known = flows.iter().filter(|flow| flow.way != Way::Neighbour);
        let known: Vec<Flow> = known.copied().collect();
        if known.len() == flows.len() {
            return None;
        }
        let graph = Influence::of(self.things, self.seen, &known);
        let (input, things) = (self.input, self.things);
        let mut whole = incident::incident(input, things, self.seen, &known, graph.links()).ok()?;
        whole.symptoms.append(&mut whole.elsewhere);
        apart::without_hearsay(&self.case(&graph, &whole), flows)
    }
}

fn explain(case: &Case<'_>, flows: &[Flow]) -> Findings {
    let weighed = weigh::weigh(case);
    let mut beside = apart::elsewhere(case);
    match apart::two_causes(case, &weighed) {
        Some((first, second)) => {
            beside.insert(0, second);
            let case = case.of(&first);
            let weighed = weigh::weigh(&case);
            conclude(&case, flows, &weighed, &beside)
        }
        None => conclude(case, flows, &weighed, &beside),
    }
}

fn conclude(
    case: &Case<'_>,
    flows: &[Flow],
    weighed: &[Weighed<'_>],
    beside: &[Beside],
) -> Findings {
    let story: Vec<(Thing, f64)> = weighed.iter().map(|w| (w.thing, w.likelihood)).collect();
    let ranking = rank::rank(case.input, case.things, flows, &story);
    let verdict = verdict::verdict(case, weighed);
    let beside: Vec<Apart<'_, '_>> = beside.iter().filter_map(|b| apart(case, b)).collect();
    let others = others(&beside);
    let drawn = graph::graph(case, weighed, &verdict, &others);
    let also: Vec<Concurrent> = beside.iter().map(|b| concurrent(b, &drawn)).collect();
    let mut reasoning = log::looked(case.input, case.things, case.seen);
    reasoning.extend(log::connected(case));
    reasoning.extend(log::weighed(case, weighed));
    reasoning.push(log::concluded(case, weighed, &verdict));
    reasoning.extend(also.iter().map(log::beside));
    let ranked: Vec<(Thing, f64)> = weighed.iter().map(|w| (w.thing, w.confidence)).collect();
    let central: Vec<Thing> = central(case.incident);
    let blast = weighed.first().map(|w| blast::blast(case, w, flows));
    Findings {
        verdict,
        candidates: told(case, weighed, &drawn, verdict::MOST_CANDIDATES),
        ranking: ranking.suspects(case.input, case.things),
        anomalies: anomalies(case.seen),
        timeline: timeline::timeline(case.input, case.things, case.seen, &central),
        reasoning,
        attribution: attribution::attribution(
            case.input,
            case.things,
            &without(case, &others),
            &ranked,
        ),
        also,
        graph: drawn.graph,
        blast,
    }
}

/// What stands out, but for what belongs to other incidents only: a change is not excused by them.
fn without<'a>(case: &Case<'a>, others: &Others) -> Cow<'a, [Observation]> {
    if others.members.is_empty() {
        return Cow::Borrowed(case.seen);
    }
    let ours = |o: &&Observation| {
        case.incident.members.contains(&o.thing) || !others.members.contains(&o.thing)
    };
    case.seen.iter().filter(ours).cloned().collect()
}

fn told(case: &Case<'_>, weighed: &[Weighed<'_>], drawn: &Told, most: usize) -> Vec<Candidate> {
    let first = weighed.iter().take(most);
    let told = first.map(|w| {
        let mut candidate = verdict::candidate(case, w);
        let tested = graph::reasons(case, &drawn.tested, w.thing);
        candidate.reasons.extend(tested);
        candidate.reasons.sort_by_key(|reason| reason.stance);
        candidate
    });
    told.collect()
}

/// An incident beside the first, weighed.
struct Apart<'a, 'b> {
    case: Case<'b>,
    weighed: Vec<Weighed<'b>>,
    verdict: Verdict,
    why: &'a str,
}

/// None where nothing could be its cause.
fn apart<'a>(case: &Case<'a>, beside: &'a Beside) -> Option<Apart<'a, 'a>> {
    let case = case.of(&beside.incident);
    let weighed = weigh::weigh(&case);
    (!weighed.is_empty()).then(|| Apart {
        verdict: verdict::verdict(&case, &weighed),
        case,
        weighed,
        why: beside.why,
    })
}

fn others(beside: &[Apart<'_, '_>]) -> Others {
    let causes = beside.iter().filter(|b| b.verdict == Verdict::Cause);
    Others {
        members: beside
            .iter()
            .flat_map(|b| &b.case.incident.members)
            .copied()
            .collect(),
        causes: causes
            .filter_map(|b| b.weighed.first())
            .map(|w| w.thing)
            .collect(),
    }
}

fn concurrent(apart: &Apart<'_, '_>, drawn: &Told) -> Concurrent {
    let case = &apart.case;
    let mut symptoms: Vec<Thing> = case.symptoms().map(|(_, s)| s.thing).collect();
    symptoms.sort_unstable();
    symptoms.dedup();
    let entities = symptoms.into_iter().map(|t| case.things.entity(t).clone());
    Concurrent {
        verdict: apart.verdict.clone(),
        candidates: told(case, &apart.weighed, drawn, MOST_BESIDE),
        symptoms: entities.collect(),
        apart: apart.why.to_owned(),
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
        also: Vec::new(),
        graph: CausalGraph::default(),
        blast,
    }
}

/// Three decimals: more would claim what nobody knows.
fn rounded(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
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
