//! The clocks of a telco site: a grandmaster disciplined by GNSS, boundary clocks that follow one,
//! and what becomes of them without their source.

use super::dice::Roll;
use super::time::{TICK_SECONDS, Tick};

#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) node: usize,
    pub(crate) iface: &'static str,
    /// The clock this one follows, by index; `None` for a grandmaster.
    pub(crate) upstream: Option<usize>,
    /// When the source was lost, and how long the oscillator then stays in its specification.
    pub(crate) lost: Option<Loss>,
    pub(crate) state: Lock,
    pub(crate) class: u32,
    /// Of the clock against its source, in ns.
    pub(crate) offset: f64,
    pub(crate) max_offset: f64,
    pub(crate) frequency: f64,
    pub(crate) delay: f64,
    /// Of the system clock against this clock, in ns.
    pub(crate) system_offset: f64,
    pub(crate) system_frequency: f64,
    /// Frequency error of the free oscillator, ns for each second.
    wander: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Loss {
    pub(crate) since: Tick,
    pub(crate) holdover_ticks: i64,
    /// How badly the oscillator runs alone: ns per second, gained in each minute.
    pub(crate) aging: f64,
}

/// `openshift_ptp_clock_state`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lock {
    Freerun = 0,
    Locked = 1,
    Holdover = 2,
}

/// A distributed unit keeps its slots only while its time is right: 3GPP TS 38.133 allows 3 µs
/// between cells, half of it is the share of one radio.
pub(crate) const DU_LIMIT_NANOS: f64 = 1500.0;
/// Classes of ITU-T G.8275.1: locked, grandmaster and boundary clock in holdover, free running.
pub(crate) const CLASS_LOCKED: u32 = 6;
const CLASS_HOLDOVER: u32 = 7;
const CLASS_BOUNDARY_HOLDOVER: u32 = 135;
const CLASS_FREERUN: u32 = 248;

impl Clock {
    pub(crate) fn new(
        node: usize,
        iface: &'static str,
        upstream: Option<usize>,
        roll: &mut Roll,
    ) -> Self {
        Self {
            node,
            iface,
            upstream,
            lost: None,
            state: Lock::Locked,
            class: CLASS_LOCKED,
            offset: 0.0,
            max_offset: 0.0,
            frequency: roll.range(-19_000.0, 9000.0).round(),
            delay: if upstream.is_some() {
                roll.range(380.0, 1100.0).round()
            } else {
                0.0
            },
            system_offset: 0.0,
            system_frequency: roll.range(-12_000.0, 12_000.0).round(),
            wander: 0.0,
        }
    }

    pub(crate) const fn is_grandmaster(&self) -> bool {
        self.upstream.is_none()
    }

    /// The process that disciplines this clock.
    pub(crate) const fn process(&self) -> &'static str {
        if self.is_grandmaster() {
            "ts2phc"
        } else {
            "ptp4l"
        }
    }

    /// Whether a distributed unit can transmit by this clock.
    pub(crate) fn serves_radio(&self) -> bool {
        self.state != Lock::Freerun
            && self.class != CLASS_FREERUN
            && self.offset.abs() < DU_LIMIT_NANOS
    }

    /// One tick. `upstream_class` is what the followed clock announces.
    pub(crate) fn step(&mut self, tick: Tick, upstream_class: Option<u32>, roll: &mut Roll) {
        self.system_offset = 5.0 * roll.gauss();
        self.system_frequency += 6.0 * roll.gauss();
        match self.lost {
            Some(loss) if tick > loss.since => self.run_alone(tick, loss, roll),
            _ => self.follow(upstream_class, roll),
        }
    }

    fn follow(&mut self, upstream_class: Option<u32>, roll: &mut Roll) {
        let noise = if self.is_grandmaster() { 3.0 } else { 6.5 };
        self.offset = 0.35 * self.offset.clamp(-200.0, 200.0) + noise * roll.gauss();
        self.max_offset = self.offset.abs() + noise * (1.2 + roll.unit());
        self.frequency += 4.0 * roll.gauss();
        self.delay += if self.upstream.is_some() {
            0.8 * roll.gauss()
        } else {
            0.0
        };
        self.state = Lock::Locked;
        self.class = upstream_class.unwrap_or(CLASS_LOCKED);
        self.wander = 0.0;
    }

    fn run_alone(&mut self, tick: Tick, loss: Loss, roll: &mut Roll) {
        let side = if loss.holdover_ticks % 2 == 0 {
            1.0
        } else {
            -1.0
        };
        self.wander += side * loss.aging * TICK_SECONDS / 60.0 + 0.08 * loss.aging * roll.gauss();
        self.offset += self.wander * TICK_SECONDS;
        self.max_offset = self.offset.abs() * 1.05 + 8.0;
        // The servo stands still: nothing tells it how far it is off.
        if tick.0 - loss.since.0 > loss.holdover_ticks {
            (self.state, self.class) = (Lock::Freerun, CLASS_FREERUN);
        } else if self.is_grandmaster() {
            (self.state, self.class) = (Lock::Holdover, CLASS_HOLDOVER);
        } else {
            (self.state, self.class) = (Lock::Holdover, CLASS_BOUNDARY_HOLDOVER);
        }
    }
}

impl Lock {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Freerun => "FREERUN",
            Self::Locked => "LOCKED",
            Self::Holdover => "HOLDOVER",
        }
    }

    /// The servo state in the daemons' lines.
    pub(crate) const fn servo(self) -> &'static str {
        match self {
            Self::Freerun => "s0",
            Self::Holdover => "s1",
            Self::Locked => "s2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::dice::Dice;

    #[test]
    fn a_lost_source_leads_over_holdover_to_freerun_and_the_offset_grows() {
        let dice = Dice::new(3);
        let mut clock = Clock::new(0, "ens5f0", None, &mut dice.at(0));
        for tick in 0..20 {
            clock.step(Tick(tick), None, &mut dice.at(tick));
            assert!(clock.serves_radio() && clock.offset.abs() < 50.0);
        }
        clock.lost = Some(Loss {
            since: Tick(20),
            holdover_ticks: 8,
            aging: 1.2,
        });
        clock.step(Tick(21), None, &mut dice.at(21));
        assert_eq!((clock.state, clock.class), (Lock::Holdover, 7));
        for tick in 22..40 {
            clock.step(Tick(tick), None, &mut dice.at(tick));
        }
        assert_eq!((clock.state, clock.class), (Lock::Freerun, 248));
        assert!(clock.offset.abs() > 1000.0, "{}", clock.offset);
        assert!(!clock.serves_radio());
    }
}
