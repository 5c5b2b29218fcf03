//! The randomness of tokens, passed in.

use crate::{Error, Result};

/// Fills the bytes of a new token.
pub trait TokenRandom: Send + Sync + std::fmt::Debug {
    /// Overwrites `bytes` with bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8; 32]) -> Result<()>;
}

/// Bytes from the cryptographic generator of aws-lc, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTokenRandom;

impl TokenRandom for SystemTokenRandom {
    fn fill(&self, bytes: &mut [u8; 32]) -> Result<()> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| Error::NoRandomness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fills_differ() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        SystemTokenRandom.fill(&mut a).unwrap();
        SystemTokenRandom.fill(&mut b).unwrap();
        assert_ne!(a, b);
        assert_ne!(a, [0; 32]);
    }
}
