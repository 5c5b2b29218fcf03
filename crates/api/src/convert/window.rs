//! Lists of what was read of a time, page by page. What is read is the clusters' to keep: each page
//! reads it anew, over the time that the first page was about.

use fleetscope_model::TimeRange;
use jiff::{SignedDuration, Timestamp};

use super::time;
use crate::cursor;
use crate::error::ApiError;

/// The time that is meant where none is given: the last hour.
const DEFAULT: SignedDuration = SignedDuration::from_hours(1);

/// Which part of what was read of a time is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The time.
    pub range: TimeRange,
    skip: usize,
}

impl Slice {
    /// What follows the cursor; without one, the beginning of what was read from `start` to `end`.
    /// Without an end it is now, without a start an hour before the end.
    pub fn of(
        start: Option<&str>,
        end: Option<&str>,
        cursor: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if let Some(cursor) = cursor {
            return Self::after(cursor);
        }
        let end = end.map_or(Ok(now), |text| time::instant("end", text))?;
        let early = || end.checked_sub(DEFAULT).unwrap_or(Timestamp::MIN);
        let start = start.map_or_else(|| Ok(early()), |text| time::instant("start", text))?;
        let range = TimeRange::new(start, end).ok_or_else(|| {
            let what = "the end lies before the start: swap them, or move one";
            ApiError::invalid("end", what)
        })?;
        Ok(Self { range, skip: 0 })
    }

    fn after(text: &str) -> Result<Self, ApiError> {
        let key = cursor::decode(text)?;
        let mut parts = key.split(' ');
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(start), Some(end), Some(skip), None) = parts else {
            return Err(cursor::foreign());
        };
        let range = start
            .parse()
            .ok()
            .zip(end.parse().ok())
            .and_then(|(start, end)| TimeRange::new(start, end));
        match (range, skip.parse()) {
            (Some(range), Ok(skip)) => Ok(Self { range, skip }),
            _ => Err(cursor::foreign()),
        }
    }

    /// The part of the items that is asked for, and the cursor of the next.
    pub fn cut<T>(
        self,
        items: impl IntoIterator<Item = T>,
        limit: u32,
    ) -> (Vec<T>, Option<String>) {
        let limit = limit as usize;
        let mut rest = items.into_iter().skip(self.skip);
        let part: Vec<T> = rest.by_ref().take(limit).collect();
        let next = rest.next().map(|_| {
            let TimeRange { start, end } = self.range;
            cursor::encode(&format!("{start} {end} {}", self.skip + limit))
        });
        (part, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn pages_follow_each_other_over_the_time_of_the_first() {
        let (mut cursor, mut seen) = (None::<String>, Vec::new());
        for page in 0.. {
            // Time goes on meanwhile.
            let now = NOW + SignedDuration::from_mins(page);
            let slice = Slice::of(None, None, cursor.as_deref(), now).unwrap();
            assert_eq!((slice.range.start, slice.range.end), (NOW - DEFAULT, NOW));
            let (part, next) = slice.cut(0..7, 3);
            seen.extend(part);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_page_that_ends_with_the_list_is_the_last() {
        let slice = Slice::of(Some("0"), Some("60"), None, NOW).unwrap();
        assert_eq!(slice.cut(0..3, 3), (vec![0, 1, 2], None));
        assert_eq!(slice.cut(0..0, 3), (vec![], None));
    }

    #[test]
    fn what_is_no_time_and_no_cursor_is_refused() {
        assert!(Slice::of(Some("60"), Some("0"), None, NOW).is_err());
        assert!(Slice::of(Some("noon"), None, None, NOW).is_err());
        for key in [
            "",
            "a b c",
            "1970-01-01T00:00:00Z 1970-01-01T00:00:00Z",
            "a",
        ] {
            let cursor = cursor::encode(key);
            assert!(Slice::of(None, None, Some(&cursor), NOW).is_err(), "{key}");
        }
    }
}
