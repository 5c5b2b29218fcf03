//! Role-based access control: a rule of a role that is bound to the subject allows; nothing
//! forbids.

use super::attributes::{Attributes, PathAttributes, ResourceAttributes, Subject};
use super::policy::{Binding, BoundTo, Policy, Rule};

/// Why it is allowed, in the API server's words; none where no rule allows it.
pub(crate) fn grant(policy: &Policy, subject: &Subject, attributes: &Attributes) -> Option<String> {
    policy
        .bindings_in(attributes.namespace())
        .find_map(|(at, name, binding, rules)| {
            let bound = bound(binding, at, subject)?;
            rules
                .iter()
                .any(|rule| allows(rule, attributes))
                .then(|| reason(at, name, binding, bound))
        })
}

/// The entry of a binding that the subject falls under.
pub(crate) fn bound<'b>(binding: &'b Binding, at: &str, subject: &Subject) -> Option<&'b BoundTo> {
    binding.subjects.iter().find(|to| match to.kind.as_str() {
        "User" => to.name == subject.user,
        "Group" => subject.groups.contains(&to.name),
        "ServiceAccount" => {
            let namespace = if to.namespace.is_empty() {
                at
            } else {
                &to.namespace
            };
            subject.user == format!("system:serviceaccount:{namespace}:{}", to.name)
        }
        _ => false,
    })
}

fn reason(at: &str, name: &str, binding: &Binding, to: &BoundTo) -> String {
    let (kind, place) = if at.is_empty() {
        ("ClusterRoleBinding", String::new())
    } else {
        ("RoleBinding", format!("/{at}"))
    };
    let account = match to.kind.as_str() {
        "ServiceAccount" if to.namespace.is_empty() => format!("/{at}"),
        "ServiceAccount" => format!("/{}", to.namespace),
        _ => String::new(),
    };
    format!(
        "RBAC: allowed by {kind} \"{name}{place}\" of {} \"{}\" to {} \"{}{account}\"",
        binding.role_ref.kind, binding.role_ref.name, to.kind, to.name
    )
}

/// Whether a rule allows it.
pub(crate) fn allows(rule: &Rule, attributes: &Attributes) -> bool {
    match attributes {
        Attributes::Resource(resource) => allows_resource(rule, resource),
        Attributes::Path(path) => allows_path(rule, path),
    }
}

fn allows_resource(rule: &Rule, asked: &ResourceAttributes) -> bool {
    let whole = if asked.subresource.is_empty() {
        asked.resource.clone()
    } else {
        format!("{}/{}", asked.resource, asked.subresource)
    };
    let every = format!("*/{}", asked.subresource);
    let resource = rule.resources.iter().any(|resource| {
        *resource == "*"
            || *resource == whole
            || (!asked.subresource.is_empty() && *resource == every)
    });
    let named = rule.resource_names.is_empty() || rule.resource_names.contains(&asked.name);
    resource && named && any(&rule.verbs, &asked.verb) && any(&rule.api_groups, &asked.group)
}

fn allows_path(rule: &Rule, asked: &PathAttributes) -> bool {
    let path = rule.paths.iter().any(|path| match path.strip_suffix('*') {
        Some(beginning) => asked.path.starts_with(beginning),
        None => *path == asked.path,
    });
    path && any(&rule.verbs, &asked.verb)
}

fn any(list: &[String], wanted: &str) -> bool {
    list.iter().any(|entry| entry == "*" || entry == wanted)
}
