//! Label sets: sorted, immutable, cheap to clone.

use std::fmt;
use std::sync::Arc;

/// The label that holds the metric name.
pub(crate) const NAME: &str = "__name__";

/// A set of labels sorted by name; none has an empty value. Clones share the memory.
///
/// The order of two sets is that of Prometheus' `labels.Compare`: pair by pair, the shorter first.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The value of a label, or the empty string when the label is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(own, _)| &**own == name)
            .map_or("", |(_, value)| value)
    }

    /// The pairs, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The labels whose name satisfies `keep`.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        if self.0.iter().all(|(name, _)| keep(name)) {
            return self.clone();
        }
        let kept = self.0.iter().filter(|(name, _)| keep(name));
        Self(kept.cloned().collect())
    }

    /// The labels without the metric name.
    #[must_use]
    pub fn without_name(&self) -> Self {
        self.filtered(|name| name != NAME)
    }

    /// The labels with `name` set to `value`; an empty value removes the label.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.0.to_vec();
        match pairs.binary_search_by(|(own, _)| (**own).cmp(name)) {
            Ok(at) if value.is_empty() => {
                pairs.remove(at);
            }
            Ok(at) => pairs[at].1 = value.into(),
            Err(_) if value.is_empty() => {}
            Err(at) => pairs.insert(at, (name.into(), value.into())),
        }
        Self(pairs.into())
    }

    /// From pairs that are sorted by name, each name once, no value empty.
    pub(super) fn from_sorted(pairs: Vec<(Arc<str>, Arc<str>)>) -> Self {
        Self(pairs.into())
    }

    /// The pairs with their shared strings, for the index.
    pub(super) fn shared(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.0
    }
}

/// As Prometheus writes label sets in error messages: `{a="1", b="2"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (name, value)) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let empty = Labels::default();
        pairs.iter().fold(empty, |l, (n, v)| l.with(n, v))
    }

    #[test]
    fn labels_stay_sorted_and_an_empty_value_removes_one() {
        let all = labels(&[("job", "x"), ("__name__", "up"), ("az", "1")]);
        assert_eq!(all.to_string(), r#"{__name__="up", az="1", job="x"}"#);
        assert_eq!(
            all.with("az", "").to_string(),
            r#"{__name__="up", job="x"}"#
        );
        assert_eq!(all.without_name().get("__name__"), "");
    }

    #[test]
    fn a_shorter_set_comes_before_a_longer_one_with_the_same_start() {
        assert!(labels(&[("a", "1")]) < labels(&[("a", "1"), ("b", "1")]));
        assert!(labels(&[("a", "2")]) > labels(&[("a", "1"), ("b", "1")]));
    }
}
