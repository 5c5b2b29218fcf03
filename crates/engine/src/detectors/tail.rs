//! A series' own tail: how high its scores go when nothing is wrong.
//!
//! The thresholds of [`super::sensitivity`] hold for Gaussian noise. Real noise has heavier tails, or
//! a memory, and then every detector scores higher than it should. The tail of the scores so far,
//! drawn on by the moment estimator of extreme-value theory (Dekkers, Einmahl and de Haan 1989), says
//! by how much. It is kept as a histogram of logarithms, so that memory stays bounded (Siffer et al.
//! 2017 keep the peaks themselves).

use serde::{Deserialize, Serialize};

/// Bins for each e-fold of the score: 6 % wide, less than the moments' own doubt.
const FINE: f64 = 16.0;
/// Smallest score that is told from 0; and bins up to [`super::HIGHEST`].
const LOWEST: f64 = 0.02;
const BINS: usize = 284;
/// Share of the scores that are tail. The least at which the estimator is steady over 2,880 scores.
const SHARE: f64 = 0.05;
/// Scores below which there is no tail to speak of: twenty-four in it.
const LEAST: f64 = 480.0;
/// When so many are counted all counts are halved: a memory of one to two weeks of minutes.
const FORGET: f64 = 20_160.0;
/// Bounds of the extreme-value index: −0.5 is a tail with an end, 0.7 heavier than Student's t with
/// two degrees of freedom; beyond, few scores make a wild guess.
const INDEX: (f64, f64) = (-0.5, 0.7);

/// The scores of one detector on one series, so far; 2.3 KB.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tail {
    bins: Vec<f64>,
    total: f64,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            bins: vec![0.0; BINS],
            total: 0.0,
        }
    }
}

/// The fitted tail: P(score > s) for s above `from`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    from: f64,
    share: f64,
    index: f64,
    scale: f64,
}

impl Tail {
    /// Counts a score. One that raised an alarm counts at most as twice the threshold it passed: it
    /// must not excuse the next, and leaving it out, or cutting it to the threshold, would make the tail
    /// of noise too short and keep it so.
    pub fn learn(&mut self, raw: f64, threshold: f64) {
        let raw = raw.min(2.0 * threshold);
        let place = if raw > LOWEST {
            ((raw / LOWEST).ln() * FINE) as usize + 1
        } else {
            0
        };
        let place = place.min(self.bins.len().saturating_sub(1));
        if let Some(bin) = self.bins.get_mut(place) {
            *bin += 1.0;
            self.total += 1.0;
        }
        if self.total >= FORGET {
            self.bins.iter_mut().for_each(|bin| *bin *= 0.5);
            self.total *= 0.5;
        }
    }

    /// The moment estimator over the highest scores; none while too little is known or nearly all
    /// scores are 0.
    pub fn fit(&self) -> Option<Fit> {
        if self.total < LEAST {
            return None;
        }
        let (first, share) = self.tail_from()?;
        let (mut one, mut two, mut count) = (0.0, 0.0, 0.0);
        for (place, held) in self.bins.iter().enumerate().skip(first) {
            let log = (place as f64 + 0.5 - first as f64) / FINE;
            one += held * log;
            two += held * log * log;
            count += held;
        }
        let (one, two) = (one / count, two / count);
        // Scores that are all alike have no spread to draw on: the bin's own width is the least.
        let rest = (1.0 - one * one / two).max(1e-3);
        let below = (1.0 - 0.5 / rest).min(0.0);
        let index = (one + 1.0 - 0.5 / rest).clamp(INDEX.0, INDEX.1);
        Some(Fit {
            from: LOWEST * ((first as f64 - 1.0) / FINE).exp(),
            share,
            index,
            scale: (one * (1.0 - below)).max(0.5 / FINE),
        })
    }

    /// The first bin of the tail and the share it holds; none where that is the bin of zeros.
    fn tail_from(&self) -> Option<(usize, f64)> {
        let mut count = 0.0;
        for (place, held) in self.bins.iter().enumerate().rev() {
            count += held;
            if count >= SHARE * self.total {
                return (place > 0).then(|| (place, count / self.total));
            }
        }
        None
    }
}

impl Fit {
    /// The score that is passed with this probability a reading.
    pub fn quantile(&self, probability: f64) -> f64 {
        let odds = (self.share / probability).max(1.0);
        let drawn = if self.index.abs() < 1e-6 {
            odds.ln()
        } else {
            (odds.powf(self.index) - 1.0) / self.index
        };
        self.from * (1.0 + self.scale * drawn)
    }

    /// The probability that a reading passes this score; within the tail's beginning nobody needs an
    /// exact number, and it is the whole tail's.
    pub fn probability(&self, raw: f64) -> f64 {
        let drawn = ((raw / self.from - 1.0) / self.scale).max(0.0);
        let left = if self.index.abs() < 1e-6 {
            (-drawn).exp()
        } else {
            (1.0 + self.index * drawn).max(0.0).powf(-1.0 / self.index)
        };
        (self.share * left).clamp(0.0, 1.0)
    }
}
