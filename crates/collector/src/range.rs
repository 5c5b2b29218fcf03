//! What all questions ask of a range of time and of a limit.

use fleetscope_model::{ErrorKind, TimeRange};
use fleetscope_ports::{Error, Result};

/// Refuses a range that ends before it starts (`invalid_range`).
pub(crate) fn check(range: TimeRange) -> Result<()> {
    if range.start <= range.end {
        return Ok(());
    }
    let (start, end) = (range.start, range.end);
    Err(invalid(
        "invalid_range",
        format!("the range ends ({end}) before it starts ({start}): swap the two"),
    ))
}

/// Refuses a limit of none, or of more than `most` (`invalid_limit`).
pub(crate) fn check_limit(limit: u32, most: u32) -> Result<()> {
    if (1..=most).contains(&limit) {
        return Ok(());
    }
    Err(invalid(
        "invalid_limit",
        format!("the limit is {limit}: write a number from 1 to {most}"),
    ))
}

/// The question itself is wrong.
pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, code, message)
}
