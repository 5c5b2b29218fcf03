//! What log lines say again and again: Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing
//! approach with fixed depth tree", ICWS 2017).
//!
//! What holds a digit is masked before lines are compared, so that the template of a line hardly
//! depends on which other lines are there, and its id, made of the template's text, is the same
//! after a restart, on another cluster, and in another window. Lines are sorted by their number
//! of words and their first words, and join the most similar template there.

mod tree;
mod words;

use std::collections::BTreeMap;

use fleetscope_model::{ClusterId, LogSeverity, TimeRange};
use jiff::{SignedDuration, Timestamp};

use tree::Tree;

/// What takes the place of a part that varies.
const VARIES: &str = "<*>";

/// The longest line that is shown as an example.
const LONGEST_EXAMPLE: usize = 500;

/// Windows in which lines are counted; more are no picture that anybody reads.
const MOST_WINDOWS: i64 = 500;

/// A line to be sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternLine {
    /// When it was written.
    pub at: Timestamp,
    /// Where.
    pub cluster: ClusterId,
    /// How bad it is.
    pub severity: Option<LogSeverity>,
    /// Its text.
    pub text: String,
}

/// Lines that say the same but for numbers and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Sixteen hexadecimal digits, made of the template's text.
    pub id: String,
    /// The common text, with `<*>` for what varies.
    pub template: String,
    /// Lines.
    pub count: u64,
    /// Lines by cluster.
    pub clusters: BTreeMap<ClusterId, u64>,
    /// The worst of them.
    pub severity: Option<LogSeverity>,
    /// When the first was written.
    pub first_at: Timestamp,
    /// When the last was written.
    pub last_at: Timestamp,
    /// The first as it was written, cut.
    pub example: String,
    /// Lines by the beginning of their window, where there are any.
    pub counts: BTreeMap<Timestamp, u64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    /// The most frequent first, then the oldest.
    pub patterns: Vec<Pattern>,
    /// Lines that joined none, since there were too many.
    pub unmatched: u64,
    /// The length of a window; longer than what was asked for where there were too many.
    pub window: SignedDuration,
}

/// The patterns of lines of a range, at most so many. The result does not depend on the order of
/// the lines.
pub fn patterns(
    mut lines: Vec<PatternLine>,
    range: TimeRange,
    window: SignedDuration,
    most: usize,
) -> Patterns {
    lines.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.text.cmp(&b.text)));
    let window = windowed(range, window);
    let (mut tree, mut unmatched) = (Tree::new(most), 0);
    let mut found: Vec<Pattern> = Vec::new();
    for line in &lines {
        let words = words::of(&line.text);
        if words.is_empty() {
            continue;
        }
        let Some(group) = tree.join(words) else {
            unmatched += 1;
            continue;
        };
        if group == found.len() {
            found.push(begun(line));
        }
        if let Some(pattern) = found.get_mut(group) {
            counted(pattern, line, begin(range, window, line.at));
        }
    }
    for (group, pattern) in found.iter_mut().enumerate() {
        pattern.template = tree.template(group);
        pattern.id = id(&pattern.template);
    }
    Patterns {
        patterns: sorted(found),
        unmatched,
        window,
    }
}

fn begun(line: &PatternLine) -> Pattern {
    Pattern {
        id: String::new(),
        template: String::new(),
        count: 0,
        clusters: BTreeMap::new(),
        severity: None,
        first_at: line.at,
        last_at: line.at,
        example: line.text.chars().take(LONGEST_EXAMPLE).collect(),
        counts: BTreeMap::new(),
    }
}

fn counted(pattern: &mut Pattern, line: &PatternLine, window: Timestamp) {
    pattern.count += 1;
    *pattern.clusters.entry(line.cluster).or_default() += 1;
    *pattern.counts.entry(window).or_default() += 1;
    pattern.severity = pattern.severity.max(line.severity);
    pattern.last_at = line.at;
}

/// Templates that have become the same are one, and the most frequent come first.
fn sorted(found: Vec<Pattern>) -> Vec<Pattern> {
    let mut by_id: BTreeMap<String, Pattern> = BTreeMap::new();
    for pattern in found {
        match by_id.get_mut(&pattern.id) {
            Some(known) => joined(known, pattern),
            None => {
                by_id.insert(pattern.id.clone(), pattern);
            }
        }
    }
    let mut patterns: Vec<Pattern> = by_id.into_values().collect();
    patterns.sort_by(|a, b| {
        let most = b.count.cmp(&a.count);
        most.then_with(|| a.first_at.cmp(&b.first_at))
            .then_with(|| a.template.cmp(&b.template))
    });
    patterns
}

fn joined(known: &mut Pattern, other: Pattern) {
    if other.first_at < known.first_at {
        known.example = other.example;
    }
    known.count += other.count;
    known.first_at = known.first_at.min(other.first_at);
    known.last_at = known.last_at.max(other.last_at);
    known.severity = known.severity.max(other.severity);
    for (cluster, count) in other.clusters {
        *known.clusters.entry(cluster).or_default() += count;
    }
    for (window, count) in other.counts {
        *known.counts.entry(window).or_default() += count;
    }
}

/// The window, or the shortest multiple of it of which not too many lie in the range.
fn windowed(range: TimeRange, window: SignedDuration) -> SignedDuration {
    let window = window.as_secs().max(1);
    let most = range.length().as_secs() / window / MOST_WINDOWS;
    SignedDuration::from_secs(window.saturating_mul(most + 1))
}

/// Where the window of an instant begins: windows are counted from the range's start.
fn begin(range: TimeRange, window: SignedDuration, at: Timestamp) -> Timestamp {
    let since = at.duration_since(range.start).as_secs();
    let windows = since.div_euclid(window.as_secs());
    let offset = SignedDuration::from_secs(windows * window.as_secs());
    range.start.checked_add(offset).unwrap_or(range.start)
}

/// FNV-1a over the text, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>. Among a thousand
/// templates two share an id once in 10^13.
fn id(template: &str) -> String {
    let hash = template
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests;
