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
mod reach;
mod rest;
mod scales;
mod season;
mod tail;

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use self::novelty::Novelty;
use self::rank::Ranks;
use self::reach::Reach;
use self::rest::Rest;
use self::scales::Scales;
use self::season::Season;
use crate::detectors::{Score, Streaming};

/// Views and scores that are remembered: two weeks of readings five minutes apart, so that a
/// weekly habit is known.
const REMEMBERED: usize = 4000;
/// Nothing is said before so many readings: the longest scale is not full yet.
const LEAST: usize = 64;
/// The share of what a series reaches from which on a distance is large.
const LARGE: f64 = 0.1;
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

/// A part of the ensemble that can be left out, to see what it brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Means over several readings: each reading is then seen alone.
    Scales,
    /// How large a distance is beside what the series reaches.
    Size,
    /// The time of day.
    Season,
    /// The rest after something was said.
    Rest,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scales, Self::Size, Self::Season, Self::Rest];

    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scales => "scales",
            Self::Size => "size",
            Self::Season => "season",
            Self::Rest => "rest",
        }
    }
}

/// The state of one series; serde saves and restores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<Part>,
    last_ms: Option<i64>,
    seen: usize,
    steps: Ranks,
    scales: Scales,
    novelty: Novelty,
    distances: Ranks,
    reach: Reach,
    season: Option<Season>,
    rest: Rest,
}

impl Default for Ensemble {
    fn default() -> Self {
        Self {
            left_out: None,
            last_ms: None,
            seen: 0,
            steps: Ranks::new(LEAST),
            scales: Scales::default(),
            novelty: Novelty::new(REMEMBERED),
            distances: Ranks::new(REMEMBERED),
            reach: Reach::default(),
            season: None,
            rest: Rest::default(),
        }
    }
}

impl Ensemble {
    /// The ensemble without one of its parts, for measuring what it brings.
    pub fn without(part: Part) -> Self {
        Self {
            left_out: Some(part),
            ..Self::default()
        }
    }

    /// The verdict on the next reading. A reading that is not finite, or not later than the one
    /// before it, is a gap: nothing is said of it and nothing learnt.
    pub fn push(&mut self, sample: Sample) -> Verdict {
        let Some(rarity) = self.decades(sample) else {
            return Verdict::default();
        };
        let told = if self.lacks(Part::Rest) {
            rarity
        } else {
            self.rest.push(rarity)
        };
        Verdict {
            unusual: probability(rarity),
            probability: probability(told),
        }
    }

    /// How many decades rarer than an ordinary reading the next one is, before any rest; none for a gap
    /// and while too little is known.
    fn decades(&mut self, sample: Sample) -> Option<f64> {
        let usable = sample.value.is_finite() && sample.value.abs() <= LARGEST;
        if !usable || self.last_ms.is_some_and(|last| sample.at_ms <= last) {
            return None;
        }
        self.meet(sample.at_ms);
        let rarity = self.rarity(sample);
        (self.seen > LEAST).then_some(rarity)
    }

    fn lacks(&self, part: Part) -> bool {
        self.left_out == Some(part)
    }

    /// Learns how often readings come; the season begins when that is known.
    fn meet(&mut self, at_ms: i64) {
        self.seen += 1;
        let before = self.last_ms.replace(at_ms);
        if self.season.is_none()
            && let Some(before) = before
        {
            self.steps.learn(at_ms.saturating_sub(before) as f64);
            if self.seen >= LEAST && !self.lacks(Part::Season) {
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

    /// Rare and large: how few of the distances before were as large, and how large the distance is
    /// beside what the series reaches. Either alone is an alarm a day on some series: the largest
    /// distance of a calm week is rare and means nothing, and a large one is daily bread of a series
    /// that jumps.
    fn novel(&mut self, value: f64) -> f64 {
        let mut view = self.scales.push(value);
        if self.lacks(Part::Scales) {
            view.fill(value);
        }
        let distance = self.novelty.push(view);
        let rare = -self.distances.probability(distance).log10();
        self.distances.learn(distance);
        let reach = self.reach.push(value);
        if self.lacks(Part::Size) {
            rare
        } else if reach > 0.0 {
            (rare + tail::decades(distance / (reach * LARGE))).max(0.0)
        } else {
            0.0
        }
    }
}

/// As a detector among others: the raw score is the rarity in decades, before any rest.
impl Streaming for Ensemble {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        self.decades(sample).map(Score::of)
    }
}

/// Of a rarity in decades.
fn probability(rarity: f64) -> f64 {
    1.0 - 10.0_f64.powf(-rarity)
}
