//! Seeded randomness. A roll depends only on the seed, what it is for and when, never on what was
//! rolled before, so a fault or a new kind of happening leaves all other rolls as they were.

/// The source of all rolls of one world, or of one part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice {
    seed: u64,
}

/// A sequence of random numbers (splitmix64: Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Roll {
    state: u64,
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The dice of a named part.
    pub(crate) fn part(self, name: &str) -> Self {
        // FNV-1a keeps names apart; `mix` spreads the bits.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            seed: mix(self.seed ^ mix(hash)),
        }
    }

    /// The rolls of this part for one number: a tick, an index, a slot.
    pub(crate) const fn at(self, number: i64) -> Roll {
        Roll {
            state: mix(self.seed ^ mix(number as u64)),
        }
    }

    /// The rolls of this part for two numbers, for example a tick and an index.
    pub(crate) const fn at2(self, first: i64, second: i64) -> Roll {
        Roll {
            state: mix(mix(self.seed ^ mix(first as u64)) ^ (second as u64)),
        }
    }
}

impl Roll {
    pub(crate) const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    pub(crate) fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..bound`; 0 where the bound is 0.
    pub(crate) const fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            0
        } else {
            (self.bits() % bound as u64) as usize
        }
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Normal with mean 0 and deviation 1 (Irwin–Hall of four, so never beyond 3.5: the tails of
    /// measurement noise are not what the simulation is about).
    pub(crate) fn gauss(&mut self) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 1.732_050_807_568_877_2
    }

    /// One of the items; `None` only of an empty list.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// Random characters as Kubernetes makes them for generated names
    /// (apimachinery `util/rand`: no vowels, no 0, 1, 3).
    pub(crate) fn suffix(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length)
            .map(|_| char::from(ALPHABET[self.below(ALPHABET.len())]))
            .collect()
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from_digit((self.bits() % 16) as u32, 16).unwrap_or('0'))
            .collect()
    }
}

const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_part_and_number_roll_the_same() {
        let dice = Dice::new(7).part("load");
        assert_eq!(dice.at(3).bits(), Dice::new(7).part("load").at(3).bits());
        assert_ne!(dice.at(3).bits(), dice.at(4).bits());
        assert_ne!(dice.at(3).bits(), Dice::new(7).part("pods").at(3).bits());
    }

    #[test]
    fn gauss_has_mean_nought_and_deviation_one() {
        let mut roll = Dice::new(1).at(0);
        let values: Vec<f64> = (0..20_000).map(|_| roll.gauss()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
