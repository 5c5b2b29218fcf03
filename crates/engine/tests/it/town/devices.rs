//! GPUs that train and answer, and clocks that cells need.

use fleetscope_model::{EdgeKind, Entity, EntityKind, SignalRole};

use super::{Kind, Town, shifted, smoothed};
use crate::build::cluster;

const CLOCK: Kind = Kind::new("SM clock", SignalRole::Gpu, "megahertz", 100.0).down();
const TEMPERATURE: Kind = Kind::new("GPU temperature", SignalRole::Gpu, "celsius", 5.0);
const USE: Kind = Kind::new("GPU utilisation", SignalRole::Gpu, "ratio", 0.1).both();
const ANSWERS: Kind = Kind::new(
    "end-to-end latency p95",
    SignalRole::Latency,
    "seconds",
    0.3,
)
.felt();
const STATE: Kind = Kind::new("clock state", SignalRole::Clock, "state", 0.5)
    .both()
    .felt();
const OFFSET: Kind = Kind::new("clock offset", SignalRole::Clock, "nanoseconds", 100.0);
const LATE: Kind = Kind::new("late slots", SignalRole::Errors, "ratio", 0.02).felt();

impl Town {
    pub(crate) fn gpu(number: usize) -> Entity {
        let name = format!("rack-{}/gpu{}", number / 4, number % 4);
        Entity::new(cluster(1), EntityKind::Gpu, name)
    }

    pub(crate) fn clock(number: usize) -> Entity {
        Entity::new(
            cluster(1),
            EntityKind::PtpClock,
            format!("mast-{number}/eth0"),
        )
    }

    /// Eight GPUs of one job that waits for its slowest, which also answers requests. `hot` of them
    /// loses its cooling so many minutes ago.
    pub(crate) fn gpus(&mut self, hot: Option<usize>, ago: i64) {
        let job = Self::workload("answers");
        for number in 0..8 {
            let gpu = Self::gpu(number);
            let rack = Entity::new(cluster(1), EntityKind::Node, format!("rack-{}", number / 4));
            let is_hot = hot == Some(number);
            let (clock, heat, load) = match (is_hot, hot.is_some()) {
                (true, _) => (1110.0, 88.0, 0.99),
                (false, true) => (1980.0, 58.0, 0.62),
                (false, false) => (1980.0, 66.0, 0.97),
            };
            let lag = if is_hot { 0 } else { 2 };
            self.series(gpu.clone(), CLOCK, &shifted(1980.0, clock, ago, 5), 0.004);
            self.series(
                gpu.clone(),
                TEMPERATURE,
                &shifted(66.0, heat, ago - lag, 6),
                0.008,
            );
            self.series(gpu.clone(), USE, &shifted(0.97, load, ago - lag, 5), 0.01);
            self.edge(&job, &gpu, EdgeKind::Uses);
            self.edge(&gpu, &rack, EdgeKind::PartOf);
            self.edge(&job, &rack, EdgeKind::RunsOn);
        }
        let slow = if hot.is_some() { 5.4 } else { 3.1 };
        self.series(
            job,
            ANSWERS,
            &smoothed(&shifted(3.1, slow, ago - 2, 5)),
            0.04,
        );
    }

    /// Three clocks, each of which one cell lives by. `lost` of them loses its source so many
    /// minutes ago and drifts.
    pub(crate) fn clocks(&mut self, lost: Option<usize>, ago: i64) {
        for number in 0..3 {
            let (clock, cell) = (
                Self::clock(number),
                Self::workload(&format!("cell-{number}")),
            );
            let mast = Entity::new(cluster(1), EntityKind::Node, format!("mast-{number}"));
            let is_lost = lost == Some(number);
            let state = if is_lost { 0.0 } else { 1.0 };
            let (off, late) = if is_lost {
                (4000.0, 0.3)
            } else {
                (20.0, 0.001)
            };
            self.series(clock.clone(), STATE, &shifted(1.0, state, ago, 0), 0.0);
            self.series(clock.clone(), OFFSET, &shifted(20.0, off, ago, 30), 0.3);
            self.series(
                cell.clone(),
                LATE,
                &smoothed(&shifted(0.001, late, ago - 4, 6)),
                0.2,
            );
            self.edge(&cell, &clock, EdgeKind::Uses);
            self.edge(&clock, &mast, EdgeKind::PartOf);
            self.edge(&cell, &mast, EdgeKind::RunsOn);
        }
    }
}
