//! Lists of what was read of a time, page by page. What is read is the clusters' to keep, so each
//! page is of what there is when it is asked for, over the time that the first page was about. A
//! page goes on after the last item of the one before, not after so many: what was there all along
//! is shown exactly once, whatever came or went meanwhile.

use fleetscope_model::TimeRange;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::time;
use crate::cursor;
use crate::error::ApiError;

/// Which part of what was read of a time is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The time.
    pub range: TimeRange,
    /// The place of the last item of the part before.
    after: Option<String>,
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
        let range = time::range(start, end, now)?;
        Ok(Self { range, after: None })
    }

    fn after(text: &str) -> Result<Self, ApiError> {
        let key = cursor::decode(text)?;
        let mut parts = key.splitn(3, ' ');
        let (Some(start), Some(end), Some(after)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(cursor::foreign());
        };
        let (start, end) = (start.parse().ok(), end.parse().ok());
        let range = start
            .zip(end)
            .and_then(|(start, end)| TimeRange::new(start, end));
        let after = Some(after.to_owned());
        let range = range.ok_or_else(cursor::foreign)?;
        Ok(Self { range, after })
    }

    /// The part of the items that is asked for, sorted by their place, and the cursor of the next.
    pub fn cut<T, K: Ord + Serialize + DeserializeOwned>(
        self,
        items: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> K,
        limit: u32,
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let after = self.after.as_deref().map(serde_json::from_str::<K>);
        let after = after.transpose().map_err(|_| cursor::foreign())?;
        let placed = items.into_iter().map(|item| (place(&item), item));
        let mut rest: Vec<(K, T)> = placed
            .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
            .collect();
        rest.sort_by(|(a, _), (b, _)| a.cmp(b));
        let limit = limit as usize;
        let more = rest.len() > limit;
        rest.truncate(limit);
        let last = rest.last().filter(|_| more).map(|(last, _)| last);
        let TimeRange { start, end } = self.range;
        let next = last.and_then(|last| {
            let last = serde_json::to_string(last).ok()?;
            Some(cursor::encode(&format!("{start} {end} {last}")))
        });
        Ok((rest.into_iter().map(|(_, item)| item).collect(), next))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn pages_follow_each_other_over_the_time_of_the_first() {
        let (mut cursor, mut seen) = (None::<String>, Vec::new());
        for page in 0.. {
            // Time goes on meanwhile.
            let now = NOW + SignedDuration::from_mins(page);
            let slice = Slice::of(None, None, cursor.as_deref(), now).unwrap();
            assert_eq!(
                (slice.range.start, slice.range.end),
                (NOW - SignedDuration::from_hours(1), NOW)
            );
            // Others come and go, before and behind.
            let gone = if page == 1 { 0 } else { -1 };
            let items = (0..7).chain([10 * page]).filter(|item| *item != gone);
            let (part, next) = slice.cut(items, |item| *item, 3).unwrap();
            seen.extend(part);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 0, 1, 2, 3, 4, 5, 6, 20]);
    }

    #[test]
    fn a_page_that_ends_with_the_list_is_the_last() {
        let slice = Slice::of(Some("0"), Some("60"), None, NOW).unwrap();
        let cut = |items: std::ops::Range<u32>| slice.clone().cut(items, |item| *item, 3).unwrap();
        assert_eq!(cut(0..3), (vec![0, 1, 2], None));
        assert_eq!(cut(0..0), (vec![], None));
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
        let cursor = cursor::encode("1970-01-01T00:00:00Z 1970-01-01T00:00:00Z one");
        let slice = Slice::of(None, None, Some(&cursor), NOW).unwrap();
        assert!(slice.cut(0..3, |item| *item, 3).is_err());
    }
}
