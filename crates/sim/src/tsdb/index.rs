//! Finding series: by exactly their labels, and by label matchers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Labels, MatchKind, Matcher, Series, SeriesId};

/// The series that have a label with one certain value, in label order.
type Postings = Vec<SeriesId>;

/// Where to find series. Only listed series, those that hold samples, are in the postings.
#[derive(Default)]
pub(super) struct Index {
    strings: HashSet<Arc<str>>,
    by_hash: HashMap<u64, Vec<SeriesId>>,
    postings: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Postings>>,
}

impl Index {
    /// The series with exactly these labels, which must be sorted.
    pub(super) fn find(&self, sorted: &[(&str, &str)], series: &[Series]) -> Option<SeriesId> {
        let candidates = self.by_hash.get(&hash(sorted))?;
        let is_it = |id: &&SeriesId| {
            series[id.0 as usize]
                .labels()
                .iter()
                .eq(sorted.iter().copied())
        };
        candidates.iter().find(is_it).copied()
    }

    /// Remembers the labels of a new series, which must be sorted, and returns them interned.
    pub(super) fn register(&mut self, id: SeriesId, sorted: &[(&str, &str)]) -> Labels {
        self.by_hash.entry(hash(sorted)).or_default().push(id);
        let pairs = sorted
            .iter()
            .map(|(name, value)| (self.intern(name), self.intern(value)))
            .collect();
        Labels::from_sorted(pairs)
    }

    /// Puts a series into the postings of all its labels.
    pub(super) fn list(&mut self, id: SeriesId, series: &[Series]) {
        let labels = series[id.0 as usize].labels();
        for (name, value) in labels.shared() {
            let values = self.postings.entry(name.clone()).or_default();
            let ids = values.entry(value.clone()).or_default();
            let at = ids.partition_point(|other| series[other.0 as usize].labels() < labels);
            ids.insert(at, id);
        }
    }

    /// Takes a series out of the postings.
    pub(super) fn unlist(&mut self, id: SeriesId, series: &[Series]) {
        for (name, value) in series[id.0 as usize].labels().shared() {
            let Some(values) = self.postings.get_mut(name) else {
                continue;
            };
            if let Some(ids) = values.get_mut(value) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.postings.remove(name);
            }
        }
    }

    /// The values of a label with the series that have them, sorted.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = (&str, &[SeriesId])> {
        let values = self.postings.get(name).into_iter().flatten();
        values.map(|(value, ids)| (&**value, ids.as_slice()))
    }

    /// The series that satisfy all matchers, in label order.
    pub(super) fn select<'s>(&self, matchers: &[Matcher], series: &'s [Series]) -> Vec<&'s Series> {
        let Some((narrowest, rest)) = self.narrowest(matchers) else {
            return Vec::new();
        };
        let mut found = self.accepted(narrowest, series);
        found.retain(|candidate| {
            let has = |matcher: &&Matcher| matcher.matches(candidate.labels().get(&matcher.name));
            rest.iter().all(has)
        });
        found
    }

    /// The matcher with the fewest candidates, and the others. A matcher that accepts the empty
    /// string also accepts series that are in none of its postings, so it can't be the one.
    fn narrowest<'m>(&self, matchers: &'m [Matcher]) -> Option<(&'m Matcher, Vec<&'m Matcher>)> {
        let usable = matchers.iter().enumerate().filter(|(_, m)| !m.matches(""));
        let (best, matcher) = usable.min_by_key(|(_, matcher)| self.cost(matcher))?;
        let rest = matchers.iter().enumerate().filter(|(at, _)| *at != best);
        Some((matcher, rest.map(|(_, matcher)| matcher).collect()))
    }

    /// How many series a matcher makes us look at; patterns count all values of their label.
    fn cost(&self, matcher: &Matcher) -> usize {
        match (self.postings.get(&*matcher.name), &matcher.kind) {
            (None, _) => 0,
            (Some(values), MatchKind::Equal) => values.get(&*matcher.value).map_or(0, Vec::len),
            (Some(values), _) => values.values().map(Vec::len).sum(),
        }
    }

    /// The series one matcher accepts, in label order.
    fn accepted<'s>(&self, matcher: &Matcher, series: &'s [Series]) -> Vec<&'s Series> {
        let Some(values) = self.postings.get(&*matcher.name) else {
            return Vec::new();
        };
        let of = |ids: &Postings| -> Vec<&'s Series> {
            ids.iter().map(|id| &series[id.0 as usize]).collect()
        };
        if matches!(matcher.kind, MatchKind::Equal) {
            return values.get(&*matcher.value).map(of).unwrap_or_default();
        }
        let accepted = values.iter().filter(|(value, _)| matcher.matches(value));
        let mut found: Vec<&Series> = accepted.flat_map(|(_, ids)| of(ids)).collect();
        found.sort_unstable_by(|a, b| a.labels().cmp(b.labels()));
        found
    }

    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.strings.insert(shared.clone());
        shared
    }
}

/// The same in every process: `DefaultHasher::new` has fixed keys.
fn hash(sorted: &[(&str, &str)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    sorted.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::super::Tsdb;
    use super::*;

    fn matcher(name: &str, kind: MatchKind, value: &str) -> Matcher {
        let mut matcher = Matcher::equal(name, value);
        matcher.kind = kind;
        matcher
    }

    fn anchored(pattern: &str) -> Regex {
        Regex::new(&format!("^(?:{pattern})$")).unwrap()
    }

    fn found(matchers: &[Matcher]) -> Vec<String> {
        let mut db = Tsdb::new(1000);
        for (name, job, pod) in [
            ("up", "api", "a-1"),
            ("up", "api", "a-2"),
            ("up", "db", ""),
            ("load", "db", "d-1"),
        ] {
            let id = db.series(&[("__name__", name), ("job", job), ("pod", pod)]);
            db.append(id, 1, 1.0);
        }
        let found = db.select(matchers);
        let text = |s: &&Series| {
            let labels = s.labels();
            format!(
                "{} {} {}",
                labels.get("__name__"),
                labels.get("job"),
                labels.get("pod")
            )
        };
        found.iter().map(text).collect()
    }

    #[test]
    fn all_four_kinds_of_matchers_find_what_they_should() {
        let up = Matcher::equal("__name__", "up");
        let pods = matcher("pod", MatchKind::Regex(anchored("a-.")), "a-.");
        assert_eq!(
            found(&[up.clone(), pods.clone()]),
            ["up api a-1", "up api a-2"]
        );
        assert_eq!(found(&[pods]), ["up api a-1", "up api a-2"]);
        let other = matcher("job", MatchKind::NotEqual, "api");
        assert_eq!(found(&[up.clone(), other]), ["up db "]);
        let not = matcher("pod", MatchKind::NotRegex(anchored(".*-1")), ".*-1");
        assert_eq!(found(&[up.clone(), not]), ["up api a-2", "up db "]);
        assert_eq!(found(&[up, Matcher::equal("pod", "")]), ["up db "]);
    }

    #[test]
    fn a_matcher_that_only_refuses_the_empty_string_finds_all_that_have_the_label() {
        let has_pod = matcher("pod", MatchKind::NotEqual, "");
        let expected = ["load db d-1", "up api a-1", "up api a-2"];
        assert_eq!(found(&[has_pod]), expected);
        assert!(found(&[Matcher::equal("nothing", "x")]).is_empty());
    }
}
