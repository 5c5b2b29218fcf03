//! Bayesian online change points: how likely a new regime began a few readings ago (Adams and MacKay
//! 2007).
//!
//! Within a regime readings are Gaussian with unknown mean and variance (normal–gamma prior, so each
//! prediction is a Student's t). Every run length is a hypothesis with its own posterior.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::mad::middle_and_scale;
use super::window::Window;
use super::zscore::LEAST;
use super::{Order, Score, Streaming};

/// Chance of a new regime at each reading: one in four hours at a reading a minute.
const HAZARD: f64 = 1.0 / 240.0;
/// A regime counts when it has lasted so many readings: fewer are a spike.
const LASTED: u32 = 4;
/// And is news until it has lasted so many.
const RECENT: u32 = 16;
/// Hypotheses that are kept: the recent ones and the likeliest others.
const MOST: usize = 80;
/// A regime remembers about so many readings: levels drift within a regime, too.
const MEMORY: f64 = 480.0;
/// Weight of the prior in readings: the mean of a new regime may lie anywhere within three
/// deviations or so (1/√0.1); its variance is worth two readings.
const MEAN_WEIGHT: f64 = 0.1;
const SHAPE: f64 = 1.0;
/// Standardised readings end here: squares of more drown all hypotheses alike.
const FARTHEST: f64 = 1e6;

/// One hypothesis: the regime began so many readings ago.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Run {
    lasted: u32,
    log_weight: f64,
    mean: f64,
    mean_weight: f64,
    shape: f64,
    rate: f64,
}

impl Run {
    fn begin(mean: f64) -> Self {
        Self {
            lasted: 0,
            log_weight: 0.0,
            mean,
            mean_weight: MEAN_WEIGHT,
            shape: SHAPE,
            rate: SHAPE,
        }
    }

    /// Log density of the next reading: Student's t with 2·shape degrees of freedom.
    fn log_density(&self, value: f64) -> f64 {
        let spread = self.rate * (self.mean_weight + 1.0) / (self.shape * self.mean_weight);
        let off = value - self.mean;
        let freedom = 2.0 * self.shape;
        gamma_ratio(self.shape)
            - 0.5 * (freedom * std::f64::consts::PI * spread).ln()
            - (self.shape + 0.5) * (off * off / (freedom * spread)).ln_1p()
    }

    /// The posterior after a reading.
    fn learn(&mut self, value: f64) {
        let off = value - self.mean;
        self.rate += 0.5 * self.mean_weight * off * off / (self.mean_weight + 1.0);
        self.mean += off / (self.mean_weight + 1.0);
        self.mean_weight += 1.0;
        self.shape += 0.5;
        self.lasted = self.lasted.saturating_add(1);
        if self.mean_weight > MEMORY {
            let keep = MEMORY / self.mean_weight;
            self.mean_weight *= keep;
            self.shape *= keep;
            self.rate *= keep;
        }
    }
}

/// ln Γ(x + ½) − ln Γ(x), by its asymptotic series (within 0.001 from x = 1 on).
fn gamma_ratio(x: f64) -> f64 {
    0.5 * x.ln() - 1.0 / (8.0 * x) + 1.0 / (192.0 * x * x * x)
}

/// Probability of a regime that began four to sixteen readings ago.
///
/// Both; 4 KB of state. Raw score: log₁₀ of how many times likelier such a change is than before
/// anything was read. A new level is the norm sixteen readings after it was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OnlineChange {
    order: Order,
    start: Option<(f64, f64)>,
    first: Vec<f64>,
    runs: Vec<Run>,
    level: f64,
}

impl OnlineChange {
    /// Location and scale of the first readings: what the prior is written in.
    fn begin(&mut self) {
        let mut window = Window::new(LEAST);
        for value in &self.first {
            window.push(*value);
        }
        let start = middle_and_scale(&window);
        self.start = Some(start);
        self.runs = vec![Run::begin(0.0)];
        for value in std::mem::take(&mut self.first) {
            self.step(standard(value, start));
        }
    }

    /// One step of Adams and MacKay's recursion, in logarithms.
    fn step(&mut self, value: f64) {
        let mut highest = f64::NEG_INFINITY;
        for run in &mut self.runs {
            run.log_weight += run.log_density(value);
            highest = highest.max(run.log_weight);
        }
        let sum: f64 = self
            .runs
            .iter()
            .map(|r| (r.log_weight - highest).exp())
            .sum();
        let total = highest + sum.ln();
        for run in &mut self.runs {
            run.log_weight += (1.0 - HAZARD).ln() - total;
            run.learn(value);
        }
        let mut fresh = Run::begin(self.level);
        fresh.log_weight = HAZARD.ln();
        self.runs.push(fresh);
        self.level += (value.clamp(self.level - 3.0, self.level + 3.0) - self.level) / 240.0;
        self.prune();
    }

    /// Forgets the least likely hypothesis that is not recent.
    fn prune(&mut self) {
        while self.runs.len() > MOST {
            let old = self
                .runs
                .iter()
                .enumerate()
                .filter(|(_, r)| r.lasted > RECENT);
            let least = old
                .min_by(|a, b| a.1.log_weight.total_cmp(&b.1.log_weight))
                .map_or(0, |(i, _)| i);
            self.runs.remove(least);
        }
    }

    /// How much likelier a recent change became by the readings, as a power of ten.
    fn evidence(&self) -> f64 {
        let (mut recent, mut other) = (0.0, 0.0);
        for run in &self.runs {
            let weight = run.log_weight.exp();
            if (LASTED..RECENT).contains(&run.lasted) {
                recent += weight;
            } else {
                other += weight;
            }
        }
        let prior = HAZARD * f64::from(RECENT - LASTED);
        (recent.max(f64::MIN_POSITIVE) / other.max(f64::MIN_POSITIVE) / prior).log10()
    }
}

fn standard(value: f64, (center, scale): (f64, f64)) -> f64 {
    ((value - center) / scale).clamp(-FARTHEST, FARTHEST)
}

impl Streaming for OnlineChange {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        let Some(start) = self.start else {
            self.first.push(value);
            if self.first.len() >= LEAST {
                self.begin();
            }
            return None;
        };
        self.step(standard(value, start));
        Some(Score::of(self.evidence()))
    }
}
