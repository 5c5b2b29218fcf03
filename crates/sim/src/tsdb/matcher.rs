//! Label matchers: the `{job="a", pod=~"b.*"}` of a selector.

use regex::Regex;

/// How a matcher compares.
#[derive(Clone, Debug)]
pub enum MatchKind {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, with the pattern anchored at both ends.
    Regex(Regex),
    /// `!~`, with the pattern anchored at both ends.
    NotRegex(Regex),
}

/// One condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// The value to compare with: literal, or the text of the pattern without its anchors.
    pub value: String,
    /// How to compare.
    pub kind: MatchKind,
}

impl Matcher {
    /// `name="value"`.
    pub fn equal(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            kind: MatchKind::Equal,
        }
    }

    /// Whether a label with this value satisfies the condition; an absent label has the value `""`.
    pub fn matches(&self, value: &str) -> bool {
        match &self.kind {
            MatchKind::Equal => self.value == value,
            MatchKind::NotEqual => self.value != value,
            MatchKind::Regex(pattern) => pattern.is_match(value),
            MatchKind::NotRegex(pattern) => !pattern.is_match(value),
        }
    }
}
