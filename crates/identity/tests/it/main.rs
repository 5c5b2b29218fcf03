//! Identity over a store held in memory, a simulated hub and a simulated issuer: the conformance
//! suite of authenticators, the use cases of local tokens, and how seldom others are asked.

#![expect(
    clippy::unwrap_used,
    reason = "what fails here fails the test, which is the purpose"
)]

mod authenticators;
mod cache;
mod hub;
mod local_tokens;
mod memory;
mod oidc;

use std::sync::Arc;

use fleetscope_identity::{LocalTokens, Result, TokenRandom};
use fleetscope_model::{AccessRole, Caller};
use fleetscope_ports::{ManualClock, SeededIds};
use jiff::Timestamp;

use crate::memory::MemoryTokens;

/// Bytes that count up: the nth token is the nth number.
#[derive(Debug, Default)]
struct Counting(std::sync::atomic::AtomicU8);

impl TokenRandom for Counting {
    fn fill(&self, bytes: &mut [u8; 32]) -> Result<()> {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        bytes.fill(n);
        Ok(())
    }
}

/// Local tokens with a hand-moved clock and the store beneath them.
struct Fixture {
    tokens: LocalTokens,
    store: Arc<MemoryTokens>,
    clock: Arc<ManualClock>,
}

fn fixture() -> Fixture {
    let store = Arc::new(MemoryTokens::default());
    let clock = Arc::new(ManualClock::new(start()));
    let tokens = LocalTokens::new(
        store.clone(),
        clock.clone(),
        Arc::new(SeededIds::new(1)),
        Arc::new(Counting::default()),
    );
    Fixture {
        tokens,
        store,
        clock,
    }
}

fn start() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn caller(role: AccessRole) -> Caller {
    Caller::local(format!("token:{}", role.as_str()), role)
}
