//! One kind of reading is missing, for one kind of fault after the other.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{EdgeKind, Entity, Source};

use super::Tally;
use crate::town::Town;
use crate::trouble::{bad_release, decoys, hog, leak, slow, with_gap};

type Made = fn(&mut Town) -> Entity;
type Taken = fn(&mut Input, &Entity);

const FAULTS: [(&str, Made); 6] = [
    ("slow database", |town| slow(town, "records", 14.0, 20)),
    ("bad release", |town| bad_release(town, "billing", 20)),
    ("leak", |town| leak(town, "billing", 35)),
    ("busy node", |town| hog(town, 2, 20)),
    ("hot GPU", |town| {
        town.gpus(Some(5), 20);
        Town::gpu(5)
    }),
    ("lost clock", |town| {
        town.clocks(Some(2), 20);
        Town::clock(2)
    }),
];

/// What can be missing, and the gap that tells of it.
const KINDS: [(&str, Source, Taken); 8] = [
    ("logs", Source::Loki, |input, _| input.logs.clear()),
    ("traces", Source::Tempo, |input, _| input.traces.clear()),
    ("calls", Source::Tempo, |input, _| {
        let edges = &mut input.topology.edges;
        edges.retain(|edge| edge.kind != EdgeKind::Calls);
    }),
    ("changes", Source::Kubernetes, |input, _| {
        input.changes.clear();
    }),
    ("events", Source::Kubernetes, |input, _| {
        input.events.clear();
    }),
    ("topology", Source::Kubernetes, |input, _| {
        input.topology.edges.clear();
    }),
    (
        "metrics of the cause",
        Source::Prometheus,
        |input, cause| {
            input.signals.retain(|signal| signal.entity != *cause);
        },
    ),
    (
        "metrics of nodes and devices",
        Source::Prometheus,
        |input, _| {
            let is_work = |entity: &Entity| entity.namespace.is_some();
            input.signals.retain(|signal| is_work(&signal.entity));
        },
    ),
];

#[test]
fn without_one_kind_of_reading_the_answer_is_right_or_there_is_none() {
    let mut tally = Tally::default();
    for (fault, made) in FAULTS {
        for (kind, source, take) in KINDS {
            let mut right = 0;
            for seed in 380..390 {
                let mut town = Town::new(seed);
                decoys(&mut town, "billing");
                let cause = made(&mut town);
                let mut input = town.finish();
                take(&mut input, &cause);
                // Every other time the gap is known.
                if seed % 2 == 0 {
                    input = with_gap(input, source);
                }
                let what = format!("{fault} without {kind} {seed}");
                right += tally.right(&what, &diagnose(&input), &[cause]);
            }
            println!("{fault} without {kind}: {right} of 10");
        }
    }
    tally.nothing_wrong();
}
