//! The rules that hold for somebody in a namespace, as `SelfSubjectRulesReview` tells them.

use serde_json::{Value, json};

use super::attributes::Subject;
use super::policy::{Policy, Rule};
use super::rbac;

/// The status of the review: every rule of every binding, with repeats.
pub(crate) fn status(policy: &Policy, subject: &Subject, namespace: &str) -> Value {
    let mine: Vec<&Rule> = policy
        .bindings_in(namespace)
        .filter(|(at, _, binding, _)| rbac::bound(binding, at, subject).is_some())
        .flat_map(|(_, _, _, rules)| rules)
        .collect();
    let of = |paths: bool| -> Vec<&Rule> {
        let kept = mine.iter().copied();
        kept.filter(|rule| rule.paths.is_empty() != paths).collect()
    };
    json!({ "resourceRules": of(false), "nonResourceRules": of(true), "incomplete": false })
}
