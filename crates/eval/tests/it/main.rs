//! The evaluation from outside: corpora in folders in, tables out.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read should fail its test at once"
)]

mod anomalies;
mod synthetic;
