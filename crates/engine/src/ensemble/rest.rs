//! Rest after something was said: one incident is told once.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Readings that the rest lasts: half an hour of readings a minute apart, long enough for a rising
/// edge to be told once.
const READINGS: usize = 30;
/// Decades by which something must be rarer than what was said to be said within the rest.
const RARER: f64 = 0.5;
/// Decades up to which nothing needs a rest: one reading in ten.
const ORDINARY: f64 = 1.0;

/// Lets a rarity through only where it is clearly above what was said during the rest before it.
/// Whatever the threshold of whoever listens, a second crossing within the rest is news.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Rest {
    at: usize,
    /// What was said within the rest, rising: when, and how rare.
    said: VecDeque<(usize, f64)>,
}

impl Rest {
    /// The rarity, or 0 while it rests.
    pub(super) fn push(&mut self, rarity: f64) -> f64 {
        self.at += 1;
        if rarity <= ORDINARY {
            return rarity;
        }
        while self
            .said
            .front()
            .is_some_and(|(at, _)| at + READINGS < self.at)
        {
            self.said.pop_front();
        }
        // Each one said is above those before it, so the last is the highest.
        if self
            .said
            .back()
            .is_some_and(|(_, said)| rarity < said + RARER)
        {
            return 0.0;
        }
        self.said.push_back((self.at, rarity));
        rarity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_twice_within_the_rest_is_clearly_rarer() {
        let mut rest = Rest::default();
        let said: Vec<f64> = [2.0, 2.0, 2.4, 2.6, 0.7, 3.0, 3.2]
            .into_iter()
            .map(|rarity| rest.push(rarity))
            .collect();
        assert_eq!(said, [2.0, 0.0, 0.0, 2.6, 0.7, 0.0, 3.2]);
    }

    #[test]
    fn after_the_rest_the_same_is_said_again() {
        let mut rest = Rest::default();
        assert_eq!(rest.push(2.0), 2.0);
        let later: Vec<f64> = (0..=READINGS).map(|_| rest.push(2.0)).collect();
        assert_eq!(later.iter().filter(|rarity| **rarity > 0.0).count(), 1);
        assert_eq!(later[READINGS], 2.0);
    }
}
