//! A clock of the telco site loses its source: GNSS for a grandmaster, the upstream clock for a
//! boundary clock. It goes over holdover to free run, and the distributed units that need its
//! time lose their cells. The oscillator ages faster than a good one does, so that it shows within
//! minutes and not hours.

use super::{EntityName, Fault, Truth};
use crate::world::World;
use crate::world::dice::Roll;
use crate::world::happening::{Happening, Level};
use crate::world::ptp::Loss;
use crate::world::time::Tick;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct PtpLockLoss {
    clock: usize,
    holdover_ticks: i64,
    aging: f64,
}

impl PtpLockLoss {
    pub(super) fn choose(world: &World, roll: &mut Roll) -> Option<Self> {
        let good: Vec<usize> = (0..world.clocks.len())
            .filter(|&clock| world.clocks[clock].lost.is_none())
            .collect();
        let &clock = roll.pick(&good)?;
        Some(Self {
            clock,
            holdover_ticks: 5 + roll.below(5) as i64,
            aging: roll.range(0.9, 2.2),
        })
    }

    pub(super) fn apply(&self, world: &mut World, first: Tick) {
        if world.tick != first {
            return;
        }
        let clock = &mut world.clocks[self.clock];
        clock.lost = Some(Loss {
            since: first,
            holdover_ticks: self.holdover_ticks,
            aging: self.aging,
        });
        let line = if clock.is_grandmaster() {
            format!(
                "ts2phc: [ts2phc.0.config] nmea: no valid sentence, {} nmea_status 0 offset 999999 s0",
                clock.iface
            )
        } else {
            format!(
                "ptp4l: [ptp4l.0.config] port 1 ({}): SLAVE to LISTENING on ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES",
                clock.iface
            )
        };
        let node = clock.node;
        world.happenings.push(Happening::NodeLog {
            node,
            unit: "linuxptp",
            level: Level::Warn,
            line,
        });
    }

    pub(super) fn truth(&self, world: &World, first: Tick) -> Truth {
        let clock = &world.clocks[self.clock];
        let node = world.nodes[clock.node].spec.name;
        let source = if clock.is_grandmaster() {
            "GNSS"
        } else {
            "its upstream clock"
        };
        Truth {
            fault: Fault::PtpLockLoss,
            cluster: world.name.to_owned(),
            entity: EntityName::plain("ptp-clock", format!("{node}/{}", clock.iface)),
            also: vec![EntityName::plain("ptp-clock", node.to_owned())],
            change: None,
            started_at: first.timestamp(),
            description: format!(
                "The clock {} of node {node} lost {source} and drifts; radios by its time stop.",
                clock.iface
            ),
        }
    }
}
