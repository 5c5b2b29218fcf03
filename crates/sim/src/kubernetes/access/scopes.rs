//! OpenShift's scopes: a token may carry less than its user may do. Where scopes are given, what
//! none of them covers is denied, whoever asks; what one covers is left to the others to decide.

use super::attributes::{Attributes, Subject};
use super::policy::{Policy, Rule};
use super::rbac;

/// Where the scopes stand in what is known of a subject.
const SCOPES: &str = "scopes.authorization.openshift.io";

/// Why the scopes prevent it; none where there are no scopes, or one covers it.
pub(crate) fn refusal(
    policy: &Policy,
    subject: &Subject,
    attributes: &Attributes,
) -> Option<String> {
    let scopes = subject.extra.get(SCOPES).filter(|all| !all.is_empty())?;
    let covered = scopes.iter().any(|scope| {
        rules(policy, scope, attributes.namespace())
            .iter()
            .any(|rule| rbac::allows(rule, attributes))
    });
    (!covered).then(|| format!("scopes [{}] prevent this action", scopes.join(" ")))
}

/// What a scope covers in a namespace. An unknown one covers nothing.
fn rules(policy: &Policy, scope: &str, namespace: &str) -> Vec<Rule> {
    match scope {
        "user:full" => vec![
            rule(&["*"], &["*"], &["*"], &[]),
            Rule {
                paths: vec!["*".to_owned()],
                ..rule(&["*"], &[], &[], &[])
            },
        ],
        "user:info" => vec![rule(&["get"], &["user.openshift.io"], &["users"], &["~"])],
        "user:check-access" => {
            let reviews = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
            vec![rule(&["create"], &["authorization.k8s.io"], &reviews, &[])]
        }
        "user:list-projects" => vec![rule(
            &["list", "watch"],
            &["project.openshift.io"],
            &["projects"],
            &[],
        )],
        _ => role_scope(policy, scope, namespace).unwrap_or_default(),
    }
}

/// `role:<cluster role>:<namespace or *>`, with `:!` at its end where secrets are included.
fn role_scope(policy: &Policy, scope: &str, namespace: &str) -> Option<Vec<Rule>> {
    let rest = scope.strip_prefix("role:")?;
    let (rest, escalating) = match rest.strip_suffix(":!") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (role, place) = rest.rsplit_once(':')?;
    if place != "*" && place != namespace {
        return None;
    }
    let mut rules = policy.role("", role)?.to_vec();
    if !escalating {
        rules.retain(|rule| {
            let resources = &rule.resources;
            !resources
                .iter()
                .any(|name| name == "*" || name == "secrets")
        });
    }
    Some(rules)
}

fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> Rule {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Rule {
        verbs: owned(verbs),
        api_groups: owned(groups),
        resources: owned(resources),
        resource_names: owned(names),
        paths: Vec::new(),
    }
}
