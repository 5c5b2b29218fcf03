//! Anomalies that move together.

use fleetscope_engine::groups::{Member, groups};
use fleetscope_model::{
    Anomaly, Band, Edge, EdgeKind, Entity, EntityKind, EvidenceId, Labels, Sample, Severity,
    SignalRole, Topology,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;

use crate::build::{cluster, gauss, minutes, now, random};

fn service(name: &str) -> Entity {
    Entity::new(cluster(1), EntityKind::Workload, name).in_namespace("n")
}

/// An anomaly of an entity from so many minutes ago to so many.
fn anomaly(name: &str, signal: &str, from: i64, to: i64) -> Anomaly {
    Anomaly {
        entity: service(name),
        signal: signal.to_owned(),
        role: SignalRole::Latency,
        unit: "seconds".to_owned(),
        labels: Labels::new(),
        start: now() - minutes(from),
        end: now() - minutes(to),
        ongoing: to == 0,
        peak_at: now() - minutes(from),
        peak: 5.0,
        expected: Band {
            low: 0.0,
            center: 1.0,
            high: 2.0,
        },
        score: 9.0,
        severity: Severity::Medium,
        detectors: vec!["robust-z".to_owned()],
        probability: Some(0.9),
        why: format!("{signal} of {name} rose"),
        evidence: EvidenceId("ev-0000000000000001".to_owned()),
    }
}

/// An hour of a level that is raised for the anomaly's time; `sign` turns it round, 0 leaves noise.
fn samples(of: &Anomaly, sign: f64, seed: u64) -> Vec<Sample> {
    let mut random = random(seed);
    (0..90)
        .rev()
        .map(|ago| {
            let at = now() - minutes(ago);
            let raised = at >= of.start && at <= of.end;
            let value = gauss(&mut random) + if raised { 10.0 * sign } else { 0.0 };
            Sample {
                at_ms: at.as_millisecond(),
                value,
            }
        })
        .collect()
}

fn calls(pairs: &[(&str, &str)]) -> Topology {
    let edge = |(from, to): &(&str, &str)| Edge {
        from: service(from),
        to: service(to),
        kind: EdgeKind::Calls,
    };
    let mut edges: Vec<Edge> = pairs.iter().map(edge).collect();
    edges.sort();
    Topology { edges }
}

fn names(anomalies: &[(Anomaly, Vec<Sample>)], topology: &Topology) -> Vec<Vec<String>> {
    let members: Vec<Member<'_>> = anomalies
        .iter()
        .map(|(anomaly, samples)| Member { anomaly, samples })
        .collect();
    let name = |a: &Anomaly| format!("{}:{}", a.entity.name, a.signal);
    groups(&members, topology)
        .iter()
        .map(|event| event.members.iter().map(name).collect())
        .collect()
}

fn moving(name: &str, signal: &str, sign: f64, seed: u64) -> (Anomaly, Vec<Sample>) {
    let anomaly = anomaly(name, signal, 30 - seed as i64, 5);
    let samples = samples(&anomaly, sign, seed);
    (anomaly, samples)
}

#[test]
fn signals_of_one_entity_that_move_together_are_one_event_whichever_way_they_go() {
    let found = [
        moving("a", "latency", 1.0, 1),
        moving("a", "traffic", -1.0, 2),
    ];
    assert_eq!(
        names(&found, &Topology::default()),
        [["a:latency", "a:traffic"]]
    );
}

#[test]
fn neighbours_belong_together_and_belonging_is_handed_on() {
    let found = [
        moving("a", "latency", 1.0, 1),
        moving("b", "latency", 1.0, 2),
        moving("c", "latency", 1.0, 3),
        moving("elsewhere", "latency", 1.0, 4),
    ];
    let topology = calls(&[("a", "b"), ("b", "c")]);
    assert_eq!(
        names(&found, &topology),
        [
            vec!["a:latency", "b:latency", "c:latency"],
            vec!["elsewhere:latency"]
        ]
    );
}

#[test]
fn what_does_not_overlap_or_does_not_move_with_it_stays_apart() {
    let mut early = (anomaly("a", "errors", 80, 60), Vec::new());
    early.1 = samples(&early.0, 1.0, 5);
    let unmoved = {
        let anomaly = anomaly("a", "temperature", 28, 5);
        let samples = samples(&anomaly, 0.0, 6);
        (anomaly, samples)
    };
    let found = [moving("a", "latency", 1.0, 1), early, unmoved];
    assert_eq!(
        names(&found, &Topology::default()),
        [["a:errors"], ["a:latency"], ["a:temperature"]]
    );
}

#[test]
fn an_event_says_when_how_bad_how_sure_and_where_it_was_seen_first() {
    let mut found = [
        moving("a", "latency", 1.0, 1),
        moving("b", "errors", 1.0, 2),
    ];
    found[1].0.severity = Severity::Critical;
    found[1].0.probability = Some(0.999);
    let members: Vec<Member<'_>> = found
        .iter()
        .map(|(anomaly, samples)| Member { anomaly, samples })
        .collect();
    let events = groups(&members, &calls(&[("a", "b")]));
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.start, event.end), (found[0].0.start, found[1].0.end));
    assert_eq!(
        (event.severity, event.probability),
        (Severity::Critical, Some(0.999))
    );
    assert!(
        event
            .why
            .starts_with("2 signals of 2 things that depend on each other"),
        "{}",
        event.why
    );
    assert!(
        event.why.ends_with("latency of workload n/a"),
        "{}",
        event.why
    );
    assert_eq!(groups(&[], &Topology::default()), Vec::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_anomalies_changes_nothing(
        parts in prop::collection::vec((0_usize..5, 0_usize..3, 6_i64..80, -1_i32..2), 0..14),
        seed in 0_u64..1000,
    ) {
        let names = ["a", "b", "c", "d", "e"];
        let signals = ["latency", "errors", "traffic"];
        let found: Vec<(Anomaly, Vec<Sample>)> = parts
            .iter()
            .enumerate()
            .map(|(i, (name, signal, from, sign))| {
                let anomaly = anomaly(names[*name], signals[*signal], *from, 5);
                let samples = samples(&anomaly, f64::from(*sign), i as u64);
                (anomaly, samples)
            })
            .collect();
        let topology = calls(&[("a", "b"), ("c", "d"), ("a", "gone")]);
        let mut members: Vec<Member<'_>> = found
            .iter()
            .map(|(anomaly, samples)| Member { anomaly, samples })
            .collect();
        let events = groups(&members, &topology);
        let bytes = serde_json::to_string(&events).unwrap();
        members.shuffle(&mut random(seed));
        prop_assert_eq!(bytes, serde_json::to_string(&groups(&members, &topology)).unwrap());
        prop_assert_eq!(events.iter().map(|e| e.members.len()).sum::<usize>(), found.len());
        prop_assert!(events.is_sorted_by_key(|e| e.start));
    }
}
