//! The index, over a simulated API server: what it answers, when it does not, and what it forgets.

mod answers;
mod faults;
mod keeping;
mod news;
pub(crate) mod stage;
