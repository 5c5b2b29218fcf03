//! The radio side: distributed units need the time of their node, and without it lose slots, then
//! packets on their virtual functions, then their place at the central unit.

use super::World;
use super::happening::{Happening, Level};
use super::pods::{PodId, State};
use super::ptp::Clock;
use super::topology::Role;

/// A virtual function of a network card, held by a pod.
#[derive(Clone, Debug)]
pub(crate) struct VirtualFunction {
    pub(crate) node: usize,
    pub(crate) address: String,
    pub(crate) device: &'static str,
    pub(crate) number: u32,
    pub(crate) workload: usize,
    /// Packets and bytes a second, and the share that is dropped.
    pub(crate) received_packets: f64,
    pub(crate) sent_packets: f64,
    pub(crate) bytes_per_packet: f64,
    pub(crate) received_drops: f64,
    pub(crate) sent_drops: f64,
}

/// Share of the cell's slots that come too late.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) workload: usize,
    pub(crate) late: f64,
}

impl World {
    /// Late slots of each cell from its clock, and what follows for the central unit.
    pub(super) fn step_radio(&mut self) {
        for index in 0..self.cells.len() {
            let workload = self.cells[index].workload;
            let pod = self
                .pods_of(workload)
                .next()
                .map(|pod| (pod.id, pod.node, pod.state));
            let late = match pod {
                Some((_, node, State::Ready | State::Unready)) => {
                    self.clock_of(node).map_or(0.0, late_share)
                }
                _ => 1.0,
            };
            let before = self.cells[index].late;
            // The unit drops a cell at once, and takes it back slowly.
            let now = if late > before {
                late
            } else {
                before * 0.5 + late * 0.5
            };
            self.cells[index].late = now;
            if let Some((pod, node, state)) = pod {
                self.report_cell(pod, node, state, now);
            }
        }
        self.step_functions();
    }

    /// Share of the central unit's requests that fail because a distributed unit cannot serve
    /// them, 0 without radio.
    pub(super) fn radio_errors(&self) -> f64 {
        let cells = self.cells.len().max(1) as f64;
        self.cells.iter().map(|cell| cell.late).sum::<f64>() / cells * 0.55
    }

    pub(super) fn clock_of(&self, node: usize) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.node == node)
    }

    fn report_cell(&mut self, pod: PodId, node: usize, state: State, late: f64) {
        if late > 0.05 && state == State::Ready {
            let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            self.set_state(pod, State::Unready);
            self.happenings.push(Happening::PodUnready {
                pod,
                reason: message.to_owned(),
            });
            self.happenings.push(Happening::PodLog {
                pod,
                level: Level::Error,
                line: format!(
                    "PHY: timing source lost on node {}: clock not traceable, deactivating cell",
                    self.nodes[node].spec.name
                ),
            });
        } else if late < 0.01 && state == State::Unready {
            self.set_state(pod, State::Ready);
            self.happenings.push(Happening::PodReady { pod });
        }
    }

    fn set_state(&mut self, id: PodId, state: State) {
        if let Some(pod) = self.pods.iter_mut().find(|pod| pod.id == id) {
            pod.state = state;
            let workload = pod.workload;
            self.happenings
                .push(Happening::WorkloadChanged { workload });
        }
    }

    fn step_functions(&mut self) {
        let mut roll = self.dice.part("functions").at(self.tick.0);
        let users = self
            .graph
            .entries
            .first()
            .map_or(0.0, |entry| entry.rps / entry.load.peak);
        for index in 0..self.functions.len() {
            let workload = self.functions[index].workload;
            let home = self.pods_of(workload).next().map(|pod| pod.node);
            let late = self
                .cells
                .iter()
                .find(|c| c.workload == workload)
                .map_or(0.0, |cell| cell.late);
            let radio = self.workloads[workload].spec.role == Role::DistributedUnit;
            // A radio sends its slots whether there is traffic in them or not.
            let rate = if radio {
                52_000.0 + 38_000.0 * users
            } else {
                160_000.0 * users
            };
            let function = &mut self.functions[index];
            function.node = home.unwrap_or(function.node);
            function.received_packets = rate * (1.0 + 0.01 * roll.gauss());
            function.sent_packets = rate * 0.7 * (1.0 - 0.8 * late) * (1.0 + 0.01 * roll.gauss());
            function.bytes_per_packet = if radio { 3400.0 } else { 820.0 };
            function.received_drops = function.received_packets * 0.45 * late;
            function.sent_drops = function.sent_packets * 0.3 * late;
        }
    }
}

impl VirtualFunction {
    pub(crate) fn new(workload: usize, device: &'static str, slot: u32) -> Self {
        Self {
            node: 0,
            address: format!(
                "0000:{:02x}:0{}.{}",
                0x12 + slot / 8,
                1 + slot / 4 % 8,
                slot % 4
            ),
            device,
            number: slot % 8,
            workload,
            received_packets: 0.0,
            sent_packets: 0.0,
            bytes_per_packet: 0.0,
            received_drops: 0.0,
            sent_drops: 0.0,
        }
    }
}

/// No slot is late while the clock is good; beyond, more with the offset.
fn late_share(clock: &Clock) -> f64 {
    if clock.serves_radio() {
        let over = (clock.offset.abs() - super::ptp::DU_LIMIT_NANOS * 0.6).max(0.0);
        return (over / super::ptp::DU_LIMIT_NANOS * 0.3).min(0.2);
    }
    (0.45 + clock.offset.abs() / 20_000.0).min(0.95)
}
