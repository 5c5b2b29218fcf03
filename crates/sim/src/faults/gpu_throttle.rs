//! A GPU loses its cooling: it gets hot, lowers its clock, and its job waits for it.

use super::{EntityName, Fault, Truth, ramp};
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::gpu::{INLET_CELSIUS, KELVIN_PER_WATT};
use crate::world::time::Tick;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct GpuThrottle {
    gpu: usize,
    /// How many times worse the cooling gets.
    cooling: f64,
}

impl GpuThrottle {
    /// A GPU at work. Its cooling gets so bad that at its present power it would go 25 to 45 K
    /// beyond the slowdown temperature.
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let busy: Vec<usize> = (0..world.gpus.len())
            .filter(|&gpu| world.gpus[gpu].busy > 0.1)
            .collect();
        let &gpu = roll.pick(&busy)?;
        let wanted = 87.0 + roll.range(25.0, 45.0) - INLET_CELSIUS;
        let cooling = wanted / (world.gpus[gpu].watts * KELVIN_PER_WATT);
        Some(Self { gpu, cooling })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        let cooling = 1.0 + (self.cooling - 1.0) * ramp(world, first, 4);
        world.gpus[self.gpu].cooling = cooling;
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let gpu = &world.gpus[self.gpu];
        let node = world.nodes[gpu.node].spec.name;
        Truth {
            fault: Fault::GpuThrottle,
            cluster: world.name.to_owned(),
            entity: EntityName::plain("gpu", format!("{node}/gpu{}", gpu.index)),
            also: vec![EntityName::plain("gpu", gpu.uuid.clone())],
            change: None,
            started_at: first.timestamp(),
            description: format!(
                "The cooling of GPU {} on node {node} is {:.1} times worse than designed; it lowers its clock.",
                gpu.index, self.cooling
            ),
        }
    }
}
