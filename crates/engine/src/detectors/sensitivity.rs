//! The published table: what each sensitivity aims at, and each detector's threshold that follows.
//!
//! Aims are false alarms a series and day at a reading a minute. Thresholds are raw scores on
//! Gaussian noise without memory; see `docs/engine/sensitivity.md` for where each comes from. On
//! other noise the series' own [`Tail`] raises them; it never lowers them.

use fleetscope_model::Sensitivity;

use super::{Kind, Tail};

/// Readings of a day at one a minute.
pub const READINGS: f64 = 1440.0;
/// Scores above the threshold that are no farther apart than this many readings are one alarm.
pub const REFRACTORY: usize = 15;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The sensitivity.
    pub sensitivity: Sensitivity,
    /// False alarms aimed at, a series and day.
    pub per_day: f64,
    /// The raw score from which a reading is unusual, for each of [`Kind::ALL`] in its order.
    pub thresholds: [f64; Kind::ALL.len()],
    /// The same for [`super::Joint`].
    pub joint: f64,
}

/// The four rows.
pub const TABLE: [Row; 4] = [
    Row {
        sensitivity: Sensitivity::Low,
        per_day: 0.001,
        thresholds: [5.0, 3.2, 5.2, 5.0, 5.0, 5.0, 30.0, 5.0, 6.0, 6.0, 5.0, 6.2, 5.2, 5.0],
        joint: 5.0,
    },
    Row {
        sensitivity: Sensitivity::Medium,
        per_day: 0.01,
        thresholds: [4.5, 2.9, 4.7, 4.5, 4.5, 4.5, 20.0, 4.0, 5.0, 5.0, 4.5, 5.2, 4.7, 4.5],
        joint: 4.5,
    },
    Row {
        sensitivity: Sensitivity::High,
        per_day: 0.1,
        thresholds: [4.0, 2.5, 4.1, 4.0, 4.0, 4.0, 12.0, 3.0, 4.2, 4.2, 4.0, 4.2, 4.1, 4.0],
        joint: 4.0,
    },
    Row {
        sensitivity: Sensitivity::Extreme,
        per_day: 1.0,
        thresholds: [3.4, 2.0, 3.5, 3.4, 3.4, 3.4, 8.0, 2.0, 3.5, 3.5, 3.4, 3.2, 3.5, 3.4],
        joint: 3.4,
    },
];

/// The row of a sensitivity.
pub const fn row(sensitivity: Sensitivity) -> &'static Row {
    match sensitivity {
        Sensitivity::Low => &TABLE[0],
        Sensitivity::Medium => &TABLE[1],
        Sensitivity::High => &TABLE[2],
        Sensitivity::Extreme => &TABLE[3],
    }
}

impl Row {
    /// The threshold of a detector on Gaussian noise.
    pub fn of(&self, kind: Kind) -> f64 {
        self.thresholds[kind as usize]
    }

    /// Probability that one reading passes its threshold when nothing is wrong.
    pub fn probability(&self) -> f64 {
        self.per_day / READINGS
    }

    /// The threshold on this series: the table's, or what its own tail passes as rarely.
    pub fn on(&self, kind: Kind, tail: &Tail) -> f64 {
        let own = tail.quantile(self.probability()).unwrap_or(0.0);
        self.of(kind).max(own)
    }
}
