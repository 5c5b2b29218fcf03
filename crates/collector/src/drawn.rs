//! Texts drawn by a seed, for tests that put them by the hundred thousand.

/// Random numbers that are the same for the same seed: xorshift64*, Vigna 2014.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `most`, which is not 0.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.next() >> 11) as usize % most
    }

    pub(crate) fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// One time of so many.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A text with some of its pieces exchanged, doubled or lost, or hostile ones put in.
    pub(crate) fn spoilt(&mut self, text: &str, hostile: &[&str]) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(chars.len() + 1);
            let end = (at + self.below(6)).min(chars.len());
            match self.below(4) {
                0 => drop(chars.drain(at..end)),
                1 => {
                    let piece: Vec<char> = chars[at..end].to_vec();
                    let to = self.below(chars.len() + 1);
                    chars.splice(to..to, piece);
                }
                _ => drop(chars.splice(at..at, self.one_of(hostile).chars())),
            }
        }
        chars.into_iter().collect()
    }
}

/// How many texts are drawn: the whole number is for `./dev soak rewrites`.
#[expect(
    clippy::disallowed_methods,
    reason = "a soak is the same test with another number"
)]
pub(crate) fn wanted() -> u64 {
    let wanted = std::env::var("FLEETSCOPE_REWRITES").ok();
    wanted.map_or(500, |wanted| wanted.parse().unwrap())
}
