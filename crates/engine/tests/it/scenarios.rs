//! Situations with a known answer, each with its findings and its story as snapshots in its folder.
//!
//! A change of a snapshot is a change of what people are told: read it before accepting it.

use fleetscope_engine::{CitedChange, Input, diagnose, narrate};
use fleetscope_model::{
    BlastRadius, CausalGraph, CausalLink, CausalNode, ChangeKind, Entity, EntityKind, Findings,
    Impact, Source, Verdict,
};
use serde_json::{Value, json};

use crate::town::{Town, shifted};
use crate::trouble::{bad_release, bustle, decoys, greedy, hog, leak, slow, with_gap};

/// Diagnoses, compares findings and story with the folder's snapshots, and gives the findings back.
pub(crate) fn told(folder: &str, input: &Input) -> Findings {
    let findings = diagnose(input);
    let story = narrate(&findings, &input.clusters).join("\n\n");
    let mut json = serde_json::to_value(&findings).unwrap();
    round(&mut json);
    // The first few of the ranking tell; the rest is dozens of lines that nobody would read.
    if let Some(Value::Array(ranking)) = json.get_mut("ranking") {
        ranking.truncate(2);
    }
    if let Some(blast) = &findings.blast {
        json["blast"] = in_lines(blast);
    }
    if !findings.graph.is_empty() {
        json["graph"] = drawn(&findings.graph);
    }
    insta::with_settings!({
        snapshot_path => format!("scenarios/{folder}"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
        sort_maps => true,
    }, {
        insta::assert_json_snapshot!("findings", json);
        insta::assert_snapshot!("story", story);
    });
    findings
}

/// A line for each that is affected or at risk: the way to it, and what of it stands out.
fn in_lines(blast: &BlastRadius) -> Value {
    let line = |impact: &Impact| {
        let way = impact.path.iter().map(|hop| match hop.via.as_str() {
            "" => hop.entity.to_string(),
            via => format!(" {via} {}", hop.entity),
        });
        let signals = impact.signals.iter().map(|felt| felt.signal.as_str());
        let signals: Vec<&str> = signals.collect();
        format!("{}: {}", way.collect::<String>(), signals.join(", "))
    };
    json!({
        "affected": blast.affected.iter().map(line).collect::<Vec<_>>(),
        "at_risk": blast.at_risk.iter().map(line).collect::<Vec<_>>(),
    })
}

/// A line for each node, and for each of the strongest edges.
fn drawn(graph: &CausalGraph) -> Value {
    let node = |node: &CausalNode| format!("{}: {:?} since {}", node.entity, node.part, node.onset);
    let edge = |edge: &CausalLink| {
        let sign = if edge.same_sign { '+' } else { '−' };
        let (lag, strength) = (edge.lag.as_secs(), edge.strength);
        format!(
            "{sign} {lag} s {strength:.2} {:?}: {}",
            edge.relation, edge.reason
        )
    };
    json!({
        "nodes": graph.nodes.iter().map(node).collect::<Vec<_>>(),
        "edges": graph.edges.iter().take(12).map(edge).collect::<Vec<_>>(),
    })
}

/// Four significant digits: the last bits of `exp` differ from one machine's library to another's.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = format!("{:.3e}", number.as_f64().unwrap());
            *value = Value::from(text.parse::<f64>().unwrap());
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}

fn rollout_of(name: &str, ago: i64) -> CitedChange {
    let mut town = Town::new(0);
    town.rollout(name, ago, 7);
    town.input.changes.remove(0)
}

pub(crate) fn assert_cause(findings: &Findings, cause: &Entity) {
    assert_eq!(
        findings.verdict,
        Verdict::Cause,
        "{:#?}",
        findings.reasoning
    );
    assert_eq!(
        &findings.candidates[0].entity, cause,
        "{:#?}",
        findings.reasoning
    );
}

#[test]
fn memory_that_grows_since_a_rollout_until_it_kills_is_the_cause() {
    let mut town = Town::new(1);
    decoys(&mut town, "basket");
    let cause = leak(&mut town, "basket", 40);
    let findings = told("memory-leak", &town.finish());
    assert_cause(&findings, &cause);
    let change = findings.candidates[0].change.as_ref().unwrap();
    assert_eq!(change.revision.as_deref(), Some("7"));
}

#[test]
fn a_release_that_fails_is_the_cause_and_not_its_callers() {
    let mut town = Town::new(2);
    decoys(&mut town, "billing");
    let cause = bad_release(&mut town, "billing", 20);
    let findings = told("bad-release", &town.finish());
    assert_cause(&findings, &cause);
    assert!(findings.candidates[0].change.is_some());
}

#[test]
fn a_database_that_is_slow_for_all_its_clients_beats_the_clients() {
    let mut town = Town::new(3);
    decoys(&mut town, "");
    let cause = slow(&mut town, "records", 14.0, 20);
    assert_cause(&told("slow-database", &town.finish()), &cause);
}

#[test]
fn a_node_whose_cpu_no_workload_accounts_for_is_the_cause() {
    let mut town = Town::new(4);
    decoys(&mut town, "");
    let cause = hog(&mut town, 2, 20);
    assert_cause(&told("busy-node", &town.finish()), &cause);
}

#[test]
fn a_node_with_room_left_is_not_the_cause_though_it_got_busier_first() {
    for seed in 20..26 {
        let mut town = Town::new(seed);
        town.hog[0] = shifted(0.0, 0.9, 33, 12);
        let cause = slow(&mut town, "records", 14.0, 20);
        assert_cause(&diagnose(&town.finish()), &cause);
    }
}

#[test]
fn a_node_that_got_busy_long_before_is_not_the_cause_of_a_sudden_slowness() {
    for seed in 20..26 {
        let mut town = Town::new(seed);
        town.hog[0] = shifted(0.0, 1.7, 58, 4);
        let cause = slow(&mut town, "records", 14.0, 15);
        assert_cause(&diagnose(&town.finish()), &cause);
    }
}

#[test]
fn a_database_that_is_backed_up_does_not_thereby_take_its_nodes_cpu() {
    let mut town = Town::new(13);
    town.backup("sessions", 24);
    let cause = hog(&mut town, 2, 20);
    assert_cause(&diagnose(&town.finish()), &cause);
}

#[test]
fn scaling_that_follows_trouble_does_not_speak_for_what_was_scaled() {
    let mut town = Town::new(12);
    slow(&mut town, "records", 14.0, 20);
    let mut input = town.finish();
    let scaled = |input: &mut Input, ago| {
        let mut cited = rollout_of("search", ago);
        cited.change.kind = ChangeKind::Scale;
        input.changes = vec![cited];
    };
    let told_of = |input: &Input| {
        let findings = diagnose(input);
        let search = findings
            .candidates
            .iter()
            .find(|c| c.entity.name == "search");
        search.is_some_and(|c| c.change.is_some())
    };
    scaled(&mut input, 21);
    assert!(told_of(&input), "it may have been the scaling");
    scaled(&mut input, 17);
    assert!(!told_of(&input), "it was answered by scaling");
}

#[test]
fn work_that_queues_on_a_full_node_is_an_incident_though_nobody_feels_it_yet() {
    let queued = |ago| {
        let mut town = Town::new(11);
        hog(&mut town, 2, ago);
        town.load(2);
        let mut input = town.finish();
        input.signals.retain(|s| s.entity.kind == EntityKind::Node);
        diagnose(&input)
    };
    assert_cause(&queued(25), &Town::node(2));
    assert_eq!(
        queued(10).verdict,
        Verdict::NothingWrong,
        "not for long yet"
    );
}

#[test]
fn a_workload_that_takes_its_nodes_cpu_is_the_cause_and_not_the_node() {
    let mut town = Town::new(5);
    decoys(&mut town, "");
    let cause = greedy(&mut town, 1, 20);
    assert_cause(&told("greedy-workload", &town.finish()), &cause);
}

#[test]
fn the_hot_gpu_is_the_cause_and_not_those_that_wait_for_it() {
    let mut town = Town::new(6);
    decoys(&mut town, "");
    town.gpus(Some(3), 20);
    assert_cause(&told("hot-gpu", &town.finish()), &Town::gpu(3));
}

#[test]
fn the_clock_that_lost_its_source_is_the_cause_and_not_the_cell() {
    let mut town = Town::new(7);
    decoys(&mut town, "");
    town.clocks(Some(1), 20);
    assert_cause(&told("lost-clock", &town.finish()), &Town::clock(1));
}

#[test]
fn a_healthy_town_with_rollouts_jobs_and_cold_starts_is_left_in_peace() {
    let mut town = Town::new(8);
    decoys(&mut town, "");
    bustle(&mut town);
    let findings = told("nothing-wrong", &town.finish());
    assert_eq!(
        findings.verdict,
        Verdict::NothingWrong,
        "{:#?}",
        findings.reasoning
    );
    assert!(findings.candidates.is_empty());
}

#[test]
fn two_bad_releases_at_once_are_both_named() {
    let mut town = Town::new(9);
    bad_release(&mut town, "billing", 20);
    bad_release(&mut town, "quotes", 20);
    let findings = told("two-releases", &town.finish());
    assert_cause(&findings, &Town::workload("billing"));
    let also = &findings.also[0];
    assert_eq!(also.verdict, Verdict::Cause, "{:#?}", findings.reasoning);
    assert_eq!(also.candidates[0].entity, Town::workload("quotes"));
}

#[test]
fn a_cause_that_nothing_measures_is_named_as_the_next_look() {
    let mut town = Town::new(10);
    slow(&mut town, "records", 14.0, 20);
    let mut input = town.finish();
    input
        .signals
        .retain(|signal| signal.entity != Town::workload("records"));
    let findings = told("unmeasured-database", &input);
    let Verdict::InsufficientEvidence { next_look } = &findings.verdict else {
        panic!("{:#?}", findings.reasoning);
    };
    assert!(next_look.contains("records"), "{next_look}");
}

#[test]
fn a_gap_over_the_suspect_turns_a_verdict_into_a_look_at_the_gap() {
    let mut town = Town::new(2);
    bad_release(&mut town, "billing", 20);
    let mut input = town.finish();
    input.changes.clear();
    input.logs.clear();
    let input = with_gap(with_gap(input, Source::Prometheus), Source::Kubernetes);
    let findings = told("blind-spot", &input);
    let Verdict::InsufficientEvidence { next_look } = &findings.verdict else {
        panic!("{:#?}", findings.reasoning);
    };
    assert!(next_look.contains("Prometheus"), "{next_look}");
    assert_eq!(findings.candidates[0].entity, Town::workload("billing"));
    assert_eq!(findings.candidates[0].entity.kind, EntityKind::Workload);
}
