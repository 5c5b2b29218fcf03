//! GPUs: load makes power, power makes heat, heat takes clock, clock takes time.

use super::dice::Roll;
use super::time::TICK_SECONDS;

/// An H100 SXM: boost clock, memory clock, idle and full power, memory.
pub(crate) const MODEL: &str = "NVIDIA H100 80GB HBM3";
pub(crate) const BOOST_MHZ: f64 = 1980.0;
pub(crate) const MEMORY_MHZ: f64 = 2619.0;
pub(crate) const MEMORY_MIB: f64 = 81_559.0;
const LEAST_MHZ: f64 = 345.0;
const IDLE_WATTS: f64 = 72.0;
const FULL_WATTS: f64 = 655.0;
/// Air at the inlet, and kelvins for each watt with good cooling.
pub(crate) const INLET_CELSIUS: f64 = 27.0;
pub(crate) const KELVIN_PER_WATT: f64 = 0.053;
/// How fast heat sinks follow, in seconds.
const THERMAL_SECONDS: f64 = 75.0;
/// Software slowdown begins here, hardware slowdown there (`nvidia-smi -q -d TEMPERATURE`:
/// "GPU Max Operating Temp" and "GPU Slowdown Temp" are in this region).
const SOFT_CELSIUS: f64 = 82.0;
const HARD_CELSIUS: f64 = 87.0;

/// Bits of `DCGM_FI_DEV_CLOCK_THROTTLE_REASONS` (dcgm `dcgm_fields.h`).
pub(crate) const REASON_IDLE: u64 = 0x1;
pub(crate) const REASON_SOFT_THERMAL: u64 = 0x20;
pub(crate) const REASON_HARD_THERMAL: u64 = 0x40;

#[derive(Clone, Debug)]
pub(crate) struct Gpu {
    pub(crate) node: usize,
    pub(crate) index: usize,
    pub(crate) uuid: String,
    pub(crate) bus: String,
    /// How many times worse than designed the cooling is.
    pub(crate) cooling: f64,
    /// The last XID, 0 for none.
    pub(crate) xid: u32,
    /// Share of the time a kernel runs.
    pub(crate) busy: f64,
    pub(crate) clock: f64,
    pub(crate) celsius: f64,
    pub(crate) memory_celsius: f64,
    pub(crate) watts: f64,
    pub(crate) memory_used: f64,
    pub(crate) copy_busy: f64,
    pub(crate) reasons: u64,
}

/// A synchronous training job: a step ends when its slowest GPU is done.
#[derive(Clone, Debug)]
pub(crate) struct Training {
    /// Seconds of the last step.
    pub(crate) step_seconds: f64,
    pub(crate) steps: f64,
    pub(crate) loss: f64,
    pub(crate) checkpointing: bool,
}

/// Seconds of compute at boost clock, and of communication, in a step.
const COMPUTE_SECONDS: f64 = 7.4;
const EXCHANGE_SECONDS: f64 = 0.5;

impl Gpu {
    pub(crate) fn new(node: usize, index: usize, roll: &mut Roll) -> Self {
        let uuid = format!(
            "GPU-{}-{}-{}-{}-{}",
            roll.hex(8),
            roll.hex(4),
            roll.hex(4),
            roll.hex(4),
            roll.hex(12)
        );
        Self {
            node,
            index,
            uuid,
            bus: format!("00000000:{:02X}:00.0", 0x1b + index * 0x20),
            cooling: roll.range(0.94, 1.06),
            xid: 0,
            busy: 0.0,
            clock: BOOST_MHZ,
            celsius: 34.0,
            memory_celsius: 40.0,
            watts: IDLE_WATTS,
            memory_used: 0.0,
            copy_busy: 0.0,
            reasons: REASON_IDLE,
        }
    }

    /// Relative to the boost clock.
    pub(crate) fn speed(&self) -> f64 {
        self.clock / BOOST_MHZ
    }

    /// One tick under a load of `busy` (share of time) and `used` MiB of memory.
    pub(crate) fn step(&mut self, busy: f64, used: f64, roll: &mut Roll) {
        self.busy = busy.clamp(0.0, 1.0);
        self.memory_used = used;
        self.copy_busy = self.busy * 0.55 * (1.0 + 0.05 * roll.gauss());
        let work = self.busy * self.speed().powf(1.3);
        let watts = IDLE_WATTS + (FULL_WATTS - IDLE_WATTS) * work;
        self.watts = watts * (1.0 + 0.008 * roll.gauss());
        let target = INLET_CELSIUS + self.watts * KELVIN_PER_WATT * self.cooling;
        let follow = 1.0 - (-TICK_SECONDS / THERMAL_SECONDS).exp();
        self.celsius += (target - self.celsius) * follow + 0.15 * roll.gauss();
        self.memory_celsius = self.celsius + 6.0 + 8.0 * self.busy;
        let over = (self.celsius - SOFT_CELSIUS).max(0.0);
        let wanted = (BOOST_MHZ - 85.0 * over).max(LEAST_MHZ);
        self.clock += (wanted - self.clock) * 0.6;
        // Clocks move in steps of 15 MHz.
        self.clock = ((self.clock / 15.0).round() * 15.0).clamp(LEAST_MHZ, BOOST_MHZ);
        self.reasons = 0;
        if self.busy < 0.01 {
            self.reasons |= REASON_IDLE;
        }
        if over > 0.0 {
            self.reasons |= REASON_SOFT_THERMAL;
        }
        if self.celsius > HARD_CELSIUS {
            self.reasons |= REASON_HARD_THERMAL;
        }
    }

    pub(crate) const fn throttles(&self) -> bool {
        self.reasons & (REASON_SOFT_THERMAL | REASON_HARD_THERMAL) != 0
    }
}

impl Training {
    pub(crate) const fn new() -> Self {
        Self {
            step_seconds: 8.0,
            steps: 41_000.0,
            loss: 2.31,
            checkpointing: false,
        }
    }

    /// One tick over the GPUs of the job; each gets the load of its part of the step. `feeding` is
    /// how many times longer a step takes because its data comes late.
    pub(crate) fn step(
        &mut self,
        gpus: &mut [&mut Gpu],
        feeding: f64,
        checkpointing: bool,
        roll: &mut Roll,
    ) {
        self.checkpointing = checkpointing;
        let compute: Vec<f64> = gpus
            .iter()
            .map(|gpu| COMPUTE_SECONDS / gpu.speed() * (1.0 + 0.006 * roll.gauss()))
            .collect();
        let slowest = compute.iter().copied().fold(0.0, f64::max);
        self.step_seconds = slowest * feeding + EXCHANGE_SECONDS;
        // A checkpoint stops the work for a third of the tick.
        let working = if checkpointing { 0.66 } else { 1.0 };
        self.steps += TICK_SECONDS * working / self.step_seconds;
        self.loss = 1.9 + 0.6 * (-self.steps / 90_000.0).exp() + 0.01 * roll.gauss();
        for (gpu, seconds) in gpus.iter_mut().zip(&compute) {
            let busy = (seconds + EXCHANGE_SECONDS * 0.6) / self.step_seconds * working;
            gpu.step(busy, 71_400.0 + 40.0 * roll.gauss(), roll);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::dice::Dice;

    fn settle(gpus: &mut [Gpu], ticks: i64) -> Training {
        let mut training = Training::new();
        for tick in 0..ticks {
            let mut gpus: Vec<&mut Gpu> = gpus.iter_mut().collect();
            training.step(&mut gpus, 1.0, false, &mut Dice::new(1).at(tick));
        }
        training
    }

    #[test]
    fn a_well_cooled_gpu_keeps_its_boost_clock() {
        let mut gpus = [Gpu::new(0, 0, &mut Dice::new(1).at(0))];
        settle(&mut gpus, 40);
        assert!(
            gpus[0].celsius < 70.0 && gpus[0].celsius > 50.0,
            "{}",
            gpus[0].celsius
        );
        assert!((gpus[0].clock - BOOST_MHZ).abs() < 1.0);
        assert!(!gpus[0].throttles());
    }

    #[test]
    fn one_hot_gpu_makes_the_others_wait() {
        let mut gpus =
            [0, 1, 2].map(|index| Gpu::new(0, index, &mut Dice::new(1).at(index as i64)));
        let before = settle(&mut gpus, 40).step_seconds;
        gpus[1].cooling = 2.6;
        let after = settle(&mut gpus, 40).step_seconds;
        assert!(
            gpus[1].throttles() && gpus[1].clock < 1700.0,
            "{:?}",
            gpus[1]
        );
        assert!(after > before * 1.15, "{before} {after}");
        assert!(gpus[0].busy < 0.9 && gpus[1].busy > 0.95);
        assert!(gpus[1].watts < gpus[0].watts * 1.1);
    }
}
