//! The tasks of this crate. Each is activated without an argument, as often as anybody likes; an
//! activation finds in the store what is to be done, and may be killed anywhere.

mod sweep;
mod watches;
mod work;

pub use sweep::Sweep;
pub use watches::Watches;
pub use work::Work;

/// What one activation of a task did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskReport {
    /// One line for people: what was done and what went wrong.
    pub summary: String,
    /// How many things were done; 0 where there was nothing to do.
    pub did: u32,
}
