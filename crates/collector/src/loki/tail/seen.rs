//! What was read of a cluster lately, so that nothing of it is told twice after a reconnect.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

/// How far back lines are asked for again: one that was written a moment before the last that was
/// read may come after it.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);

/// Lines that are remembered: five seconds of 10,000 a second. Of a busier cluster less is asked
/// for again.
const MOST: usize = 50_000;

/// The lines of the last seconds, by what they are. Lines that are the same in instant and text
/// are counted: so many are told as there are.
#[derive(Default)]
pub(super) struct Seen {
    counts: HashMap<u64, u32>,
    order: VecDeque<(Timestamp, u64)>,
    newest: Option<Timestamp>,
    /// The latest instant of what is not remembered any more.
    forgotten: Option<Timestamp>,
    /// What was told before the reconnect, and may come again.
    again: HashMap<u64, u32>,
}

impl Seen {
    /// From where on lines are asked for; none where there were none yet.
    pub(super) fn resume(&self) -> Option<Timestamp> {
        let newest = self.newest?;
        let start = newest.checked_sub(OVERLAP).unwrap_or(newest);
        let known = self.forgotten.map_or(start, after);
        Some(start.max(known).min(newest))
    }

    /// The last instant that was read.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// There is a new connection: what was told may come again.
    pub(super) fn reconnected(&mut self) {
        self.again.clone_from(&self.counts);
    }

    /// Whether a line is new; it is remembered.
    pub(super) fn is_new(&mut self, at: Timestamp, line: &str) -> bool {
        let hash = hash(at, line);
        if let Some(count) = self.again.get_mut(&hash) {
            *count -= 1;
            if *count == 0 {
                self.again.remove(&hash);
            }
            return false;
        }
        *self.counts.entry(hash).or_default() += 1;
        self.order.push_back((at, hash));
        self.newest = self.newest.max(Some(at));
        self.forget();
        true
    }

    fn forget(&mut self) {
        let old = self
            .newest
            .and_then(|newest| newest.checked_sub(OVERLAP).ok());
        while let Some(&(at, hash)) = self.order.front() {
            // Lines come about in their order: what is old stands at the front.
            if self.order.len() <= MOST && Some(at) >= old {
                break;
            }
            self.order.pop_front();
            self.forgotten = self.forgotten.max(Some(at));
            if let Some(count) = self.counts.get_mut(&hash) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&hash);
                }
            }
        }
    }
}

/// The instant behind this one.
pub(super) fn after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_nanos(1)).unwrap_or(at)
}

fn hash(at: Timestamp, line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    at.as_nanosecond().hash(&mut hasher);
    line.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn what_was_told_is_not_told_again_and_what_was_not_is() {
        let mut seen = Seen::default();
        assert_eq!(seen.resume(), None);
        for line in ["a", "b", "b"] {
            assert!(seen.is_new(at(10_000), line));
        }
        assert!(seen.is_new(at(11_000), "c"));
        assert_eq!(seen.resume(), Some(at(6_000)));
        seen.reconnected();
        // A late line of before, one that is there three times now, and a new one.
        let came = [
            (9_000, "late", true),
            (10_000, "a", false),
            (10_000, "b", false),
            (10_000, "b", false),
            (10_000, "b", true),
            (11_000, "c", false),
            (12_000, "d", true),
        ];
        for (ms, line, new) in came {
            assert_eq!(seen.is_new(at(ms), line), new, "{ms} {line}");
        }
        // And once more: all of it is known now.
        seen.reconnected();
        assert!(came.iter().all(|(ms, line, _)| !seen.is_new(at(*ms), line)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_no_more_is_asked_for_again() {
        let mut seen = Seen::default();
        for n in 0..200_000 {
            assert!(seen.is_new(Timestamp::from_microsecond(n).unwrap(), "x"));
        }
        assert_eq!((seen.order.len(), seen.counts.len()), (MOST, MOST));
        let from = seen.resume().unwrap();
        assert_eq!(from, after(Timestamp::from_microsecond(149_999).unwrap()));
        seen.reconnected();
        assert!(!seen.is_new(Timestamp::from_microsecond(150_000).unwrap(), "x"));
    }

    #[test]
    fn old_lines_are_forgotten() {
        let mut seen = Seen::default();
        for second in 0..100 {
            assert!(seen.is_new(at(second * 1_000), "x"));
        }
        assert_eq!(seen.order.len(), 6);
    }
}
