//! Forecast band: the next reading by exponential smoothing, and how far forecasts usually miss.
//!
//! Holt's level and trend, damped (Gardner and McKenzie 1985), with an optional additive season
//! (Winters 1960), and errors clipped before they are learnt from (Gelper, Fried and Croux 2010), so
//! that a spike does not bend the forecasts after it.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::zscore::LEAST;
use super::{Order, Score, Streaming, at_least_rounding};

/// Smoothing of level, trend and season: Gardner (1985)'s recommended range for levels is 0.1 to 0.3,
/// and trends a tenth of that keep noise from becoming a trend.
const LEVEL: f64 = 0.2;
const TREND: f64 = 0.02;
const SEASON: f64 = 0.3;
/// Share of the trend that is left after a reading (0.98: half of it after 34 readings).
const DAMPED: f64 = 0.98;
/// Memory of the size of errors: 240 readings, as the windows'.
const ERROR: f64 = 1.0 / 240.0;
/// Errors count at most this many deviations when they are learnt from; twice that for their size
/// (Gelper et al. use 2 for the forecast; 3 learns a new level in half of the time).
const CLIP: f64 = 3.0;
/// Longest season in readings: a day at one a minute; 12 KB.
const LONGEST: usize = 1440;

/// Holt–Winters with a band.
///
/// Both; 120 bytes and 8 for each reading of the season. Raw score: deviations of the forecast
/// error. A new level is the norm after about 30 readings per ten deviations of its size; a gap moves
/// the season on by the readings that were missed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ForecastBand {
    order: Order,
    count: u32,
    level: f64,
    trend: f64,
    variance: f64,
    size: f64,
    season: Vec<f64>,
    place: usize,
    before_ms: Option<i64>,
    step_ms: f64,
}

impl ForecastBand {
    /// With a season of so many readings; fewer than two or more than 1,440 is none.
    pub fn seasonal(period: usize) -> Self {
        let period = if (2..=LONGEST).contains(&period) {
            period
        } else {
            0
        };
        Self {
            season: vec![0.0; period],
            ..Self::default()
        }
    }

    /// Moves on by the steps since the reading before: the trend is drawn on and damped, the season
    /// turns.
    fn advance(&mut self, at_ms: i64) {
        let Some(before) = self.before_ms.replace(at_ms) else {
            return;
        };
        let distance = at_ms.saturating_sub(before) as f64;
        if self.step_ms <= 0.0 {
            self.step_ms = distance;
        }
        let steps = (distance / self.step_ms).round().max(1.0);
        if steps <= 1.0 {
            self.step_ms += (distance - self.step_ms) / 32.0;
        }
        // φ + φ² + … + φⁿ, the share of the trend that n steps bring.
        let drawn = DAMPED * (1.0 - DAMPED.powf(steps)) / (1.0 - DAMPED);
        self.level += self.trend * drawn;
        self.trend *= DAMPED.powf(steps);
        if !self.season.is_empty() {
            let turn = (steps % self.season.len() as f64) as usize;
            self.place = (self.place + turn) % self.season.len();
        }
    }

    fn deviation(&self) -> f64 {
        at_least_rounding(self.variance.max(0.0).sqrt(), self.size)
    }

    fn seasonal_part(&self) -> f64 {
        self.season.get(self.place).copied().unwrap_or(0.0)
    }

    fn learn(&mut self, error: f64) {
        self.count = self.count.saturating_add(1);
        let young = 1.0 / f64::from(self.count);
        let settled = self.count as usize > LEAST;
        let most = if settled {
            CLIP * self.deviation()
        } else {
            f64::INFINITY
        };
        let clipped = error.clamp(-most, most);
        self.level += LEVEL.max(young) * clipped;
        if self.count > 1 {
            self.trend += TREND * clipped;
        }
        let place = self.place;
        if let Some(part) = self.season.get_mut(place) {
            *part += SEASON * (1.0 - LEVEL) * clipped;
        }
        if self.count > 1 {
            let wide = error.clamp(-2.0 * most, 2.0 * most);
            self.variance += ERROR.max(young) * (wide * wide - self.variance);
        }
    }

    /// Readings before anything is said: thirty, and two seasons.
    fn known(&self) -> bool {
        self.count as usize >= LEAST.max(2 * self.season.len())
    }
}

impl Streaming for ForecastBand {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        let value = self.order.value(sample)?;
        self.advance(sample.at_ms);
        self.size = (self.size * (1.0 - ERROR)).max(value.abs());
        let center = self.level + self.seasonal_part();
        let scale = self.deviation();
        let error = value - center;
        let score = self
            .known()
            .then(|| Score::of(error.abs() / scale).expecting(center, scale));
        self.learn(error);
        score
    }
}
