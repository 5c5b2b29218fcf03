//! How far a series reaches: the distance from its lowest to its highest value.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Readings of a block, and how many blocks are remembered: two months of readings five minutes
/// apart. What a series did in that time is what it can do; a value that was a mistake is
/// forgotten after it.
const BLOCK: usize = 1000;
const BLOCKS: usize = 16;

/// The lowest and highest value of each of the last blocks, the newest last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Reach {
    seen: usize,
    blocks: VecDeque<(f64, f64)>,
}

impl Reach {
    /// Takes in a value, and says how far the series reaches with it.
    pub(super) fn push(&mut self, value: f64) -> f64 {
        if self.seen % BLOCK == 0 {
            self.blocks.push_back((value, value));
            if self.blocks.len() > BLOCKS {
                self.blocks.pop_front();
            }
        }
        self.seen += 1;
        if let Some((low, high)) = self.blocks.back_mut() {
            (*low, *high) = (low.min(value), high.max(value));
        }
        let low = self
            .blocks
            .iter()
            .map(|(low, _)| *low)
            .fold(value, f64::min);
        let high = self
            .blocks
            .iter()
            .map(|(_, high)| *high)
            .fold(value, f64::max);
        high - low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_at_once_and_forgets_later() {
        let mut reach = Reach::default();
        assert_eq!(reach.push(5.0), 0.0);
        assert_eq!(reach.push(-1.0), 6.0);
        assert_eq!(reach.push(0.0), 6.0);
        let later: Vec<f64> = (0..BLOCK * (BLOCKS + 1)).map(|_| reach.push(0.0)).collect();
        assert_eq!((later[BLOCK], later[BLOCK * (BLOCKS + 1) - 1]), (6.0, 0.0));
    }
}
