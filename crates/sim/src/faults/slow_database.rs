//! The database that several services share gets slow, without any rollout.

use super::{EntityName, Fault, Truth, names_of_workload, ramp};
use crate::world::World;
use crate::world::database::{Cause, Trouble};
use crate::world::dice::Roll;
use crate::world::happening::{Happening, Level};
use crate::world::time::Tick;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct SlowDatabase {
    database: usize,
    cause: Cause,
    factor: f64,
}

impl SlowDatabase {
    /// A database that at least three services call.
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let shared: Vec<usize> = (0..world.databases.len())
            .filter(|&index| {
                let service = world.databases[index].service;
                world
                    .graph
                    .edges
                    .iter()
                    .filter(|edge| edge.server == service)
                    .count()
                    >= 3
            })
            .collect();
        let &database = roll.pick(&shared)?;
        let cause = if roll.chance(0.5) {
            Cause::Locks
        } else {
            Cause::Plan
        };
        Some(Self {
            database,
            cause,
            factor: roll.range(50.0, 90.0),
        })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        let factor = 1.0 + (self.factor - 1.0) * ramp(world, first, 5);
        let wobble = world.dice.part("slow").at(world.tick.0).range(0.85, 1.15);
        let database = &mut world.databases[self.database];
        database.trouble = Some(Trouble {
            cause: self.cause,
            factor: factor * wobble,
        });
        if world.tick == first {
            self.announce(world);
        }
    }

    /// What PostgreSQL itself says when it begins.
    fn announce(&self, world: &mut World) {
        let workload = world.graph.services[world.databases[self.database].service].workload;
        let line = match self.cause {
            Cause::Locks => {
                "LOG:  process 4711 still waiting for ShareLock on transaction 90125531 after 1000.214 ms"
            }
            Cause::Plan => {
                "LOG:  automatic analyze of table \"app.public.products\" system usage: CPU: user: 1.91 s, system: 0.22 s, elapsed: 9.80 s"
            }
        };
        let pod = world
            .pods
            .iter()
            .find(|pod| pod.workload == workload)
            .map(|pod| pod.id);
        if let Some(pod) = pod {
            world.happenings.push(Happening::PodLog {
                pod,
                level: Level::Warn,
                line: line.to_owned(),
            });
        }
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let workload = world.graph.services[world.databases[self.database].service].workload;
        let spec = &world.workloads[workload].spec;
        let cause = match self.cause {
            Cause::Locks => "statements queue for row locks that a long transaction holds",
            Cause::Plan => "the planner has gone over to sequential scans",
        };
        let mut also = names_of_workload(world, workload);
        also.push(EntityName::namespaced(
            "pod",
            spec.namespace,
            &format!("{}-0", spec.name),
        ));
        Truth {
            fault: Fault::SlowDatabase,
            cluster: world.name.to_owned(),
            entity: EntityName::workload(world, workload),
            also,
            change: None,
            started_at: first.timestamp(),
            description: format!(
                "{}/{} answers {:.0} times slower: {cause}.",
                spec.namespace, spec.name, self.factor
            ),
        }
    }
}
