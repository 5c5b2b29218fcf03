//! A detector made of several: turns one series, a reading at a time, into calibrated scores.
//!
//! Two members look at each reading. `novelty` sees the series at several scales and asks how far
//! this view is from everything like it before; it needs no clock and finds new values, new levels
//! and new shapes. `season` asks how far the reading is from what its time of day usually brings;
//! it speaks once a week is known. Raw scores become probabilities of an ordinary series scoring
//! so high (`rank`, `tail`), and one incident is told once (`rest`).
//!
//! Streaming only: a verdict depends on what came before and on nothing else, memory is bounded
//! per series, and the state is saved and restored with serde. `docs/engine/anomalies.md` says how
//! good it is on public data, and what each member brings.

pub mod offline;

mod mean;
mod novelty;
mod rank;
mod rest;
mod scales;
mod season;
mod tail;

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use self::novelty::Novelty;
use self::rank::Ranks;
use self::rest::Rest;
use self::scales::Scales;
use self::season::Season;

/// Views and scores that are remembered: two weeks of readings five minutes apart, so that a
/// weekly habit is known.
const REMEMBERED: usize = 4000;
/// Nothing is said before so many readings: the longest scale is not full yet.
const LEAST: usize = 64;
/// A week.
const WEEK_MS: i64 = 604_800_000;
/// Values beyond this are no readings: squares of them must stay finite.
const LARGEST: f64 = 1e100;

/// What the ensemble says of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// How sure it is that the reading is unusual, 0 to 1, before any rest.
    pub unusual: f64,
    /// The same, or 0 while it rests after something at least as unusual: what should be told.
    pub probability: f64,
}

/// The state of one series; serde saves and restores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    last_ms: Option<i64>,
    seen: usize,
    steps: Ranks,
    scales: Scales,
    novelty: Novelty,
    distances: Ranks,
    season: Option<Season>,
    rest: Rest,
}

impl Default for Ensemble {
    fn default() -> Self {
        Self {
            last_ms: None,
            seen: 0,
            steps: Ranks::new(LEAST),
            scales: Scales::default(),
            novelty: Novelty::new(REMEMBERED),
            distances: Ranks::new(REMEMBERED),
            season: None,
            rest: Rest::default(),
        }
    }
}

impl Ensemble {
    /// The verdict on the next reading. A reading that is not finite, or not later than the one
    /// before it, is a gap: nothing is said of it and nothing learnt.
    pub fn push(&mut self, sample: Sample) -> Verdict {
        let usable = sample.value.is_finite() && sample.value.abs() <= LARGEST;
        if !usable || self.last_ms.is_some_and(|last| sample.at_ms <= last) {
            return Verdict::default();
        }
        self.meet(sample.at_ms);
        let rarity = self.rarity(sample);
        if self.seen <= LEAST {
            return Verdict::default();
        }
        Verdict {
            unusual: probability(rarity),
            probability: probability(self.rest.push(rarity)),
        }
    }

    /// Learns how often readings come; the season begins when that is known.
    fn meet(&mut self, at_ms: i64) {
        self.seen += 1;
        let before = self.last_ms.replace(at_ms);
        if self.season.is_none()
            && let Some(before) = before
        {
            self.steps.learn(at_ms.saturating_sub(before) as f64);
            if self.seen >= LEAST {
                self.season = self.step().map(Season::new);
            }
        }
    }

    /// The usual time between readings, in milliseconds.
    fn step(&self) -> Option<i64> {
        self.steps.quantile(0.5).map(|step| step as i64)
    }

    /// How many decades rarer than an ordinary reading: the members weighed by the series' shape.
    fn rarity(&mut self, sample: Sample) -> f64 {
        let seasonal = self.season.as_mut().and_then(|season| {
            let distance = season.push(sample.at_ms, sample.value)?;
            Some((
                tail::rarity(distance.deviations),
                season.explains(sample.at_ms),
            ))
        });
        match seasonal {
            // Its memory holds less than a week, so that each weekend would be new to it.
            Some((rarity, _)) if self.is_dense() => rarity,
            Some((rarity, true)) => rarity.max(self.novel(sample.value)),
            _ => self.novel(sample.value),
        }
    }

    fn is_dense(&self) -> bool {
        self.step()
            .is_some_and(|step| step < WEEK_MS / REMEMBERED as i64)
    }

    fn novel(&mut self, value: f64) -> f64 {
        let view = self.scales.push(value);
        let distance = self.novelty.push(view);
        let rarity = -self.distances.probability(distance).log10();
        self.distances.learn(distance);
        rarity
    }
}

/// Of a rarity in decades.
fn probability(rarity: f64) -> f64 {
    1.0 - 10.0_f64.powf(-rarity)
}
