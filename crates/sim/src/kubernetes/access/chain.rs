//! The authorizers of a cluster, one after another: the first that has an opinion decides.

use super::attributes::{Attributes, ResourceAttributes, Subject};
use super::policy::Policy;
use super::{rbac, scopes};

/// What the authorizers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Yes, and why, where the authorizer tells.
    Allowed(Option<String>),
    /// Nobody says yes.
    NoOpinion,
    /// One of them says no for all.
    Denied(String),
}

pub(crate) fn decide(policy: &Policy, subject: &Subject, attributes: &Attributes) -> Decision {
    if let Some(reason) = scopes::refusal(policy, subject, attributes) {
        return Decision::Denied(reason);
    }
    if subject.groups.iter().any(|group| group == "system:masters") {
        return Decision::Allowed(None);
    }
    if lists_own_pods(subject, attributes) {
        return Decision::Allowed(None);
    }
    match rbac::grant(policy, subject, attributes) {
        Some(reason) => Decision::Allowed(Some(reason)),
        None => Decision::NoOpinion,
    }
}

/// A kubelet may list and watch the pods of its own node, and says so by a field selector.
fn lists_own_pods(subject: &Subject, attributes: &Attributes) -> bool {
    let Attributes::Resource(ResourceAttributes {
        group,
        resource,
        subresource,
        verb,
        field_selector: Some(selector),
        ..
    }) = attributes
    else {
        return false;
    };
    let Some(node) = subject.user.strip_prefix("system:node:") else {
        return false;
    };
    let own = selector.requirements.iter().any(|requirement| {
        requirement.key == "spec.nodeName"
            && requirement.operator == "In"
            && requirement.values == [node]
    });
    own && subject.groups.iter().any(|group| group == "system:nodes")
        && (group.as_str(), resource.as_str(), subresource.as_str()) == ("", "pods", "")
        && matches!(verb.as_str(), "list" | "watch")
}
