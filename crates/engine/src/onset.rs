//! Change points: when did it begin, and how exactly is that known?
//!
//! An anomaly's first unusual sample comes late where values rise slowly. Its onset is the point
//! that best splits the samples around it into *before* and *after*: a constant and another
//! constant (a step), or a constant and a straight line that begins there (a ramp); two-phase
//! regression after Hinkley (1970, 1971). How exactly it is known follows from the likelihood of the
//! splits beside the best one.

use fleetscope_model::{Anomaly, Sample};
use jiff::{SignedDuration, Timestamp};

use crate::input::Signal;

/// When something began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Onset {
    /// The likeliest time.
    pub at: Timestamp,
    /// It lies within this much of it, before or after, with about 95 %; at least a sample's
    /// distance.
    pub within: SignedDuration,
}

/// Samples before the anomaly that the search goes back over, at least.
const LOOK_BACK: usize = 20;
/// The most samples a search looks at: enough for an hour and a half at a sample every 30 s.
const MOST: usize = 180;
/// Share of the height from which the movement counts as done: what comes after is a plateau, and
/// says nothing about the beginning.
const REACHED: f64 = 0.8;
/// Share of the height that is most of the way. Noise on a plateau makes its highest sample up to
/// half as high again as the plateau.
const MOSTLY: f64 = 0.6;
/// Half of it is the 95 % quantile of a chi-squared variable with one degree of freedom: splits
/// whose log likelihood is less than that below the best one's are as good as it.
const CHI_SQUARED: f64 = 3.84;

/// When the anomaly of the signal began.
pub fn onset(signal: &Signal, anomaly: &Anomaly) -> Onset {
    let samples = around(signal, anomaly);
    let step = usual_step(&signal.series.samples);
    let fallback = Onset {
        at: anomaly.start,
        within: SignedDuration::from_millis(step),
    };
    if samples.len() < 6 {
        return fallback;
    }
    let Some(fit) = Fit::of(&samples, anomaly) else {
        return fallback;
    };
    let Ok(at) = Timestamp::from_millisecond(fit.at_ms) else {
        return fallback;
    };
    Onset {
        at,
        within: SignedDuration::from_millis(fit.within_ms.max(step)),
    }
}

/// The finite samples from well before the anomaly to where it has nearly reached its height, cut
/// to what could be expected or was reached, so that a single wild sample moves nothing.
fn around(signal: &Signal, anomaly: &Anomaly) -> Vec<Sample> {
    let samples = &signal.series.samples;
    let (start, peak) = (
        anomaly.start.as_millisecond(),
        anomaly.peak_at.as_millisecond(),
    );
    let first = samples.partition_point(|s| s.at_ms < start);
    let height = anomaly.peak - anomaly.expected.center;
    let reached = |s: &Sample| (s.value - anomaly.expected.center) / height >= REACHED;
    let last = samples.partition_point(|s| s.at_ms <= peak);
    let last = samples[first..last]
        .iter()
        .position(reached)
        .map_or(last, |k| first + k + 2);
    let length = last.saturating_sub(first);
    let to = last.max(first + 3).min(samples.len());
    let from = first
        .saturating_sub(LOOK_BACK.max(length))
        .max(to.saturating_sub(MOST));
    let band = &anomaly.expected;
    let (low, high) = if anomaly.peak >= band.center {
        (band.low, anomaly.peak)
    } else {
        (anomaly.peak, band.high)
    };
    // What stood out before is another anomaly's affair.
    let limits = |s: &Sample| {
        if s.at_ms < start {
            (band.low, band.high)
        } else {
            (low, high)
        }
    };
    samples[from..to]
        .iter()
        .filter(|s| s.value.is_finite())
        .map(|s| (s, limits(s)))
        .map(|(s, (low, high))| Sample {
            at_ms: s.at_ms,
            value: s.value.max(low).min(high),
        })
        .collect()
}

/// How long the anomaly took from its onset until it had come most of the way to its peak; none
/// where its samples are not there.
pub(crate) fn rise(signal: &Signal, anomaly: &Anomaly, onset: Timestamp) -> Option<SignedDuration> {
    let height = anomaly.peak - anomaly.expected.center;
    let reached = |s: &&Sample| {
        s.at_ms >= onset.as_millisecond() && (s.value - anomaly.expected.center) / height >= MOSTLY
    };
    let first = signal.series.samples.iter().find(reached)?;
    let at = Timestamp::from_millisecond(first.at_ms).ok()?;
    Some(at.duration_since(onset))
}

/// The usual distance of samples, in milliseconds.
pub(crate) fn usual_step(samples: &[Sample]) -> i64 {
    let mut distances: Vec<i64> = samples
        .windows(2)
        .map(|w| w[1].at_ms - w[0].at_ms)
        .collect();
    distances.sort_unstable();
    distances
        .get(distances.len() / 2)
        .copied()
        .unwrap_or(60_000)
        .max(1)
}

struct Fit {
    at_ms: i64,
    within_ms: i64,
}

impl Fit {
    /// Tries every split before the anomaly's first sample (and that one) as a step and as a ramp.
    fn of(samples: &[Sample], anomaly: &Anomaly) -> Option<Self> {
        let first = samples.first()?.at_ms;
        let scale = (anomaly.peak - anomaly.expected.center)
            .abs()
            .max(f64::MIN_POSITIVE);
        let points: Vec<(f64, f64)> = samples
            .iter()
            .map(|s| {
                (
                    (s.at_ms - first) as f64,
                    (s.value - anomaly.expected.center) / scale,
                )
            })
            .collect();
        let sums = Sums::of(&points);
        let start = anomaly.start.as_millisecond();
        let splits = 2..=samples
            .partition_point(|s| s.at_ms < start)
            .min(samples.len() - 2);
        let costs: Vec<(usize, f64)> = splits
            .map(|k| (k, sums.step(k).min(sums.ramp(k, points[k - 1].0))))
            .collect();
        let best = costs
            .iter()
            .copied()
            .reduce(|a, b| if b.1 < a.1 { b } else { a })?;
        let free = (points.len() as f64 - 4.0).max(1.0);
        // The least noise that rates as such keeps noiseless series from a claim of perfection.
        let allowed = best.1 * (1.0 + CHI_SQUARED / free) + 1e-6;
        let near = |k: &&(usize, f64)| k.1 <= allowed;
        let at = samples[best.0].at_ms;
        let early = costs.iter().find(near).map_or(at, |k| samples[k.0].at_ms);
        let late = costs.iter().rfind(near).map_or(at, |k| samples[k.0].at_ms);
        Some(Self {
            at_ms: at,
            within_ms: (at - early).max(late - at),
        })
    }
}

/// Running sums, so that each split costs the same however many samples there are.
struct Sums {
    /// For each prefix: count, Σt, Σt², Σy, Σy², Σty.
    prefix: Vec<[f64; 6]>,
}

impl Sums {
    fn of(points: &[(f64, f64)]) -> Self {
        let mut prefix = vec![[0.0; 6]];
        let mut sum = [0.0; 6];
        for (t, y) in points {
            for (part, add) in sum.iter_mut().zip([1.0, *t, t * t, *y, y * y, t * y]) {
                *part += add;
            }
            prefix.push(sum);
        }
        Self { prefix }
    }

    fn range(&self, from: usize, to: usize) -> [f64; 6] {
        let mut sum = self.prefix[to];
        for (part, less) in sum.iter_mut().zip(self.prefix[from]) {
            *part -= less;
        }
        sum
    }

    /// Squared error of a constant before the split and another one from it on.
    fn step(&self, split: usize) -> f64 {
        let end = self.prefix.len() - 1;
        constant(self.range(0, split)) + constant(self.range(split, end))
    }

    /// Squared error of a constant before the split and a line that leaves it there, at time
    /// `from`.
    fn ramp(&self, split: usize, from: f64) -> f64 {
        let [n, .., y, yy, _] = self.range(0, split);
        let level = if n > 0.0 { y / n } else { 0.0 };
        let before = (yy - n * level * level).max(0.0);
        let [n, t, tt, y, yy, ty] = self.range(split, self.prefix.len() - 1);
        // Moved so that the line runs through the origin: u = t - from, v = y - level.
        let uu = tt - 2.0 * from * t + n * from * from;
        let uv = ty - from * y - level * t + n * from * level;
        let vv = yy - 2.0 * level * y + n * level * level;
        let after = if uu > 0.0 { vv - uv * uv / uu } else { vv };
        before + after.max(0.0)
    }
}

fn constant([n, _, _, y, yy, _]: [f64; 6]) -> f64 {
    if n > 0.0 {
        (yy - y * y / n).max(0.0)
    } else {
        0.0
    }
}
