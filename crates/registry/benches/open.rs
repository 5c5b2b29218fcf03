//! What opening a credential costs: unwrap the data key, verify and decrypt a value of 4 KB. Ends
//! with 1 where the median is over the goal of 10 µs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that stops at what it did not expect, and speaks to a person"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fleetscope_model::{ClusterId, CredentialField, CredentialSlot};
use fleetscope_registry::envelope::{Key, KeyRing, open, rewrap, seal};

const VALUE: usize = 4096;
const GOAL: Duration = Duration::from_micros(10);
/// Rounds, of which the median counts, and calls in each.
const ROUNDS: usize = 101;
const CALLS: u32 = 500;

fn main() -> ExitCode {
    let key = |id: &str| Key::parse(id, &Key::generate().unwrap()).unwrap();
    let ring = KeyRing::new("b", vec![key("a"), key("b"), key("c")]).unwrap();
    let slot = CredentialSlot {
        cluster: ClusterId::new("0192f0c1-2d3e-7abc-8def-0123456789ab".parse().unwrap()),
        field: CredentialField::Shared,
        generation: 1,
    };
    let value = [7; VALUE];
    let envelope = seal(&ring, slot, &value).unwrap();
    let opened = median(|| drop(black_box(open(&ring, slot, black_box(&envelope)).unwrap())));
    let sealed = median(|| drop(black_box(seal(&ring, slot, black_box(&value)).unwrap())));
    let wrapped = median(|| {
        let rewrapped = rewrap(&ring, slot, black_box(&envelope));
        black_box(rewrapped.unwrap());
    });
    println!("open and verify, {VALUE} bytes: {opened:.2?} (goal: at most {GOAL:?})");
    println!("seal, {VALUE} bytes:            {sealed:.2?}");
    println!("put under another key:        {wrapped:.2?}");
    ExitCode::from(u8::from(opened > GOAL))
}

/// Of one call, by the median of many rounds: other work on the machine only ever adds.
fn median(mut call: impl FnMut()) -> Duration {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..CALLS {
            call();
        }
        rounds.push(started.elapsed() / CALLS);
    }
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}
