//! A process of the host, started by systemd and in no pod, takes a node's CPU.

use super::{EntityName, Fault, Truth, ramp};
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::happening::{Happening, Level};
use crate::world::time::Tick;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct NodeCpuHog {
    node: usize,
    cores: f64,
    unit: &'static str,
}

const UNITS: [&str; 4] = [
    "updatedb.service",
    "vulnerability-scan.service",
    "fstrim.service",
    "sosreport.service",
];

impl NodeCpuHog {
    /// Any node on which at least two services of the graph have a pod.
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let nodes: Vec<usize> = (0..world.nodes.len())
            .filter(|&node| {
                let mut serving: Vec<usize> = world
                    .pods
                    .iter()
                    .filter(|pod| pod.node == node)
                    .filter_map(|pod| world.graph.service_of(pod.workload))
                    .collect();
                serving.dedup();
                serving.len() >= 2
            })
            .collect();
        let &node = roll.pick(&nodes)?;
        let cores = f64::from(world.nodes[node].spec.cores) * roll.range(1.3, 1.9);
        let unit = roll.pick(&UNITS).copied()?;
        Some(Self { node, cores, unit })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        if world.tick == first {
            world.happenings.push(Happening::NodeLog {
                node: self.node,
                unit: "systemd",
                level: Level::Info,
                line: format!("Started {}.", self.unit),
            });
        }
        let wobble = world.dice.part("hog").at(world.tick.0).range(0.95, 1.05);
        world.nodes[self.node].hog = self.cores * ramp(world, first, 2) * wobble;
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let node = &world.nodes[self.node].spec;
        Truth {
            fault: Fault::NodeCpuHog,
            cluster: world.name.to_owned(),
            entity: EntityName::plain("node", node.name.to_owned()),
            also: Vec::new(),
            change: None,
            started_at: first.timestamp(),
            description: format!(
                "{} on node {} asks for {:.1} of its {} cores, outside any pod.",
                self.unit, node.name, self.cores, node.cores
            ),
        }
    }
}
