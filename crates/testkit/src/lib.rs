//! For tests only: a whole application on free ports with a client per role, the simulated fleet on
//! the same clock, and real servers that are started and stopped.
//!
//! Never part of the binary. Start reading at [`TestApp`].
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops at what it did not expect, with the reason"
)]

pub mod app;
pub mod fleet;
pub mod real;

pub use app::{Shape, TestApp, a_time};
pub use fleet::Fleet;
pub use real::{Alertmanager, NodeExporter, Prometheus};
