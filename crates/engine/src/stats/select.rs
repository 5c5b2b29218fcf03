//! Order statistics without sorting.
//!
//! Of a long series a sample is sorted, and two of its values bracket the wanted one with near
//! certainty; one pass over the series counts what lies below the bracket and keeps what lies in it
//! (Floyd and Rivest 1975, "Expected time bounds for selection"). Where the bracket missed, all values
//! are partitioned instead (Hoare 1961, with the linear worst case of the standard library): the sample
//! decides how long it takes and never what comes out.

use super::known;

/// The lower and the upper quartile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quartiles {
    /// A quarter of the values lies below.
    pub lower: f64,
    /// A quarter of the values lies above.
    pub upper: f64,
}

impl Quartiles {
    /// The distance between them (IQR).
    pub fn range(&self) -> f64 {
        self.upper - self.lower
    }
}

/// The median of the known values: the mean of the middle two where their count is even.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value below which this share of the known values lies, on the straight line between the two
/// nearest (type 7 of Hyndman and Fan 1996, as in numpy and R).
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    pick(values, plain, [share]).map(|[value]| value)
}

/// Both quartiles, in one pass.
pub fn quartiles(values: &[f64]) -> Option<Quartiles> {
    pick(values, plain, [0.25, 0.75]).map(|[lower, upper]| Quartiles { lower, upper })
}

/// The median distance of the known values from their median.
pub fn mad(values: &[f64]) -> Option<f64> {
    let center = median(values)?;
    let distance = |value: f64| (plain(value) - center).abs();
    pick(values, distance, [0.5]).map(|[value]| value)
}

#[inline]
fn plain(value: f64) -> f64 {
    if known(value) { value } else { f64::NAN }
}

/// From so many values on a sample pays.
const LONG: usize = 4096;
/// A chunk of the pass.
const CHUNK: usize = 64;

/// The quantiles of what the values are mapped to; what is mapped to NaN is left out.
fn pick<const N: usize>(
    values: &[f64],
    map: impl Fn(f64) -> f64 + Copy,
    shares: [f64; N],
) -> Option<[f64; N]> {
    if values.len() >= LONG
        && let Some(found) = bracketed(values, map, shares)
    {
        return Some(found);
    }
    let mapped = values.iter().map(|value| map(*value));
    let mut all: Vec<f64> = mapped.filter(|value| !value.is_nan()).collect();
    if all.is_empty() {
        return None;
    }
    let count = all.len();
    Some(shares.map(|share| Place::of(share, count).value(&mut all, 0)))
}

/// Where a quantile lies: after the value of this rank, by this much of the way to the next.
struct Place {
    rank: usize,
    beyond: f64,
}

impl Place {
    fn of(share: f64, count: usize) -> Self {
        let place = (count - 1) as f64 * share.clamp(0.0, 1.0);
        let rank = (place.floor() as usize).min(count - 1);
        Self {
            rank,
            beyond: place - rank as f64,
        }
    }

    /// The value there, of values of which so many smaller ones are not at hand.
    fn value(&self, values: &mut [f64], missing: usize) -> f64 {
        let at = (self.rank - missing).min(values.len() - 1);
        let (_, low, above) = values.select_nth_unstable_by(at, f64::total_cmp);
        let low = *low;
        if self.beyond <= 0.0 || above.is_empty() {
            return low;
        }
        let high = above.iter().copied().fold(f64::INFINITY, f64::min);
        low + self.beyond * (high - low)
    }
}

/// Two values between which a quantile lies, most likely.
#[derive(Clone, Copy)]
struct Bracket {
    low: f64,
    high: f64,
}

impl Bracket {
    /// Four standard deviations of its rank around the sample's own quantile.
    fn of(sample: &[f64], share: f64) -> Self {
        let count = sample.len() as f64;
        let share = share.clamp(0.0, 1.0);
        let middle = (count - 1.0) * share;
        let margin = 4.0 * (count * share * (1.0 - share)).sqrt() + 2.0;
        let (from, to) = (middle - margin, middle + margin);
        Self {
            low: if from < 0.0 {
                f64::NEG_INFINITY
            } else {
                sample[from as usize]
            },
            high: sample
                .get(to as usize + 1)
                .copied()
                .unwrap_or(f64::INFINITY),
        }
    }

    #[inline]
    fn holds(&self, value: f64) -> bool {
        (value >= self.low) & (value <= self.high)
    }
}

/// `None` where the sample was too small or a bracket missed.
fn bracketed<const N: usize>(
    values: &[f64],
    map: impl Fn(f64) -> f64 + Copy,
    shares: [f64; N],
) -> Option<[f64; N]> {
    let sample = sample(values, map);
    if sample.len() < 128 {
        return None;
    }
    let brackets = shares.map(|share| Bracket::of(&sample, share));
    let mut sieve = Sieve::new(brackets, values.len());
    sieve.pass(values, map)?;
    let mut found = [0.0; N];
    for ((found, share), number) in found.iter_mut().zip(shares).zip(0..) {
        *found = sieve.value(number, share)?;
    }
    Some(found)
}

/// A value from each of a few hundred or thousand equal parts, from a place in it that no period of the
/// series follows; sorted.
fn sample(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    let wanted = (values.len() / 64).clamp(256, 4096);
    let part = values.len() / wanted;
    let chosen = (0..wanted).map(|number| {
        // Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
        let hash = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        map(values[number * part + hash as usize % part])
    });
    let mut sample: Vec<f64> = chosen.filter(|value| !value.is_nan()).collect();
    sample.sort_unstable_by(f64::total_cmp);
    sample
}

/// What the pass keeps.
struct Sieve<const N: usize> {
    brackets: [Bracket; N],
    /// How many values lie below each bracket.
    below: [u64; N],
    /// How many values there are.
    count: u64,
    /// The values in any bracket, and behind them room.
    kept: Vec<f64>,
    length: usize,
}

impl<const N: usize> Sieve<N> {
    fn new(brackets: [Bracket; N], count: usize) -> Self {
        Self {
            brackets,
            below: [0; N],
            count: 0,
            kept: vec![0.0; count / 2 + CHUNK],
            length: 0,
        }
    }

    /// `None` where more than half of the values lie in brackets: many are equal.
    fn pass(&mut self, values: &[f64], map: impl Fn(f64) -> f64 + Copy) -> Option<()> {
        let (chunks, rest) = values.as_chunks::<CHUNK>();
        for chunk in chunks {
            self.chunk(&chunk.map(map))?;
        }
        let mut last = [f64::NAN; CHUNK];
        for (last, value) in last.iter_mut().zip(rest) {
            *last = map(*value);
        }
        self.chunk(&last)
    }

    #[inline]
    fn chunk(&mut self, chunk: &[f64; CHUNK]) -> Option<()> {
        self.count += count(chunk, |value| !value.is_nan());
        for (below, bracket) in self.below.iter_mut().zip(self.brackets) {
            *below += count(chunk, |value| value < bracket.low);
        }
        let room = self
            .kept
            .get_mut(self.length..)?
            .first_chunk_mut::<CHUNK>()?;
        let brackets = self.brackets;
        let mut kept = 0;
        for value in chunk {
            room[kept % CHUNK] = *value;
            let inside = brackets
                .iter()
                .fold(false, |inside, bracket| inside | bracket.holds(*value));
            kept += usize::from(inside);
        }
        self.length += kept;
        Some(())
    }

    /// The quantile, if its bracket holds it and the next value.
    fn value(&mut self, number: usize, share: f64) -> Option<f64> {
        let bracket = self.brackets[number];
        let kept = &mut self.kept[..self.length];
        let lower = kept.iter().filter(|value| **value < bracket.low).count();
        let inside = kept.iter().filter(|value| bracket.holds(**value)).count();
        let below = self.below[number] as usize;
        let place = Place::of(share, (self.count as usize).max(1));
        let next = place.rank + usize::from(place.beyond > 0.0);
        let held = place.rank >= below && next < below + inside;
        held.then(|| place.value(kept, below - lower))
    }
}

#[inline]
fn count(chunk: &[f64; CHUNK], which: impl Fn(f64) -> bool) -> u64 {
    let mut count = 0;
    for value in chunk {
        count += u64::from(which(*value));
    }
    count
}
