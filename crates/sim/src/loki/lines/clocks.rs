//! Lines of linuxptp-daemon: what ptp4l, ts2phc, phc2sys and the daemon itself print.
//!
//! A lost master is silence in ptp4l and ts2phc; the daemon then tells of its holdover.

use super::Said;
use crate::history::{ClockMoment, History, Moment};
use crate::world::happening::Level;
use crate::world::ptp::Lock;
use crate::world::time::TICK_SECONDS;

pub(super) fn lines(history: &History, moment: &Moment, node: usize) -> Vec<Said> {
    let Some(index) = history.clocks.iter().position(|clock| clock.0 == node) else {
        return Vec::new();
    };
    let (_, iface, grandmaster) = history.clocks[index];
    let clock = moment.clocks[index];
    let mut said = Vec::new();
    for half in 0..2 {
        let at = -TICK_SECONDS * 0.5 * f64::from(half) - 0.4;
        // Seconds since boot, as the programs print them.
        let seconds = (moment.tick.nanos() as f64 / 1e9 + at).rem_euclid(4_000_000.0);
        let mut push = |level: Level, line: String| {
            said.push(Said {
                at,
                level,
                line,
                trace: None,
            });
        };
        if clock.state == Lock::Locked {
            push(Level::Info, locked(clock, iface, grandmaster, seconds));
        } else {
            for line in alone(clock, iface, grandmaster, seconds) {
                push(Level::Warn, line);
            }
        }
        push(Level::Info, system(clock, seconds));
    }
    said
}

fn locked(clock: ClockMoment, iface: &str, grandmaster: bool, seconds: f64) -> String {
    let (rms, max) = (clock.offset.abs().round(), clock.max_offset.round());
    if grandmaster {
        format!(
            "ts2phc[{seconds:.3}]: [ts2phc.0.config] {iface} master offset {:.0} s2 freq {:+.0}",
            clock.offset, clock.frequency
        )
    } else {
        format!(
            "ptp4l[{seconds:.3}]: [ptp4l.0.config] rms {rms:4.0} max {max:4.0} freq {:+6.0} +/- {:3.0} delay {:5.0} +/- {:3.0}",
            clock.frequency,
            4.0 + rms * 0.6,
            clock.delay,
            1.0
        )
    }
}

fn alone(clock: ClockMoment, iface: &str, grandmaster: bool, seconds: f64) -> Vec<String> {
    let (config, status) = if grandmaster {
        ("ts2phc.0.config", "T-GM-STATUS")
    } else {
        ("ptp4l.0.config", "T-BC-STATUS")
    };
    let (dpll, pps) = if clock.state == Lock::Holdover {
        (4, 0)
    } else {
        (1, 0)
    };
    let servo = clock.state.servo();
    vec![
        format!(
            "dpll[{seconds:.0}]:[{config}] {iface} frequency_status {dpll} offset {:.0} phase_status {dpll} pps_status {pps} {servo}",
            clock.offset
        ),
        format!(
            "{}[{seconds:.0}]:[{config}] {iface} {status} {servo}, clock class {}",
            &status[..4],
            clock.class
        ),
    ]
}

fn system(clock: ClockMoment, seconds: f64) -> String {
    format!(
        "phc2sys[{seconds:.3}]: [ptp4l.0.config] CLOCK_REALTIME rms {:4.0} max {:4.0} freq {:+6.0} +/- {:3.0} delay {:5.0} +/- {:3.0}",
        clock.system_offset.abs(),
        clock.system_offset.abs() + 6.0,
        clock.system_frequency,
        3.0,
        499.0,
        2.0
    )
}
