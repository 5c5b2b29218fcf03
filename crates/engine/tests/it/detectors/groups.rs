//! Anomalies that move together.

use fleetscope_engine::groups::{Member, among, groups};
use fleetscope_model::{
    Anomaly, AnomalyEvent, Band, Edge, EdgeKind, Entity, EntityKind, EvidenceId, Labels, Sample,
    Severity, SignalRole, Topology,
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
    let members_of: Vec<Member<'_>> = anomalies
        .iter()
        .map(|(anomaly, samples)| Member { anomaly, samples })
        .collect();
    let name = |a: &Anomaly| format!("{}:{}", a.entity.name, a.signal);
    groups(&members_of, topology)
        .iter()
        .map(|event| {
            let members = event.members.iter();
            members.map(|i| name(members_of[*i].anomaly)).collect()
        })
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

fn events(found: &[(Anomaly, Vec<Sample>)], topology: &Topology) -> Vec<AnomalyEvent> {
    let members: Vec<Member<'_>> = found
        .iter()
        .map(|(anomaly, samples)| Member { anomaly, samples })
        .collect();
    groups(&members, topology)
}

#[test]
fn an_event_says_when_how_bad_how_sure_and_why_its_members_belong_together() {
    let mut found = [
        moving("b", "errors", 1.0, 2),
        moving("a", "latency", 1.0, 1),
    ];
    found[0].0.severity = Severity::Critical;
    found[0].0.probability = Some(0.999);
    let event = events(&found, &calls(&[("a", "b")])).remove(0);
    assert_eq!((event.start, event.end), (found[1].0.start, found[0].0.end));
    assert_eq!(
        (event.severity, event.probability, event.peak_at),
        (Severity::Critical, Some(0.999), found[0].0.peak_at)
    );
    assert_eq!(event.members, [1, 0]);
    assert_eq!(event.entities, [service("a"), service("b")]);
    assert_eq!(event.clusters, [cluster(1)]);
    let [tie] = event.ties.as_slice() else {
        panic!("{:?}", event.ties)
    };
    assert_eq!((&tie.from, &tie.to), (&service("a"), &service("b")));
    assert_eq!(tie.kind, Some(EdgeKind::Calls));
    let correlation = tie.correlation.unwrap();
    assert!(correlation > 0.5, "{correlation}");
    let why = format!(
        "2 signals of workload n/a and workload n/b were unusual at the same time and moved \
         together (rank correlation {correlation:.2}); workload n/a calls workload n/b; first seen: \
         latency of workload n/a at {}",
        found[1].0.start.strftime("%H:%M UTC")
    );
    assert_eq!(event.why, why);
    assert_eq!(groups(&[], &Topology::default()), Vec::new());
}

#[test]
fn an_event_may_span_clusters_and_says_so() {
    let mut found = [
        moving("a", "latency", 1.0, 1),
        moving("b", "latency", 1.0, 2),
    ];
    found[1].0.entity.cluster = cluster(2);
    let mut topology = calls(&[("a", "b")]);
    assert_eq!(events(&found, &topology).len(), 2);
    topology.edges[0].to.cluster = cluster(2);
    let event = events(&found, &topology).remove(0);
    assert_eq!(event.clusters, [cluster(1), cluster(2)]);
    assert!(event.why.contains(" on 2 clusters "), "{}", event.why);
}

#[test]
fn the_worst_event_comes_first_and_an_anomaly_alone_says_its_own_why() {
    let mut found = [
        moving("a", "latency", 1.0, 1),
        moving("b", "latency", 1.0, 2),
    ];
    found[1].0.severity = Severity::High;
    let told = events(&found, &Topology::default());
    assert_eq!(told[0].members, [1]);
    assert_eq!(told[0].why, found[1].0.why);
    assert!(told[0].ties.is_empty());
}

/// `a` and `c` are held together by `b` alone, `c` and `d` by themselves.
fn chain() -> (Vec<Anomaly>, Vec<AnomalyEvent>) {
    let mut found = vec![
        moving("a", "latency", 1.0, 1),
        moving("b", "latency", 1.0, 2),
        moving("c", "latency", 1.0, 3),
        moving("d", "latency", 1.0, 4),
        moving("d", "errors", 1.0, 5),
    ];
    found[1].0.severity = Severity::Critical;
    let events = events(&found, &calls(&[("a", "b"), ("b", "c"), ("c", "d")]));
    assert_eq!(events.len(), 1);
    (found.into_iter().map(|(a, _)| a).collect(), events)
}

#[test]
fn what_is_left_out_of_an_event_leaves_no_trace() {
    let (anomalies, whole) = chain();
    let left = among(&whole, &anomalies, |place| place != 1);
    let members: Vec<&[usize]> = left.iter().map(|event| event.members.as_slice()).collect();
    // Earliest first; places are those among what is left.
    assert_eq!(members, [&[0_usize][..], &[1, 2, 3]]);
    let told = serde_json::to_string(&left).unwrap();
    let hidden = [
        service("b").to_string(),
        "\"b\"".to_owned(),
        "critical".to_owned(),
    ];
    for hidden in hidden {
        assert!(!told.contains(&hidden), "{hidden} in {told}");
    }
    assert_eq!(left[0].why, anomalies[0].why);
    assert!(left[1].why.starts_with("3 signals of "), "{}", left[1].why);
    let again = among(&whole, &anomalies, |_| true);
    assert_eq!(again, whole);
    assert_eq!(among(&whole, &anomalies, |_| false), Vec::new());
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
        let told = |members: &[Member<'_>]| {
            let events = groups(members, &topology);
            let of = |event: &AnomalyEvent| {
                let anomalies: Vec<&Anomaly> = event.members.iter().map(|i| members[*i].anomaly).collect();
                serde_json::to_string(&(&event.why, &event.ties, &event.entities, anomalies)).unwrap()
            };
            events.iter().map(of).collect::<Vec<_>>()
        };
        let events = groups(&members, &topology);
        let before = told(&members);
        members.shuffle(&mut random(seed));
        prop_assert_eq!(before, told(&members));
        prop_assert_eq!(events.iter().map(|e| e.members.len()).sum::<usize>(), found.len());
        prop_assert!(events.is_sorted_by_key(|e| e.start));
    }
}
