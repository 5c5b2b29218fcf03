//! The instants of a range query.

use fleetscope_model::TimeRange;
use fleetscope_ports::Result;
use jiff::SignedDuration;

use crate::range::{self, invalid};

/// Prometheus' own limit: `end - start` may be at most this many steps
/// (`web/api/v1/api.go`, "exceeded maximum resolution of 11,000 points per timeseries").
const MAX_STEPS: i64 = 11_000;

/// First instant, last instant and distance, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) step: i64,
}

impl Steps {
    /// Cut to milliseconds, in which Prometheus counts. `invalid_range`, `invalid_step`, or
    /// `too_many_points` with the smallest step that fits.
    pub(crate) fn new(range: TimeRange, step: SignedDuration) -> Result<Self> {
        range::check(range)?;
        let step_ms = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        if step_ms < 1 {
            return Err(invalid(
                "invalid_step",
                "the step is less than a millisecond: write one such as 15s",
            ));
        }
        let steps = Self {
            start: range.start.as_millisecond(),
            end: range.end.as_millisecond(),
            step: step_ms,
        };
        let length_ms = steps.end - steps.start;
        if length_ms / step_ms > MAX_STEPS {
            let smallest = smallest_step(length_ms);
            return Err(invalid(
                "too_many_points",
                format!(
                    "the range holds {} steps of {step:#}, and {MAX_STEPS} are the most: write a \
                     step of at least {smallest:#}, or a shorter range",
                    length_ms / step_ms
                ),
            ));
        }
        Ok(steps)
    }
}

impl Steps {
    /// A step for so many points: four times as fine as they would lie apart, so that what is left
    /// out is chosen and not missed, a length that people use, and none finer than clusters are
    /// usually scraped.
    pub(crate) fn chosen(range: TimeRange, points: u32) -> SignedDuration {
        const SECONDS: [i64; 16] = [
            15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
            604_800, 2_592_000,
        ];
        let length = (range.end.as_second() - range.start.as_second()).max(0);
        let most = (i64::from(points) * 4).clamp(1, MAX_STEPS);
        let fits = |seconds: &&i64| length / **seconds <= most;
        let seconds = SECONDS.iter().find(fits);
        SignedDuration::from_secs(seconds.copied().unwrap_or(length / most + 1))
    }
}

/// In whole seconds where the range is long enough for that to make no difference.
fn smallest_step(length_ms: i64) -> SignedDuration {
    let exact_ms = (length_ms + MAX_STEPS - 1) / MAX_STEPS;
    if exact_ms > 1_000 {
        SignedDuration::from_secs((exact_ms + 999) / 1_000)
    } else {
        SignedDuration::from_millis(exact_ms)
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Fault;
    use jiff::Timestamp;

    use super::*;

    fn range(length: SignedDuration) -> TimeRange {
        TimeRange::ending(Timestamp::from_second(1_800_000_000).unwrap(), length)
    }

    #[test]
    fn the_named_smallest_step_fits() {
        let week = range(SignedDuration::from_hours(24 * 7));
        let error = Steps::new(week, SignedDuration::from_secs(15)).unwrap_err();
        assert_eq!(error.code(), "too_many_points");
        assert!(
            error.message().contains("at least 55s"),
            "{}",
            error.message()
        );
        assert!(Steps::new(week, SignedDuration::from_secs(55)).is_ok());
        assert!(Steps::new(week, SignedDuration::from_secs(54)).is_err());
    }

    #[test]
    fn a_step_is_chosen_that_people_use_and_that_fits() {
        let chosen = |hours, points| {
            let range = range(SignedDuration::from_hours(hours));
            let step = Steps::chosen(range, points);
            assert!(Steps::new(range, step).is_ok());
            step.as_secs()
        };
        assert_eq!(chosen(1, 1_000), 15);
        assert_eq!(chosen(24, 500), 60);
        assert_eq!(chosen(24 * 7, 500), 600);
        assert_eq!(chosen(24 * 365, 11_000), 3_600);
        assert_eq!(chosen(24 * 365 * 100, 16), 49_275_001);
    }

    #[test]
    fn the_limit_is_the_servers_own() {
        let full = range(SignedDuration::from_secs(11_000));
        assert!(Steps::new(full, SignedDuration::from_secs(1)).is_ok());
        let over = range(SignedDuration::from_secs(11_001));
        assert!(Steps::new(over, SignedDuration::from_secs(1)).is_err());
    }

    #[test]
    fn a_backward_range_and_an_empty_step_are_refused() {
        let mut backward = range(SignedDuration::from_secs(60));
        std::mem::swap(&mut backward.start, &mut backward.end);
        let step = SignedDuration::from_secs(1);
        assert_eq!(
            Steps::new(backward, step).unwrap_err().code(),
            "invalid_range"
        );
        for step in [
            SignedDuration::ZERO,
            SignedDuration::from_secs(-1),
            SignedDuration::from_micros(5),
        ] {
            let error = Steps::new(range(SignedDuration::from_secs(60)), step).unwrap_err();
            assert_eq!(error.code(), "invalid_step");
        }
    }

    #[test]
    fn the_longest_range_there_is_does_not_overflow() {
        let all = TimeRange {
            start: Timestamp::MIN,
            end: Timestamp::MAX,
        };
        assert!(Steps::new(all, SignedDuration::from_millis(1)).is_err());
    }
}
