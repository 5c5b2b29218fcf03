//! Where new ids come from, passed in.

use jiff::Timestamp;
use rand::RngCore as _;
use uuid::{Builder, Uuid};

/// Makes ids.
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// A new id for something that comes to be at `at`; ids of later instants sort later.
    fn next(&self, at: Timestamp) -> Uuid;
}

/// Ids from the operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one adapter of the system's ids"
    )]
    fn next(&self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        rand::rng().fill_bytes(&mut random);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// Ids that follow from a seed, for tests and replays.
#[derive(Debug)]
pub struct SeededIds {
    state: std::sync::atomic::AtomicU64,
}

impl SeededIds {
    /// A source whose ids follow from `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self {
            state: std::sync::atomic::AtomicU64::new(seed),
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn draw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self
            .state
            .fetch_add(STEP, std::sync::atomic::Ordering::Relaxed);
        let mut z = state.wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl IdSource for SeededIds {
    fn next(&self, at: Timestamp) -> Uuid {
        let (a, b) = (self.draw().to_be_bytes(), self.draw().to_be_bytes());
        let mut random = [0; 10];
        random[..8].copy_from_slice(&a);
        random[8..].copy_from_slice(&b[..2]);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_never_one_twice() {
        let (a, b) = (SeededIds::new(1), SeededIds::new(1));
        let first = a.next(Timestamp::UNIX_EPOCH);
        assert_eq!(first, b.next(Timestamp::UNIX_EPOCH));
        assert_ne!(first, a.next(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn ids_of_later_instants_sort_later() {
        let early = SystemIds.next(Timestamp::UNIX_EPOCH);
        let late = SystemIds.next(Timestamp::from_second(1).unwrap());
        assert!(early < late);
    }
}
