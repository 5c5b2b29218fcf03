//! One value at a time, in a state of a few hundred bytes that can be saved and restored.

use serde::{Deserialize, Serialize};

use super::sketch::Sketch;
use super::{MAD_TO_DEVIATION, known};

/// So many values a generation of sketches must have seen before it may judge.
const LEAST: u64 = 16;

/// How unusual a value is, by what was known before it came; NaN where nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Deviations from the exponentially weighted mean.
    pub weighted: f64,
    /// Robust deviations from the median: a few wild values move neither.
    pub robust: f64,
}

/// What is known of a stream: exponentially weighted mean and variance (Finch 2009, "Incremental
/// calculation of weighted mean and variance"), and sketches of the median and of the median
/// distance from it.
///
/// Sketches never forget. With a memory of n values there are two generations of them: one judges
/// while the next learns, and takes over after n values, so that what is judged by is between
/// n and 2n values old, once there were as many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Streaming {
    /// Share of the newest value in the mean; the mean; the variance.
    #[serde(with = "exact")]
    weighted: [f64; 3],
    /// How many values came.
    seen: u64,
    /// How many values a generation lasts; 0 for ever.
    memory: u64,
    now: Typical,
    next: Option<Typical>,
}

/// The middle, and how far from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Typical {
    middle: Sketch,
    distance: Sketch,
}

impl Typical {
    fn new() -> Self {
        Self {
            middle: Sketch::new(0.5),
            distance: Sketch::new(0.5),
        }
    }

    fn add(&mut self, value: f64) {
        self.middle.add(value);
        let middle = self.middle.value().unwrap_or(value);
        self.distance.add((value - middle).abs());
    }
}

impl Streaming {
    /// Of nothing yet. `weight` is the share of the newest value, held between 0 and 1; `memory` is how
    /// many values a generation of sketches lasts, at least sixteen, and for ever where it is 0.
    pub fn new(weight: f64, memory: u64) -> Self {
        Self {
            weighted: [weight.clamp(0.0, 1.0), 0.0, 0.0],
            seen: 0,
            memory: if memory == 0 { 0 } else { memory.max(LEAST) },
            now: Typical::new(),
            next: (memory > 0).then(Typical::new),
        }
    }

    /// The exponentially weighted mean; `None` of nothing.
    pub fn mean(&self) -> Option<f64> {
        (self.seen > 0).then_some(self.weighted[1])
    }

    /// The exponentially weighted variance; `None` of nothing.
    pub fn variance(&self) -> Option<f64> {
        (self.seen > 0).then_some(self.weighted[2])
    }

    /// The estimated median; `None` of nothing.
    pub fn median(&self) -> Option<f64> {
        self.now.middle.value()
    }

    /// The estimated median distance from the median; `None` of nothing.
    pub fn mad(&self) -> Option<f64> {
        self.now.distance.value()
    }

    /// Judges a value, then learns from it. A gap is neither.
    pub fn update(&mut self, value: f64) -> Score {
        if !known(value) {
            return Score {
                weighted: f64::NAN,
                robust: f64::NAN,
            };
        }
        let score = self.score(value);
        self.learn(value);
        score
    }

    fn score(&self, value: f64) -> Score {
        let [_, mean, variance] = self.weighted;
        let (middle, distance) = (self.now.middle.value(), self.now.distance.value());
        let robust = match (middle, distance) {
            (Some(middle), Some(distance)) => {
                deviations(value - middle, MAD_TO_DEVIATION * distance)
            }
            _ => f64::NAN,
        };
        Score {
            weighted: deviations(value - mean, variance.max(0.0).sqrt()),
            robust,
        }
    }

    fn learn(&mut self, value: f64) {
        let [weight, mean, variance] = self.weighted;
        self.weighted = if self.seen == 0 {
            [weight, value, 0.0]
        } else {
            let off = value - mean;
            let step = weight * off;
            [
                weight,
                mean + step,
                (1.0 - weight) * (variance + off * step),
            ]
        };
        self.seen = self.seen.saturating_add(1);
        self.now.add(value);
        if let Some(next) = &mut self.next {
            next.add(value);
            if self.memory > 0 && self.seen.is_multiple_of(self.memory) {
                self.now = *next;
                *next = Typical::new();
            }
        }
    }
}

fn deviations(off: f64, deviation: f64) -> f64 {
    if deviation > 0.0 {
        off / deviation
    } else {
        f64::NAN
    }
}

/// Numbers saved by their bits: what is restored is what was saved, whichever way it was written.
pub(crate) mod exact {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        values: &[f64; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        bits.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[f64; N], D::Error> {
        let bits: Vec<u64> = Vec::deserialize(deserializer)?;
        let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(D::Error::custom(
                "a saved state holds a number that is not finite",
            ));
        }
        let count = values.len();
        values.try_into().map_err(|_| {
            D::Error::custom(format!(
                "a saved state holds {count} numbers where it has {N}"
            ))
        })
    }
}
