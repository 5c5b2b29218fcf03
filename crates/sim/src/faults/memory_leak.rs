//! A rollout whose new revision keeps a little of every request for ever.

use super::{EntityName, Fault, Truth, busy_applications, names_of_workload, next_revision};
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::time::Tick;
use crate::world::workloads::Behaviour;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct MemoryLeak {
    pub(crate) workload: usize,
    mib_per_request: f64,
}

impl MemoryLeak {
    /// The leak is such that at the present load a container lives 13 to 19 minutes.
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let &workload = roll.pick(&busy_applications(world))?;
        let minutes = roll.range(13.0, 19.0);
        let service = world.graph.service_of(workload)?;
        let spec = &world.workloads[workload].spec;
        let pods = f64::from(world.workloads[workload].desired.max(1));
        let rps = world.graph.services[service].rps / pods;
        let usual = spec.usage.memory_mib + spec.usage.memory_mib_per_rps * rps;
        let room = spec.resources.memory_limit_mib - usual;
        (room > 0.0).then(|| Self {
            workload,
            mib_per_request: room / (minutes * 60.0 * rps),
        })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        if world.tick == first {
            let behaviour = Behaviour {
                leak_mib_per_request: self.mib_per_request,
                ..Behaviour::USUAL
            };
            world.roll_out(self.workload, behaviour, "response cache");
        }
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let spec = &world.workloads[self.workload].spec;
        Truth {
            fault: Fault::MemoryLeak,
            cluster: world.name.to_owned(),
            entity: EntityName::workload(world, self.workload),
            also: names_of_workload(world, self.workload),
            change: Some(next_revision(world, self.workload)),
            started_at: first.timestamp(),
            description: format!(
                "The new revision of {}/{} keeps {:.0} KiB of every request and is OOM-killed at its limit of {} MiB.",
                spec.namespace,
                spec.name,
                self.mib_per_request * 1024.0,
                spec.resources.memory_limit_mib
            ),
        }
    }
}
