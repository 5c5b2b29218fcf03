//! The ranking of everything that could be the cause, where samples are coarse and nothing lasts.

use std::collections::BTreeMap;

use fleetscope_engine::{Conduct, Input, Signal, diagnose};
use fleetscope_model::{
    Anomaly, Band, Direction, Edge, EdgeKind, Entity, EntityKind, EvidenceId, Findings, Labels,
    Sample, Sensitivity, Series, Severity, SignalRole, TimeRange, Topology, Verdict,
};
use proptest::prelude::*;
use rand::seq::SliceRandom;

use crate::build::{MINUTE, cluster, gauss, now, random};

/// A sample every five minutes: 100 of history, five in the window.
const STEP: i64 = 5 * MINUTE;
const HISTORY: usize = 100;
const WINDOW: usize = 5;
const CHAIN: [&str; 4] = ["front", "middle", "back", "aside"];

fn service(name: &str) -> Entity {
    Entity::new(cluster(1), EntityKind::Service, name)
}

fn at(index: usize) -> i64 {
    now().as_millisecond() - (HISTORY + WINDOW - 1 - index) as i64 * STEP
}

fn signal(name: &str, what: &str, role: SignalRole, values: &[f64]) -> Signal {
    let direction = if role == SignalRole::Traffic {
        Direction::Both
    } else {
        Direction::Up
    };
    let samples = values.iter().enumerate().map(|(index, value)| Sample {
        at_ms: at(index),
        value: *value,
    });
    Signal {
        entity: service(name),
        name: what.to_owned(),
        role,
        resource: None,
        unit: "s".to_owned(),
        direction,
        least_deviation: 0.001,
        symptom: role == SignalRole::Latency,
        sensitivity: Sensitivity::Medium,
        series: Series {
            labels: Labels::new(),
            samples: samples.collect(),
        },
        evidence: EvidenceId(format!("{name}/{what}")),
    }
}

fn alarm() -> Anomaly {
    let start = jiff::Timestamp::from_millisecond(at(HISTORY + 2)).unwrap();
    Anomaly {
        entity: service("front"),
        signal: "latency".to_owned(),
        role: SignalRole::Latency,
        unit: "s".to_owned(),
        labels: Labels::new(),
        start,
        end: now(),
        ongoing: true,
        peak_at: start,
        peak: 0.0,
        expected: Band {
            low: 0.0,
            center: 0.0,
            high: 0.0,
        },
        score: 0.0,
        probability: None,
        severity: Severity::High,
        detectors: Vec::new(),
        why: String::new(),
        evidence: EvidenceId("front/alarm".to_owned()),
    }
}

/// `front` calls `middle` and `aside`, `middle` calls `back`; each takes its own time and that of
/// what it calls. One of them takes `more` seconds for two samples after the alarm.
fn chain(slow: &str, more: f64, seed: u64) -> Input {
    let mut random = random(seed);
    let mut latency: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut traffic: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for index in 0..HISTORY + WINDOW {
        let slowness = |name: &str| {
            let hit = name == slow && (HISTORY + 2..HISTORY + 4).contains(&index);
            if hit { more } else { 0.0 }
        };
        let mut own = |name: &str| 0.05 + slowness(name) + 0.001 * gauss(&mut random);
        let back = own("back");
        let middle = own("middle") + back;
        let aside = own("aside");
        let front = own("front") + middle + aside;
        for (name, value) in CHAIN.into_iter().zip([front, middle, back, aside]) {
            latency.entry(name).or_default().push(value);
            traffic.entry(name).or_default().push(100.0);
        }
    }
    let mut signals = Vec::new();
    for name in CHAIN {
        signals.push(signal(name, "latency", SignalRole::Latency, &latency[name]));
        signals.push(signal(
            name,
            "requests",
            SignalRole::Traffic,
            &traffic[name],
        ));
    }
    let calls = [("front", "middle"), ("front", "aside"), ("middle", "back")];
    let edge = |(from, to): (&str, &str)| Edge {
        from: service(from),
        to: service(to),
        kind: EdgeKind::Calls,
    };
    let start = jiff::Timestamp::from_millisecond(at(HISTORY)).unwrap();
    Input {
        reference_time: now(),
        window: TimeRange::new(start, now()).unwrap(),
        clusters: BTreeMap::from([(cluster(1), "town".to_owned())]),
        alarms: vec![alarm()],
        signals,
        topology: Topology {
            edges: calls.into_iter().map(edge).collect(),
        },
        changes: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        traces: Vec::new(),
        alerts: Vec::new(),
        conduct: Vec::new(),
        gaps: Vec::new(),
    }
}

fn first(findings: &Findings) -> &str {
    findings.ranking.first().map_or("", |s| &s.entity.name)
}

fn conduct(name: &str, so_now: u32, so_usually: u32) -> Conduct {
    Conduct {
        entity: service(name),
        operation: "GET /".to_owned(),
        ending: "begun".to_owned(),
        fails: false,
        requests_now: 40,
        so_now,
        requests_usually: 30,
        so_usually,
        passed_usually: 30,
        evidence: EvidenceId(format!("{name}/ending")),
    }
}

#[test]
fn slowness_for_two_coarse_samples_is_found_where_it_arises() {
    for culprit in CHAIN {
        let findings = diagnose(&chain(culprit, 0.2, 7));
        assert_eq!(first(&findings), culprit, "{:#?}", findings.ranking);
        assert_ne!(findings.verdict, Verdict::NothingWrong, "{culprit}");
    }
}

#[test]
fn a_false_alarm_over_coarse_samples_is_told_to_be_one() {
    let wrong = (0..40)
        .filter(|seed| diagnose(&chain("", 0.0, *seed)).verdict != Verdict::NothingWrong)
        .count();
    // One in a hundred of the conformal ranks, and what the detectors add.
    assert!(wrong <= 2, "{wrong} of 40");
}

#[test]
fn requests_that_break_off_are_put_down_to_the_lowest_service_where_they_do() {
    let mut input = chain("", 0.0, 3);
    input.alarms.clear();
    input.conduct = vec![
        conduct("front", 30, 0),
        conduct("middle", 32, 0),
        conduct("back", 1, 1),
    ];
    let findings = diagnose(&input);
    assert_eq!(first(&findings), "middle", "{:#?}", findings.ranking);
    let reasons = &findings.ranking[0].reasons;
    assert!(
        reasons
            .iter()
            .any(|reason| reason.text.contains("32 of 40")),
        "{reasons:#?}"
    );
    // Lines that nobody used to write tell of another path, and of no trouble.
    for conduct in &mut input.conduct {
        conduct.passed_usually = 0;
    }
    let findings = diagnose(&input);
    let told = |s: &fleetscope_model::Suspect| {
        s.reasons.iter().any(|reason| reason.text.contains("of 40"))
    };
    assert!(!findings.ranking.iter().any(told));
}

#[test]
fn one_odd_series_of_many_does_not_speak_for_the_thing() {
    let mut input = chain("back", 0.2, 11);
    let aside = input
        .signals
        .iter()
        .find(|s| s.entity == service("aside") && s.role == SignalRole::Latency)
        .cloned()
        .unwrap();
    // As nine callers see it; the way to one of them is broken.
    for caller in 0..9 {
        let mut seen = aside.clone();
        seen.series
            .labels
            .insert("caller".to_owned(), caller.to_string());
        seen.evidence = EvidenceId(format!("aside/latency/{caller}"));
        if caller == 4 {
            let samples = &mut seen.series.samples;
            samples[HISTORY + 2..HISTORY + 4]
                .iter_mut()
                .for_each(|s| s.value += 30.0);
        }
        input.signals.push(seen);
    }
    let findings = diagnose(&input);
    assert_eq!(first(&findings), "back", "{:#?}", findings.ranking);
    let aside = findings.ranking.iter().find(|s| s.entity.name == "aside");
    assert!(
        aside.is_none_or(|s| s.score < 0.1),
        "{:#?}",
        findings.ranking
    );
}

#[test]
fn more_requests_on_a_path_that_ends_where_it_used_to_are_no_trouble() {
    let mut input = chain("", 0.0, 3);
    input.alarms.clear();
    let path = Conduct {
        passed_usually: 10,
        ..conduct("middle", 36, 10)
    };
    input.conduct = vec![path.clone()];
    let told = |input: &Input| {
        let findings = diagnose(input);
        let mut reasons = findings.ranking.into_iter().flat_map(|s| s.reasons);
        reasons.any(|reason| reason.text.contains("36 of 40"))
    };
    assert!(!told(&input));
    // Those who came so far used to go on.
    input.conduct = vec![Conduct {
        passed_usually: 30,
        so_usually: 1,
        ..path
    }];
    assert!(told(&input));
}

#[test]
fn every_suspect_says_why_or_has_little_of_the_votes() {
    let findings = diagnose(&chain("back", 0.2, 1));
    let sum: f64 = findings.ranking.iter().map(|s| s.score).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    for suspect in findings.ranking.iter().filter(|s| s.score > 0.2) {
        assert!(!suspect.reasons.is_empty());
        assert!(suspect.reasons.iter().all(|r| !r.evidence.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wild_values_in_any_order_give_the_same_finite_ranking(
        seed in 0_u64..1000,
        which in 0_usize..8,
        places in proptest::collection::vec((0_usize..HISTORY + WINDOW, prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1e300),
            Just(-1e300), Just(0.0), Just(f64::MAX), -1e3..1e3,
        ]), 0..40),
        ends in proptest::collection::vec((0_u32..60, 0_u32..60), 0..6),
    ) {
        let mut input = chain("back", 0.1, seed);
        for (index, value) in places {
            input.signals[which].series.samples[index].value = value;
        }
        for ((now, usual), name) in ends.into_iter().zip(CHAIN.into_iter().cycle()) {
            input.conduct.push(conduct(name, now, usual));
        }
        let bytes = |input: &Input| serde_json::to_vec(&diagnose(input)).unwrap();
        let findings = diagnose(&input);
        for suspect in &findings.ranking {
            prop_assert!(suspect.score.is_finite() && (0.0..=1.0).contains(&suspect.score));
        }
        for candidate in &findings.candidates {
            prop_assert!((0.0..=1.0).contains(&candidate.confidence.0));
        }
        let mut shuffled = input.clone();
        let mut random = random(seed);
        shuffled.signals.shuffle(&mut random);
        shuffled.conduct.shuffle(&mut random);
        shuffled.topology.edges.shuffle(&mut random);
        prop_assert_eq!(bytes(&input), bytes(&input.clone()));
        prop_assert_eq!(bytes(&input), bytes(&shuffled));
    }
}
