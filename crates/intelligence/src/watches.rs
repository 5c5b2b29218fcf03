//! What is looked at on a schedule.

mod catalogue;

pub use catalogue::catalogue;
