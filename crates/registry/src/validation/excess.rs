//! What a credential may do beyond what is needed.

use std::collections::BTreeMap;

use fleetscope_kubernetes::Rule;
use fleetscope_model::{NEEDS, Need};

/// Lines that are shown; more say no more.
const MOST: usize = 50;

/// What everybody who is known may do: Kubernetes' `system:basic-user` and what OpenShift gives
/// `system:authenticated` beside it.
const EVERYBODY: &[(&str, &[&str])] = &[
    (
        "authorization.k8s.io",
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    ),
    ("authentication.k8s.io", &["selfsubjectreviews"]),
    (
        "authorization.openshift.io",
        &[
            "selfsubjectrulesreviews",
            "selfsubjectaccessreviews",
            "clusterroles",
        ],
    ),
    ("project.openshift.io", &["projects", "projectrequests"]),
    ("user.openshift.io", &["users"]),
    ("oauth.openshift.io", &["useroauthaccesstokens"]),
    (
        "build.openshift.io",
        &[
            "builds/docker",
            "builds/source",
            "builds/jenkinspipeline",
            "builds/optimizeddocker",
        ],
    ),
    ("storage.k8s.io", &["storageclasses"]),
    ("snapshot.storage.k8s.io", &["volumesnapshotclasses"]),
    ("rbac.authorization.k8s.io", &["clusterroles"]),
    ("route.openshift.io", &["routers/metrics"]),
    ("helm.openshift.io", &["helmchartrepositories"]),
    (
        "console.openshift.io",
        &["consoleclidownloads", "consolelinks"],
    ),
    ("security.openshift.io", &["securitycontextconstraints"]),
];

/// `verbs on group/resource`, by resource.
pub(super) fn of(rules: &[Rule]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in rules {
        for group in &rule.api_groups {
            for resource in &rule.resources {
                for verb in &rule.verbs {
                    if is_needed(rule, group, resource, verb) || is_everybodys(group, resource) {
                        continue;
                    }
                    let slash = if group.is_empty() { "" } else { "/" };
                    let verbs = found
                        .entry(format!("{group}{slash}{resource}"))
                        .or_default();
                    if !verbs.contains(&verb.as_str()) {
                        verbs.push(verb);
                    }
                }
            }
        }
    }
    let lines = found.into_iter().take(MOST);
    lines
        .map(|(resource, verbs)| format!("{} on {resource}", verbs.join(", ")))
        .collect()
}

fn is_needed(rule: &Rule, group: &str, resource: &str, verb: &str) -> bool {
    NEEDS.iter().any(|need| {
        need.group == group
            && need.resources.contains(&resource)
            && (need.verbs.contains(&verb) || is_watch(need, verb))
            && is_no_wider(rule, need)
    })
}

/// Who may list may watch: it shows nothing more.
fn is_watch(need: &Need, verb: &str) -> bool {
    verb == "watch" && need.verbs.contains(&"list")
}

/// A command in any pod of the cluster is much more than one in an operator's; a name that was not
/// said widens only what there are many of.
fn is_no_wider(rule: &Rule, need: &Need) -> bool {
    let exec = need.resources.contains(&"pods/exec");
    let named = need.name.is_empty()
        || rule.resource_names.is_empty()
        || rule.resource_names.iter().all(|name| name == need.name);
    !exec && named
}

fn is_everybodys(group: &str, resource: &str) -> bool {
    EVERYBODY
        .iter()
        .any(|(g, resources)| *g == group && resources.contains(&resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Rule {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        Rule {
            verbs: owned(verbs),
            api_groups: vec![group.to_owned()],
            resources: owned(resources),
            resource_names: Vec::new(),
        }
    }

    #[test]
    fn what_is_needed_and_what_everybody_may_is_no_excess() {
        let rules: Vec<Rule> = NEEDS
            .iter()
            .filter(|need| !need.resources.contains(&"pods/exec"))
            .map(|need| rule(need.verbs, need.group, need.resources))
            .chain([rule(
                &["create"],
                "authorization.k8s.io",
                &["selfsubjectaccessreviews"],
            )])
            .collect();
        assert_eq!(of(&rules), Vec::<String>::new());
    }

    #[test]
    fn writes_secrets_wildcards_and_commands_anywhere_are_excess() {
        let rules = [
            rule(&["get", "delete"], "", &["pods"]),
            rule(&["get"], "", &["secrets"]),
            rule(&["*"], "*", &["*"]),
            rule(&["get", "create"], "", &["pods/exec"]),
            rule(&["list", "patch"], "apps", &["deployments"]),
        ];
        assert_eq!(
            of(&rules),
            [
                "* on */*",
                "patch on apps/deployments",
                "delete on pods",
                "get, create on pods/exec",
                "get on secrets",
            ]
        );
    }
}
