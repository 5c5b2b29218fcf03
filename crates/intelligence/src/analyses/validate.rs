//! What an anomaly analysis may ask for.

use fleetscope_model::TimeRange;
use jiff::{SignedDuration, Timestamp};

use crate::analyses::AnomalyRequest;
use crate::{Error, Result};

/// Prometheus refuses a range query of more points a series (`web/api/v1/api.go`).
pub(crate) const MOST_POINTS: i64 = 11_000;

/// The longest window: beyond a week, the history that it would be judged by is mostly gone from
/// a Prometheus of default retention (15 days).
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far a caller's clock may be ahead of ours before a window counts as lying in the future.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Longer queries are written by machines, or by mistake.
const LONGEST_QUERY: usize = 4_096;

/// A checked request's parts that needed a decision.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) query: Option<String>,
    pub(crate) step: SignedDuration,
}

/// Checks the request; every refusal says what to write.
pub(crate) fn validate(request: &AnomalyRequest, now: Timestamp) -> Result<Plan> {
    check_window(request.window, LONGEST_WINDOW, now)?;
    Ok(Plan {
        query: check_query(request.query.as_deref())?,
        step: check_step(request.step, request.window)?,
    })
}

/// A window of more than nothing, not too long, and not in the future.
pub(crate) fn check_window(
    window: TimeRange,
    longest: SignedDuration,
    now: Timestamp,
) -> Result<()> {
    if window.start >= window.end {
        return Err(Error::invalid(
            "invalid_window",
            "/window/end",
            format!(
                "the window ends at {} and begins at {}: give an end after the start",
                window.end, window.start
            ),
        ));
    }
    if window.length() > longest {
        return Err(Error::invalid(
            "window_too_long",
            "/window",
            format!(
                "a window of {} hours is too long: ask for {} hours at most",
                window.length().as_hours(),
                longest.as_hours()
            ),
        ));
    }
    if window.end.duration_since(now) > CLOCK_SKEW {
        return Err(Error::invalid(
            "window_in_future",
            "/window/end",
            format!("the window ends in the future: give an end of {now} or before"),
        ));
    }
    Ok(())
}

fn check_query(query: Option<&str>) -> Result<Option<String>> {
    let Some(query) = query.map(str::trim) else {
        return Ok(None);
    };
    if query.is_empty() {
        return Err(Error::invalid(
            "invalid_query",
            "/query",
            "the query is empty: write PromQL, or leave it out to evaluate the built-in watches",
        ));
    }
    if query.chars().count() > LONGEST_QUERY {
        return Err(Error::invalid(
            "query_too_long",
            "/query",
            format!(
                "the query has {} characters: {LONGEST_QUERY} are allowed",
                query.chars().count()
            ),
        ));
    }
    Ok(Some(query.to_owned()))
}

fn check_step(step: Option<SignedDuration>, window: TimeRange) -> Result<SignedDuration> {
    let Some(step) = step else {
        return Ok(suitable_step(window.length()));
    };
    if step.as_secs() < 1 || step.subsec_nanos() != 0 || step > window.length() {
        return Err(Error::invalid(
            "invalid_step",
            "/step",
            "the step must be a whole number of seconds, at least 1 and not longer than the window",
        ));
    }
    let points = window.length().as_secs() / step.as_secs() + 1;
    if points > MOST_POINTS {
        let least = window.length().as_secs() / (MOST_POINTS - 1) + 1;
        return Err(Error::invalid(
            "too_many_points",
            "/step",
            format!(
                "{points} points a series are too many ({MOST_POINTS} are allowed): give a step \
                 of {least}s or more, or a shorter window"
            ),
        ));
    }
    Ok(step)
}

/// Whole minutes, about 500 points: what a chart of a screen's width shows.
pub(crate) fn suitable_step(length: SignedDuration) -> SignedDuration {
    let minutes = (length.as_secs() / 500 + 59) / 60;
    // A window shorter than a minute would have no second point.
    if length < SignedDuration::from_mins(2) {
        return SignedDuration::from_secs((length.as_secs() / 4).max(1));
    }
    SignedDuration::from_mins(minutes.max(1))
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{Fault, Selection, Sensitivity};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    const NOW: i64 = 2_000_000;

    fn asked(start: i64, end: i64, step: Option<i64>) -> Result<Plan> {
        let request = AnomalyRequest {
            clusters: Selection::All,
            query: Some(" up ".to_owned()),
            window: TimeRange {
                start: at(start),
                end: at(end),
            },
            step: step.map(SignedDuration::from_secs),
            sensitivity: Sensitivity::Medium,
        };
        validate(&request, at(NOW))
    }

    #[test]
    fn a_good_request_gets_a_step_and_a_trimmed_query() {
        let plan = asked(NOW - 3_600, NOW, None).unwrap();
        assert_eq!(plan.query.as_deref(), Some("up"));
        assert_eq!(plan.step, SignedDuration::from_mins(1));
    }

    #[test]
    fn each_bad_request_is_refused_by_its_own_code() {
        let code = |result: Result<Plan>| result.unwrap_err().code();
        assert_eq!(code(asked(NOW, NOW - 1, None)), "invalid_window");
        assert_eq!(code(asked(NOW, NOW, None)), "invalid_window");
        assert_eq!(code(asked(NOW - 700_000, NOW, None)), "window_too_long");
        assert_eq!(code(asked(NOW, NOW + 61, None)), "window_in_future");
        assert_eq!(code(asked(NOW - 60, NOW, Some(0))), "invalid_step");
        assert_eq!(code(asked(NOW - 60, NOW, Some(-5))), "invalid_step");
        assert_eq!(code(asked(NOW - 60, NOW, Some(61))), "invalid_step");
        assert_eq!(code(asked(NOW - 11_000, NOW, Some(1))), "too_many_points");
    }

    #[test]
    fn the_step_that_a_refusal_names_is_accepted() {
        let error = asked(NOW - 600_000, NOW, Some(1)).unwrap_err().message();
        assert!(error.contains("a step of 55s"), "{error}");
        assert!(asked(NOW - 600_000, NOW, Some(55)).is_ok());
    }

    #[test]
    fn every_chosen_step_keeps_within_the_limits() {
        for seconds in [1, 59, 119, 120, 3_600, 86_400, 7 * 86_400] {
            let window = TimeRange {
                start: at(NOW - seconds),
                end: at(NOW),
            };
            let step = suitable_step(window.length());
            assert!(check_step(Some(step), window).is_ok(), "{seconds}");
        }
    }
}
