//! PostgreSQL as its exporter and its clients see it.

use super::dice::Roll;

/// `max_connections` of the image.
pub(crate) const MAX_CONNECTIONS: f64 = 100.0;

#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) service: usize,
    pub(crate) name: &'static str,
    /// What holds its statements up; `None` in good times.
    pub(crate) trouble: Option<Trouble>,
    /// A backup reads all tables: more blocks and disk time, a little slower.
    pub(crate) backup: bool,
    pub(crate) usage: DatabaseUse,
}

/// A slow database has two usual shapes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Trouble {
    pub(crate) cause: Cause,
    /// How many times longer a statement takes.
    pub(crate) factor: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// A long transaction holds row locks that writers queue for.
    Locks,
    /// The planner has gone over to a sequential scan.
    Plan,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DatabaseUse {
    pub(crate) active: f64,
    pub(crate) idle: f64,
    pub(crate) idle_in_transaction: f64,
    pub(crate) commits: f64,
    pub(crate) rollbacks: f64,
    pub(crate) blocks_read: f64,
    pub(crate) blocks_hit: f64,
    pub(crate) share_locks: f64,
    pub(crate) row_exclusive_locks: f64,
    pub(crate) exclusive_locks: f64,
    pub(crate) disk_busy: f64,
}

impl Database {
    pub(crate) fn new(service: usize, name: &'static str) -> Self {
        Self {
            service,
            name,
            trouble: None,
            backup: false,
            usage: DatabaseUse::default(),
        }
    }

    /// How many times longer its statements take, apart from its pod's CPU.
    pub(crate) fn time_factor(&self) -> f64 {
        let backup = if self.backup { 1.25 } else { 1.0 };
        backup * self.trouble.map_or(1.0, |trouble| trouble.factor)
    }

    /// How many times more CPU a statement takes: a scan works, a lock only waits.
    pub(crate) fn cpu_factor(&self) -> f64 {
        match self.trouble {
            Some(Trouble {
                cause: Cause::Plan,
                factor,
            }) => (1.0 + factor / 25.0).min(2.6),
            _ => 1.0,
        }
    }

    /// `rps` statements a second of `seconds` each, of which `failed` were rolled back.
    pub(crate) fn account(&mut self, rps: f64, seconds: f64, failed: f64, roll: &mut Roll) {
        let noise = |roll: &mut Roll| 1.0 + 0.06 * roll.gauss();
        // Little's law.
        let active = (rps * seconds + 0.6 * roll.unit()).min(MAX_CONNECTIONS - 4.0);
        let waits = self
            .trouble
            .is_some_and(|trouble| trouble.cause == Cause::Locks);
        let scans = self
            .trouble
            .is_some_and(|trouble| trouble.cause == Cause::Plan);
        let read = if scans { 38.0 } else { 0.5 } * rps + if self.backup { 2600.0 } else { 0.0 };
        let waiting = if waits { active * 0.8 } else { 0.0 };
        self.usage = DatabaseUse {
            active: active.round(),
            idle: (24.0 - active * 0.3).max(2.0).round(),
            idle_in_transaction: if waits { 2.0 } else { 0.0 },
            commits: rps * (1.0 - failed) * noise(roll),
            rollbacks: rps * failed,
            blocks_read: read * noise(roll),
            blocks_hit: rps * 22.0 * noise(roll),
            share_locks: (active * 1.6).round(),
            row_exclusive_locks: (active * 0.5 + waiting).round(),
            exclusive_locks: waiting.round(),
            disk_busy: (read / 9000.0 + rps / 12_000.0).min(0.95),
        };
    }
}
