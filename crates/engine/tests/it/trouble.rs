//! What can go wrong in the town, and what goes on in it without anything being wrong.

use fleetscope_engine::Input;
use fleetscope_model::{Entity, Gap, GapKind, Source};
use rand::Rng;

use crate::build::cluster;
use crate::town::{LENGTH, SERVICES, Town, index, shifted};

/// Services that are no database.
pub(crate) const APPS: [&str; 6] = ["quotes", "basket", "search", "billing", "orders", "front"];

/// One of them.
pub(crate) fn one<'a>(town: &mut Town, from: &[&'a str]) -> &'a str {
    from[town.random.random_range(0..from.len())]
}

/// A rollout whose new revision never gives memory back, slows down near the limit, is killed and
/// starts again.
pub(crate) fn leak(town: &mut Town, name: &'static str, ago: i64) -> Entity {
    const LIFETIME: u32 = 16;
    town.rollout(name, ago, 7);
    let mut age = 0;
    for i in index(ago)..LENGTH {
        age += 1;
        let used = 0.55 * f64::from(age) / f64::from(LIFETIME);
        town.leaked.get_mut(name).unwrap()[i] = used;
        town.slow.get_mut(name).unwrap()[i] += 12.0 * (used - 0.42).max(0.0);
        if age >= LIFETIME {
            age = 0;
            town.fails.get_mut(name).unwrap()[i] = 0.5;
            let ago = (LENGTH - 1 - i) as i64;
            let pod = Town::workload(name);
            town.warn(
                pod,
                ago,
                "OOMKilling",
                "container was killed: out of memory",
            );
        }
    }
    Town::workload(name)
}

/// A rollout that fails a quarter of its requests, and says so.
pub(crate) fn bad_release(town: &mut Town, name: &'static str, ago: i64) -> Entity {
    town.rollout(name, ago, 7);
    town.fails.insert(name, shifted(0.0, 0.25, ago, 2));
    town.log(
        name,
        ago - 1,
        340,
        "unhandled error: cannot decode field 'total'",
    );
    town.trace(name, ago - 1, 5);
    Town::workload(name)
}

/// A service takes several times as long by itself, and nothing says why.
pub(crate) fn slow(town: &mut Town, name: &'static str, times: f64, ago: i64) -> Entity {
    town.slow.insert(name, shifted(1.0, times, ago, 3));
    Town::workload(name)
}

/// Something that is no workload takes a node's CPU.
pub(crate) fn hog(town: &mut Town, node: usize, ago: i64) -> Entity {
    town.hog[node] = shifted(0.0, 4.0, ago, 1);
    Town::node(node)
}

/// A workload takes its node's CPU.
pub(crate) fn greedy(town: &mut Town, node: usize, ago: i64) -> Entity {
    town.hog[node] = shifted(0.0, 4.0, ago, 1);
    town.batch(node, ago);
    Town::workload("batch")
}

/// Rollouts of other services around the fault, each with a short cold start.
pub(crate) fn decoys(town: &mut Town, spared: &str) {
    let others: Vec<&'static str> = SERVICES
        .iter()
        .filter(|s| !s.database && s.name != spared)
        .map(|s| s.name)
        .collect();
    for revision in 0..3 {
        let name = one(town, &others);
        let ago = town.random.random_range(5..55);
        town.rollout(name, ago, 20 + revision);
        for i in index(ago)..(index(ago) + 2).min(LENGTH) {
            town.slow.get_mut(name).unwrap()[i] *= 1.5;
        }
    }
}

/// A full day's bustle: an hourly job on a node, a longer cold start, a chronic warning, a chronic
/// log line, healthy devices.
pub(crate) fn bustle(town: &mut Town) {
    let node = town.random.random_range(0..4);
    let minute = town.random.random_range(0..60);
    for i in (0..LENGTH).filter(|i| (i + 60 - minute) % 60 < 5) {
        town.hog[node][i] += 1.1;
    }
    let name = one(town, &APPS);
    town.rollout(name, 14, 31);
    for (i, times) in (index(14)..).zip([2.4, 1.9, 1.5]) {
        town.slow.get_mut(name).unwrap()[i] = times;
    }
    town.warn(
        Town::workload("front"),
        33,
        "Unhealthy",
        "Readiness probe failed: timeout",
    );
    town.log("front", 60, 900, "cache miss for session");
    town.gpus(None, 9);
    town.clocks(None, 9);
}

/// What the input looks like where a source of the town's cluster cannot be read.
pub(crate) fn with_gap(mut input: Input, source: Source) -> Input {
    input.gaps.push(Gap {
        cluster: cluster(1),
        cluster_name: "town".to_owned(),
        source,
        kind: GapKind::Timeout,
        detail: "no answer within 10 s; check that the endpoint is reachable".to_owned(),
    });
    input
}
