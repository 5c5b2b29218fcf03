//! The published table: what each sensitivity aims at, and each detector's threshold that follows.
//!
//! Aims are false alarms a series and day at a reading a minute. Thresholds are raw scores on
//! Gaussian noise without memory, or on heavy-tailed noise where the own tail comes too late; see
//! `docs/engine/sensitivity.md` for where each comes from. On other noise the series' own [`Tail`] raises them; it never lowers them.

use fleetscope_model::Sensitivity;

use serde::{Deserialize, Serialize};

use super::tail::Fit;
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
        thresholds: [
            4.96, 3.46, 5.44, 5.00, 5.36, 6.09, 7.20, 3.50, 6.20, 3.60, 4.40, 6.16, 5.44, 4.96,
            5.50,
        ],
        joint: 4.96,
    },
    Row {
        sensitivity: Sensitivity::Medium,
        per_day: 0.01,
        thresholds: [
            4.50, 3.02, 4.73, 4.50, 4.66, 5.61, 6.20, 2.70, 5.50, 3.20, 3.75, 5.16, 4.73, 4.50,
            4.80,
        ],
        joint: 4.35,
    },
    Row {
        sensitivity: Sensitivity::High,
        per_day: 0.1,
        thresholds: [
            3.98, 2.61, 4.18, 4.00, 4.15, 4.92, 5.13, 1.93, 4.75, 2.90, 2.97, 4.16, 4.18, 3.99,
            4.00,
        ],
        joint: 3.83,
    },
    Row {
        sensitivity: Sensitivity::Extreme,
        per_day: 1.0,
        thresholds: [
            3.39, 2.12, 3.53, 3.40, 3.53, 4.21, 3.97, 1.13, 3.88, 2.47, 2.32, 3.16, 3.53, 3.41,
            3.00,
        ],
        joint: 3.23,
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
}

/// A probability below this is not told from none: no series is long enough to say.
const LEAST_CHANCE: f64 = 1e-12;
/// The tail moves slowly: it is fitted anew after so many scores.
const REFIT: u32 = 60;

/// The probability that Gaussian noise without memory passes this score, by the table: drawn straight
/// between its rows, in the logarithm of the probability, and on beyond them.
fn by_table(kind: Kind, raw: f64) -> f64 {
    let point = |i: usize| (TABLE[i].of(kind), TABLE[i].probability().ln());
    let pair = (0..TABLE.len() - 1)
        .find(|i| raw >= point(i + 1).0)
        .unwrap_or(TABLE.len() - 2);
    let ((high, rare), (low, often)) = (point(pair), point(pair + 1));
    let log = often + (rare - often) * (raw - low) / (high - low);
    log.exp().clamp(LEAST_CHANCE, 1.0)
}

/// The threshold of one detector on one series, kept up to date from its scores: the table's, or
/// higher where the series' own tail needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limit {
    kind: Kind,
    sensitivity: Sensitivity,
    tail: Tail,
    fit: Option<Fit>,
    threshold: f64,
    count: u32,
}

impl Limit {
    /// For a detector at a sensitivity.
    pub fn new(kind: Kind, sensitivity: Sensitivity) -> Self {
        Self {
            kind,
            sensitivity,
            tail: Tail::default(),
            fit: None,
            threshold: row(sensitivity).of(kind),
            count: 0,
        }
    }

    /// The raw score from which a reading is unusual now.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Whether the next score is unusual; learns from it.
    pub fn push(&mut self, raw: f64) -> bool {
        let unusual = raw > self.threshold;
        self.tail.learn(raw, self.threshold);
        self.count = self.count.saturating_add(1);
        if self.count.is_multiple_of(REFIT) {
            let row = row(self.sensitivity);
            self.fit = self.tail.fit();
            let own = self.fit.map_or(0.0, |fit| fit.quantile(row.probability()));
            self.threshold = row.of(self.kind).max(own);
        }
        unusual
    }

    /// The probability that a reading scores so high when nothing is wrong: the table's, or the own
    /// tail's where that is larger.
    pub fn chance(&self, raw: f64) -> f64 {
        let own = self.fit.map_or(0.0, |fit| fit.probability(raw));
        by_table(self.kind, raw).max(own)
    }
}
