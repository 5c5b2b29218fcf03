//! Times and durations as callers write them.

use fleetscope_model::TimeRange;
use jiff::{SignedDuration, Timestamp};

use crate::error::ApiError;

/// The time that is meant where none is given: the last hour.
const USUAL: SignedDuration = SignedDuration::from_hours(1);

/// An instant: RFC 3339, or seconds since the Unix epoch with or without decimals.
pub fn instant(parameter: &str, text: &str) -> Result<Timestamp, ApiError> {
    let seconds = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| seconds.is_finite());
    seconds
        .and_then(|seconds| {
            // Millisecond exact: a double has no nanoseconds to give at this size.
            Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
        })
        .or_else(|| text.parse().ok())
        .ok_or_else(|| {
            ApiError::invalid(
                parameter,
                "write a time as 2026-01-31T12:00:00Z or as seconds since 1970",
            )
        })
}

/// A range by the parameters `start` and `end`: without an end it is now, without a start an hour
/// before the end.
pub fn range(
    start: Option<&str>,
    end: Option<&str>,
    now: Timestamp,
) -> Result<TimeRange, ApiError> {
    let end = end.map_or(Ok(now), |text| instant("end", text))?;
    let early = || TimeRange::ending(end, USUAL).start;
    let start = start.map_or_else(|| Ok(early()), |text| instant("start", text))?;
    TimeRange::new(start, end).ok_or_else(|| {
        let what = "the end lies before the start: swap them, or move one";
        ApiError::invalid("end", what)
    })
}

/// A positive duration: `90s`, `5m`, `1h30m`, or plain seconds.
pub fn duration(parameter: &str, text: &str) -> Result<SignedDuration, ApiError> {
    let seconds = text.parse::<f64>().ok();
    seconds
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .or_else(|| text.parse().ok())
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| {
            ApiError::invalid(
                parameter,
                "write a positive duration, such as 30s, 5m or 1h",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_may_be_written_in_seconds_or_in_full() {
        let full = instant("time", "2026-01-31T12:00:00.5Z").unwrap();
        assert_eq!(instant("time", "1769860800.5").unwrap(), full);
        for wrong in ["", "yesterday", "NaN", "1e300"] {
            assert!(instant("time", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_is_positive_and_has_a_unit_or_counts_seconds() {
        assert_eq!(
            duration("step", "15").unwrap(),
            SignedDuration::from_secs(15)
        );
        assert_eq!(
            duration("step", "1m").unwrap(),
            SignedDuration::from_secs(60)
        );
        for wrong in ["", "0", "-5s", "soon", "inf"] {
            assert!(duration("step", wrong).is_err(), "{wrong}");
        }
    }
}
