//! A rollout whose new revision throws in a part of its requests.

use super::{EntityName, Fault, Truth, busy_applications, names_of_workload, next_revision};
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::time::Tick;
use crate::world::workloads::Behaviour;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct BadRelease {
    pub(crate) workload: usize,
    error: f64,
}

impl BadRelease {
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let &workload = roll.pick(&busy_applications(world))?;
        Some(Self {
            workload,
            error: roll.range(0.15, 0.40),
        })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        if world.tick == first {
            let behaviour = Behaviour {
                error: self.error,
                ..Behaviour::USUAL
            };
            world.roll_out(self.workload, behaviour, "new serializer");
        }
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let spec = &world.workloads[self.workload].spec;
        Truth {
            fault: Fault::BadRelease,
            cluster: world.name.to_owned(),
            entity: EntityName::workload(world, self.workload),
            also: names_of_workload(world, self.workload),
            change: Some(next_revision(world, self.workload)),
            started_at: first.timestamp(),
            description: format!(
                "The new revision of {}/{} fails {:.0} % of its requests with an exception.",
                spec.namespace,
                spec.name,
                self.error * 100.0
            ),
        }
    }
}
