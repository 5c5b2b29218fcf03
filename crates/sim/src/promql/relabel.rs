//! `label_replace` and `label_join`.

use super::Error;
use super::plan::{Join, Replace};
use super::value::{Series, Vector, joined};
use crate::tsdb::Labels;

/// `label_replace`: sets the target to the replacement where the source matches the pattern.
pub(super) fn replace(rule: &Replace, vector: Vector) -> Result<Vector, Error> {
    let pattern = rule.pattern.as_ref().map_err(|pattern| {
        Error::Execution(format!(
            "invalid regular expression in label_replace(): {pattern}"
        ))
    })?;
    check_target("label_replace", &rule.target)?;
    let relabelled = |labels: &Labels| {
        let Some(captures) = pattern.captures(labels.get(&rule.source)) else {
            return labels.clone();
        };
        let mut value = String::new();
        captures.expand(&rule.replacement, &mut value);
        labels.with(&rule.target, &value)
    };
    joined(relabel(vector, relabelled))
}

/// `label_join`: sets the target to the values of the sources with the separator between them.
pub(super) fn join(rule: &Join, vector: Vector) -> Result<Vector, Error> {
    if let Some(bad) = rule.sources.iter().find(|source| !is_label_name(source)) {
        return Err(Error::Execution(format!(
            "invalid source label name in label_join(): {bad}"
        )));
    }
    check_target("label_join", &rule.target)?;
    let relabelled = |labels: &Labels| {
        let values: Vec<&str> = rule
            .sources
            .iter()
            .map(|source| labels.get(source))
            .collect();
        labels.with(&rule.target, &values.join(&rule.separator))
    };
    joined(relabel(vector, relabelled))
}

/// Whether `name` is a label name: a letter or underscore, then letters, digits and underscores.
pub(crate) fn is_label_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

fn check_target(function: &str, target: &str) -> Result<(), Error> {
    if is_label_name(target) {
        return Ok(());
    }
    let message = format!("invalid destination label name in {function}(): {target}");
    Err(Error::Execution(message))
}

fn relabel(vector: Vector, relabelled: impl Fn(&Labels) -> Labels) -> Vector {
    let series = |Series { labels, points }: Series| Series {
        labels: relabelled(&labels),
        points,
    };
    vector.into_iter().map(series).collect()
}
