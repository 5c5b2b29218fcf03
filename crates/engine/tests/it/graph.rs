//! The causal graph: what it holds whatever the input, and that its edges mean what they say.

use std::collections::BTreeSet;

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{
    CausalGraph, CausalPart, EdgeKind, Entity, EvidenceId, Relation, SignalRole, Stance, Verdict,
};
use rand::rngs::SmallRng;

use crate::build::{gauss, random};
use crate::properties::town;
use crate::town::{Kind, LENGTH, Town, shifted};
use crate::trouble::slow;

const LATENCY: Kind = Kind::new("answer time", SignalRole::Latency, "seconds", 0.02).felt();

fn known(input: &Input) -> BTreeSet<&EvidenceId> {
    input.signals.iter().map(|s| &s.evidence).collect()
}

#[test]
fn a_graph_names_each_thing_once_joins_what_it_names_and_cites_what_was_read() {
    for (kind, seed) in (0..8).map(|kind| (kind, 500 + u64::from(kind))) {
        let input = town(kind, seed);
        let findings = diagnose(&input);
        let graph = &findings.graph;
        let named: BTreeSet<&Entity> = graph.nodes.iter().map(|n| &n.entity).collect();
        let known = known(&input);
        assert_eq!(named.len(), graph.nodes.len(), "{kind}: each once");
        assert!(graph.nodes.is_sorted_by_key(|node| node.onset));
        assert!(graph.edges.is_sorted_by(|a, b| a.strength >= b.strength));
        for node in &graph.nodes {
            assert!(node.evidence.iter().all(|id| known.contains(id)));
        }
        let mut pairs = BTreeSet::new();
        for edge in &graph.edges {
            assert!(
                pairs.insert((&edge.from, &edge.to)),
                "{kind}: one edge a pair"
            );
            assert!(named.contains(&edge.from) && named.contains(&edge.to) && edge.from != edge.to);
            assert!((0.0..=1.0).contains(&edge.strength) && !edge.reason.is_empty());
            assert!(!edge.evidence.is_empty() && edge.evidence.iter().all(|id| known.contains(id)));
            if let Some(association) = &edge.association {
                assert!(association.correlation.abs() <= 1.0 && association.partial_r2 <= 1.0);
                assert!((0.0..=1.0).contains(&association.p) && association.samples >= 20);
            }
        }
        let causes: Vec<&Entity> = graph
            .nodes
            .iter()
            .filter(|node| node.part == CausalPart::Cause)
            .map(|node| &node.entity)
            .collect();
        match findings.verdict {
            Verdict::Cause => assert_eq!(causes, [&findings.candidates[0].entity], "{kind}"),
            Verdict::InsufficientEvidence { .. } => assert!(causes.is_empty(), "{kind}"),
            Verdict::NothingWrong => assert_eq!(*graph, CausalGraph::default(), "{kind}"),
        }
    }
}

#[test]
fn trouble_leads_from_a_slow_database_to_its_clients_with_sign_and_lag() {
    let findings = diagnose(&town(2, 510));
    let link = |from: &str, to: &str| {
        let edges = findings.graph.edges.iter();
        edges
            .filter(|e| e.from.name == from && e.to.name == to)
            .max_by(|a, b| a.strength.total_cmp(&b.strength))
    };
    let edge = link("records", "search").unwrap();
    assert_eq!(edge.relation, Relation::Calls);
    assert!(edge.same_sign && edge.strength > 0.5, "{edge:#?}");
    assert!(edge.lag.abs().as_mins() <= 5, "{edge:#?}");
    assert!(edge.reason.contains("is called by"), "{}", edge.reason);
    // What the clients could do to it is less.
    let back = link("search", "records").map_or(0.0, |edge| edge.strength);
    assert!(back < edge.strength, "{back}");
}

/// Two workloads on one node, both slow for the last twenty minutes, whose latencies are made of
/// `shared` noise and their own, with whether the node's noise is measured.
fn neighbours(seed: u64, shared: f64, measured: bool) -> Input {
    let mut town = Town::new(seed);
    let mut random: SmallRng = random(seed + 9000);
    let (mut node_state, mut states) = (0.0, [0.0; 2]);
    let mut node = Vec::new();
    let mut values = [Vec::new(), Vec::new()];
    let grown = shifted(1.0, 3.0, 20, 2);
    for grown in grown.iter().take(LENGTH) {
        let news = gauss(&mut random);
        node_state = 0.9 * node_state + news;
        node.push(1.0 + 0.02 * node_state);
        for (state, values) in states.iter_mut().zip(&mut values) {
            *state = 0.7 * *state + gauss(&mut random) + shared * news;
            values.push(*grown + 0.01 * *state);
        }
    }
    let place = Entity::new(
        crate::build::cluster(1),
        fleetscope_model::EntityKind::Node,
        "shed",
    );
    for (name, values) in ["left", "right"].into_iter().zip(&values) {
        let entity = Town::workload(name);
        town.series(entity.clone(), LATENCY, values, 0.0);
        town.edge(&entity, &place, EdgeKind::RunsOn);
        // Something above both, so that they are one incident.
        town.edge(&Town::workload("front"), &entity, EdgeKind::Calls);
    }
    if measured {
        let busy = Kind::new("node queue", SignalRole::Saturation, "tasks", 50.0);
        town.series(place, busy, &node, 0.0);
    }
    town.slow.insert("front", shifted(1.0, 9.0, 19, 2));
    town.finish()
}

fn between(graph: &CausalGraph) -> Option<&fleetscope_model::CausalLink> {
    let of_both = |edge: &&fleetscope_model::CausalLink| {
        let names = [edge.from.name.as_str(), edge.to.name.as_str()];
        names.contains(&"left") && names.contains(&"right")
    };
    graph.edges.iter().find(of_both)
}

#[test]
fn what_shares_a_node_is_joined_only_where_it_moves_together_beyond_the_node() {
    let count = |shared: f64, measured: bool| {
        (0..20)
            .map(|seed| diagnose(&neighbours(520 + seed, shared, measured)))
            .filter(|findings| {
                let nodes = &findings.graph.nodes;
                assert!(
                    nodes
                        .iter()
                        .filter(|n| ["left", "right"].contains(&n.entity.name.as_str()))
                        .count()
                        == 2
                );
                between(&findings.graph).is_some_and(|edge| edge.relation == Relation::Statistical)
            })
            .count()
    };
    let (apart, together, explained) = (count(0.0, false), count(1.5, false), count(1.5, true));
    println!("apart {apart}, together {together}, explained {explained} of 20");
    assert!(
        apart <= 2,
        "{apart} of 20 that have nothing in common but their trouble"
    );
    assert!(together >= 18, "{together} of 20 that do");
    assert!(explained <= 4, "{explained} of 20 whose node is measured");
}

#[test]
fn an_edge_that_data_confirm_speaks_for_its_cause() {
    let mut told = 0;
    for seed in 540..550 {
        let mut town = Town::new(seed);
        slow(&mut town, "records", 14.0, 20);
        let mut input = town.finish();
        // The clients' latency follows the database's day and night, not only in trouble.
        let mut random = random(seed);
        let mut state = 0.0;
        let wander: Vec<f64> = (0..LENGTH)
            .map(|_| {
                state = 0.8 * state + gauss(&mut random);
                1.0 + 0.04 * state
            })
            .collect();
        for signal in &mut input.signals {
            let of = ["records", "search"].contains(&signal.entity.name.as_str());
            if of && signal.role == SignalRole::Latency {
                for (sample, wander) in signal.series.samples.iter_mut().zip(&wander) {
                    sample.value *= wander;
                }
            }
        }
        let findings = diagnose(&input);
        let records = findings
            .candidates
            .iter()
            .find(|c| c.entity.name == "records")
            .unwrap();
        let follows = records.reasons.iter().any(|reason| {
            let told = reason.text.contains("Also apart from the trouble");
            told && reason.stance == Stance::For && reason.text.contains("the same way (+")
        });
        told += usize::from(follows);
    }
    assert!(told >= 9, "{told} of 10");
}
