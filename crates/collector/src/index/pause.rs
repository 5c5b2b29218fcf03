//! How long to wait before a watch is opened again.

use std::time::Duration;

/// The first pause, and what a connection that ended as it should is waited for.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_mins(5);
/// How long a resource that is not there is left alone.
const ABSENT: Duration = Duration::from_mins(2);
/// Doublings until the longest is reached.
const DOUBLINGS: u32 = 9;

/// Pauses that double, each between half and all of its length, so that those who lost one server
/// at the same time don't come back at the same time.
pub(crate) struct Pause {
    tries: u32,
    seed: u64,
}

impl Pause {
    pub(crate) fn new(seed: u64) -> Self {
        Self { tries: 0, seed }
    }

    /// It went well.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// It went wrong once more.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = FIRST.saturating_mul(1 << self.tries).min(LONGEST);
        self.tries = (self.tries + 1).min(DOUBLINGS);
        self.jittered(pause)
    }

    /// It ended as it should.
    pub(crate) fn between(&mut self) -> Duration {
        self.jittered(FIRST)
    }

    /// There is nothing of the kind, which may be otherwise one day; shorter than what counts as
    /// heard of.
    pub(crate) fn absent(&mut self) -> Duration {
        self.jittered(ABSENT)
    }

    /// It won't go well for a while.
    pub(crate) fn longest(&mut self) -> Duration {
        self.jittered(LONGEST)
    }

    fn jittered(&mut self, pause: Duration) -> Duration {
        pause.mul_f64(0.5 + self.fraction() / 2.0)
    }

    /// SplitMix64, as a number from 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.seed;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_no_two_followers_keep_step() {
        let mut pause = Pause::new(1);
        let pauses: Vec<f64> = (0..12).map(|_| pause.next().as_secs_f64()).collect();
        for (n, pause) in pauses.iter().enumerate() {
            let whole = f64::from(1_u32 << n.min(20)).min(300.0);
            assert!((whole / 2.0..=whole).contains(pause), "{n}: {pause}");
        }
        pause.reset();
        assert!(pause.next() <= FIRST);
        let other: Vec<f64> = {
            let mut pause = Pause::new(2);
            (0..12).map(|_| pause.next().as_secs_f64()).collect()
        };
        assert!(pauses.iter().zip(&other).all(|(a, b)| (a - b).abs() > 1e-9));
    }
}
