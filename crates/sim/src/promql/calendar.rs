//! Parts of dates: `hour`, `day_of_week` and their like. All in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Error;
use super::eval::Context;
use super::plan::Plan;
use super::value::{Column, Series, Vector, joined};
use crate::tsdb::Labels;

/// A part of a date.
pub(super) type Part = fn(DateTime) -> i16;

/// The function of this name, if it is a part of a date.
pub(super) fn find(name: &str) -> Option<Part> {
    let part: Part = match name {
        "minute" => |t| i16::from(t.minute()),
        "hour" => |t| i16::from(t.hour()),
        "day_of_week" => |t| i16::from(t.date().weekday().to_sunday_zero_offset()),
        "day_of_month" => |t| i16::from(t.day()),
        "day_of_year" => |t| t.date().day_of_year(),
        "days_in_month" => |t| i16::from(t.date().days_in_month()),
        "month" => |t| i16::from(t.month()),
        "year" => DateTime::year,
        _ => return None,
    };
    Some(part)
}

/// The part of each element's value, taken as seconds since the epoch, or of the step's time.
pub(super) fn evaluate(
    context: &Context,
    part: Part,
    vector: Option<&Plan>,
) -> Result<Vector, Error> {
    let Some(inner) = vector else {
        let points: Result<Column, Error> = context
            .times()
            .map(|t| part_of(part, t.div_euclid(1000)).map(Some))
            .collect();
        let labels = Labels::default();
        return points.map(|points| vec![Series { labels, points }]);
    };
    let mut out = Vector::new();
    for Series { labels, points } in context.vector(inner)? {
        let value = |point: Option<f64>| match point {
            None => Ok(None),
            Some(seconds) if seconds.is_finite() => part_of(part, seconds as i64).map(Some),
            Some(other) => Err(out_of_range(other)),
        };
        let points: Result<Column, Error> = points.into_iter().map(value).collect();
        let labels = labels.without_name();
        out.push(Series {
            labels,
            points: points?,
        });
    }
    joined(out)
}

fn part_of(part: Part, seconds: i64) -> Result<f64, Error> {
    let instant = Timestamp::from_second(seconds).map_err(|_| out_of_range(seconds as f64))?;
    Ok(f64::from(part(TimeZone::UTC.to_datetime(instant))))
}

/// Prometheus computes some date even for NaN; here that is an error.
fn out_of_range(seconds: f64) -> Error {
    Error::Execution(format!(
        "{seconds} is not a time in seconds between the years -9999 and 9999"
    ))
}
