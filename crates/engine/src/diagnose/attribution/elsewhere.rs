//! What explains trouble without any change: more to do than ever, a node that is taken up, somebody
//! else's service that fails.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{EdgeKind, Entity, EntityKind, EvidenceId, SignalRole};

use super::stage::Stage;
use super::trouble::{Troubles, is_trouble};
use super::words::words;
use crate::diagnose::case::cite;
use crate::diagnose::observe::{Observation, minutes_between};
use crate::diagnose::things::{Thing, Things};
use crate::input::Input;
use crate::phrase;

/// A cause may seem to begin this much after its effect: onsets err.
const BLUR_MINUTES: f64 = 4.0;
/// Somebody else's trouble may be known this long before it is felt.
const LEAD_MINUTES: f64 = 60.0;
/// So many doublings of the requests are a flood.
const FLOOD: f64 = 1.5;
/// What is used up to this share has nothing left for others.
const USED_UP: f64 = 0.85;
/// One who fails at something outside may do so by itself; of two at once it is hardly both.
const ONE: f64 = 0.35;
const SEVERAL: f64 = 0.9;

/// A node that Kubernetes warns of, while nothing measures it.
const WARNED: f64 = 0.6;
/// What ran out by itself.
const EXPIRED: f64 = 0.6;

/// Something else that explains the trouble.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// How well, 0 to 1.
    pub(crate) strength: f64,
    /// In a sentence.
    pub(crate) text: String,
    /// The readings.
    pub(crate) evidence: Vec<EvidenceId>,
}

/// Everything else that explains the trouble, the best first.
pub(crate) fn elsewhere(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    stage: &Stage,
    troubles: &Troubles<'_>,
) -> Vec<Elsewhere> {
    let mut all: Vec<Elsewhere> = Vec::new();
    all.extend(flood(input, things, seen, stage));
    all.extend(hardware(input, things, seen, stage));
    all.extend(outside(input, things, troubles));
    all.extend(notices(input, things, troubles));
    all.extend(node_warnings(input, things, stage, troubles));
    all.extend(expired(input));
    all.sort_by(|a, b| {
        b.strength
            .total_cmp(&a.strength)
            .then_with(|| a.text.cmp(&b.text))
    });
    all
}

/// When whoever is alarmed began to suffer, their own traffic aside.
fn felt_since(seen: &[Observation], stage: &Stage) -> Option<jiff::Timestamp> {
    seen.iter()
        .filter(|o| stage.focus.contains(&o.thing) && o.is_bad() && o.weight() > 0.5)
        .filter(|o| o.role() != SignalRole::Traffic)
        .map(Observation::latest)
        .min()
}

/// More requests than usual, from outside and everywhere.
fn flood(input: &Input, things: &Things, seen: &[Observation], stage: &Stage) -> Option<Elsewhere> {
    let felt = felt_since(seen, stage)?;
    let rose = |thing: Thing| {
        seen.iter().find(|o| {
            let in_time = minutes_between(felt, o.earliest()) <= BLUR_MINUTES;
            o.thing == thing && o.role() == SignalRole::Traffic && o.up && in_time
        })
    };
    let ratio = |o: &Observation| o.anomaly.peak / o.anomaly.expected.center.max(f64::MIN_POSITIVE);
    let (here, most) = stage
        .focus
        .iter()
        .filter_map(|thing| rose(*thing))
        .map(|o| (o, ratio(o)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let measured: BTreeSet<Thing> = input
        .signals
        .iter()
        .filter(|s| s.role == SignalRole::Traffic && !s.series.samples.is_empty())
        .filter_map(|s| things.find(&s.entity))
        .collect();
    // A caller that asks no more than usual of a thing asks the same more often: its own doing.
    let caller_is_flat = stage
        .above
        .iter()
        .any(|thing| measured.contains(thing) && rose(*thing).is_none());
    let with = measured.iter().filter(|thing| rose(**thing).is_some());
    let rising: Vec<&Observation> = with.filter_map(|thing| rose(*thing)).collect();
    let breadth = rising.len() as f64 / measured.len().max(1) as f64;
    let strength = (most.log2() / FLOOD).clamp(0.0, 1.0) * (0.5 + 0.5 * breadth);
    Some(Elsewhere {
        strength: if caller_is_flat {
            strength * 0.2
        } else {
            strength
        },
        text: format!(
            "{} got {most:.1} times as many requests as usual from {} on, and so did {} of {} \
             whose requests are counted",
            things.entity(here.thing),
            phrase::clock(here.onset.at),
            rising.len(),
            measured.len(),
        ),
        evidence: cite(rising.iter().map(|o| o.evidence())),
    })
}

/// A node or a device that is out of its bounds before or when the trouble begins.
fn hardware(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    stage: &Stage,
) -> Option<Elsewhere> {
    let felt = felt_since(seen, stage)?;
    let grounds = grounds(input, things, stage);
    let of_machine = |o: &&Observation| {
        let kind = things.entity(o.thing).kind;
        let machine = matches!(
            kind,
            EntityKind::Node | EntityKind::Gpu | EntityKind::PtpClock | EntityKind::Interface
        );
        machine && (grounds.is_empty() || grounds.contains(&o.thing))
    };
    let found: Vec<&Observation> = seen
        .iter()
        .filter(of_machine)
        .filter(|o| o.is_bad() && o.is_more() && o.weight() > 0.5)
        .filter(|o| minutes_between(felt, o.earliest()) <= BLUR_MINUTES)
        .collect();
    let worst = found.iter().max_by(|a, b| {
        let by_height = a.anomaly.severity.cmp(&b.anomaly.severity);
        by_height.then(a.anomaly.score.total_cmp(&b.anomaly.score))
    })?;
    let warned = warnings_of(input, things, worst.thing);
    let used_up = found
        .iter()
        .any(|o| !o.is_utilisation() || o.anomaly.peak >= USED_UP);
    let strength = if used_up || !warned.is_empty() {
        0.9
    } else {
        0.5
    };
    let own = own_appetite(seen, stage, worst);
    let readings = found.iter().map(|o| o.evidence()).chain(&warned);
    Some(Elsewhere {
        strength: if own { strength * 0.3 } else { strength },
        text: format!(
            "{} is itself out of its bounds since {}: {}",
            things.entity(worst.thing),
            phrase::clock(worst.onset.at),
            crate::diagnose::mechanism::deviation(worst),
        ),
        evidence: cite(readings),
    })
}

/// The nodes and devices that whoever is alarmed is known to run on.
fn grounds(input: &Input, things: &Things, stage: &Stage) -> BTreeSet<Thing> {
    input
        .topology
        .edges
        .iter()
        .filter(|edge| matches!(edge.kind, EdgeKind::RunsOn | EdgeKind::Uses))
        .filter(|edge| things.find(&edge.from).is_some_and(|t| stage.counts(t)))
        .filter_map(|edge| things.find(&edge.to))
        .collect()
}

fn warnings_of(input: &Input, things: &Things, thing: Thing) -> Vec<EvidenceId> {
    let warnings = input
        .events
        .iter()
        .filter(|e| e.event.severity == "Warning");
    warnings
        .filter(|e| things.find(&e.event.entity) == Some(thing))
        .map(|e| e.evidence.clone())
        .collect()
}

/// A node of which Kubernetes warns shortly before or when the trouble begins.
fn node_warnings(
    input: &Input,
    things: &Things,
    stage: &Stage,
    troubles: &Troubles<'_>,
) -> Option<Elsewhere> {
    let first = troubles.first()?.at;
    let grounds = grounds(input, things, stage);
    let near = |at| (-BLUR_MINUTES..=LEAD_MINUTES / 2.0).contains(&minutes_between(at, first));
    let is_ground = |entity: &Entity| {
        let thing = things.find(entity);
        entity.kind == EntityKind::Node
            && (grounds.is_empty() || thing.is_some_and(|thing| grounds.contains(&thing)))
    };
    let warned = input.events.iter().filter(|cited| {
        let event = &cited.event;
        event.severity == "Warning" && near(event.first_at) && is_ground(&event.entity)
    });
    warned
        .min_by_key(|cited| (cited.event.first_at, &cited.event.message))
        .map(|cited| Elsewhere {
            strength: WARNED,
            text: format!(
                "Kubernetes warned of {}: {}: {}",
                cited.event.entity, cited.event.reason, cited.event.message
            ),
            evidence: vec![cited.evidence.clone()],
        })
}

/// Whether whoever is alarmed takes much more of the same itself.
fn own_appetite(seen: &[Observation], stage: &Stage, worst: &Observation) -> bool {
    seen.iter().any(|o| {
        let same = o.resource().is_some() && o.resource() == worst.resource();
        let ratio = o.anomaly.peak / o.anomaly.expected.center.max(f64::MIN_POSITIVE);
        stage.focus.contains(&o.thing) && same && o.role() == SignalRole::Resource && ratio >= 1.5
    })
}

/// Calls of something that is not watched fail, as their spans and log lines say.
fn outside(input: &Input, things: &Things, troubles: &Troubles<'_>) -> Option<Elsewhere> {
    let first = troubles.first()?.at;
    let mut failing: BTreeMap<String, (BTreeSet<Thing>, Vec<EvidenceId>)> = BTreeMap::new();
    let mut note = |peer: String, thing: Option<Thing>, evidence: &EvidenceId| {
        let (who, readings) = failing.entry(peer).or_default();
        who.extend(thing);
        readings.push(evidence.clone());
    };
    for sample in input.traces.iter().filter(|t| t.failing > 0) {
        if let Some(peer) = &sample.peer {
            note(peer.clone(), things.find(&sample.entity), &sample.evidence);
        }
    }
    let is_ours = |thing: Thing| {
        let changed = input
            .changes
            .iter()
            .any(|c| things.find(&c.change.entity) == Some(thing));
        things.is_measured(thing) || changed
    };
    let calls = input
        .topology
        .edges
        .iter()
        .filter(|e| e.kind == EdgeKind::Calls);
    let calls: Vec<(Thing, Thing)> = calls
        .filter_map(|edge| Some((things.find(&edge.from)?, things.find(&edge.to)?)))
        .collect();
    // Whoever fails, calls nobody, and is neither measured nor ever changed here is somebody else's.
    for sample in input.traces.iter().filter(|t| t.failing > 0) {
        let leaf = things.find(&sample.entity).filter(|thing| !is_ours(*thing));
        let Some(leaf) = leaf.filter(|leaf| !calls.iter().any(|(from, _)| from == leaf)) else {
            continue;
        };
        for (caller, _) in calls.iter().filter(|(_, to)| *to == leaf) {
            note(sample.entity.name.clone(), Some(*caller), &sample.evidence);
        }
    }
    let late = |at| minutes_between(first, at) >= -BLUR_MINUTES;
    for pattern in input
        .logs
        .iter()
        .filter(|p| is_trouble(input, p) && late(p.first_at))
    {
        for host in hosts(&pattern.example) {
            note(host, things.find(&pattern.entity), &pattern.evidence);
        }
    }
    let (peer, (who, readings)) = failing
        .into_iter()
        .max_by(|a, b| a.1.0.len().cmp(&b.1.0.len()).then_with(|| b.0.cmp(&a.0)))?;
    let strength = if who.len() > 1 { SEVERAL } else { ONE };
    Some(Elsewhere {
        strength,
        text: format!(
            "Calls of {peer}, which is not part of what is watched, fail for {}",
            phrase::entities(who.iter().map(|thing| things.entity(*thing)))
        ),
        evidence: cite(&readings),
    })
}

/// Names of machines on the public network.
fn hosts(line: &str) -> BTreeSet<String> {
    const TOPS: [&str; 12] = [
        "com", "net", "org", "io", "dev", "cloud", "app", "co", "ai", "gov", "edu", "eu",
    ];
    let inside = [".svc", ".local", ".internal", ".cluster", ".lan"];
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| {
            let mut labels = word.rsplit('.');
            let is_top = labels.next().is_some_and(|last| TOPS.contains(&last));
            is_top && labels.clone().count() >= 2 && labels.all(|label| !label.is_empty())
        })
        .filter(|word| !inside.iter().any(|end| word.contains(end)))
        .map(str::to_owned)
        .collect()
}

/// What ran out by itself: nobody has to change anything for a certificate to expire.
fn expired(input: &Input) -> Option<Elsewhere> {
    const LASTS: [&str; 6] = [
        "certificate",
        "cert",
        "x509",
        "license",
        "token",
        "credential",
    ];
    let says = |line: &str| {
        let line = line.to_lowercase();
        line.contains("expired") && LASTS.iter().any(|what| line.contains(what))
    };
    let saying = input
        .logs
        .iter()
        .filter(|p| is_trouble(input, p) && says(&p.example));
    let first = saying.min_by_key(|pattern| (pattern.first_at, &pattern.template))?;
    Some(Elsewhere {
        strength: EXPIRED,
        text: format!(
            "Something ran out by itself, as {} says since {}",
            first.entity,
            phrase::clock(first.first_at)
        ),
        evidence: vec![first.evidence.clone()],
    })
}

/// A warning about something that nothing here measures, known before the trouble or with it.
fn notices(input: &Input, things: &Things, troubles: &Troubles<'_>) -> Option<Elsewhere> {
    let first = troubles.first()?.at;
    let near = |at| (-BLUR_MINUTES..=LEAD_MINUTES).contains(&minutes_between(at, first));
    let said: BTreeSet<&String> = troubles.all.iter().flat_map(|t| &t.words).collect();
    let is_foreign = |thing: Thing| {
        let known = input.topology.edges.iter().flat_map(|e| [&e.from, &e.to]);
        let mut known = known.filter_map(|entity| things.find(entity));
        !things.is_measured(thing) && !known.any(|t| t == thing)
    };
    input
        .events
        .iter()
        .filter(|cited| cited.event.severity == "Warning" && near(cited.event.first_at))
        .filter(|cited| things.find(&cited.event.entity).is_some_and(is_foreign))
        .map(|cited| {
            let event = &cited.event;
            let text = format!("{} {}", event.entity.name, event.message);
            let shared = words(&text)
                .iter()
                .filter(|word| said.contains(word))
                .count();
            Elsewhere {
                strength: if shared > 1 { 1.0 } else { 0.3 },
                text: format!(
                    "{} is reported as {}: {}",
                    event.entity, event.reason, event.message
                ),
                evidence: vec![cited.evidence.clone()],
            }
        })
        .max_by(|a, b| {
            a.strength
                .total_cmp(&b.strength)
                .then_with(|| b.text.cmp(&a.text))
        })
}
