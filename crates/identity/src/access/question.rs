//! What an API server is asked: may this caller do that?

use fleetscope_model::{Action, Aspect, Authority, Caller, ClusterId, ClusterVerb, Question};

/// The group of Fleetscope's own resources. No server need know it: an access review answers for
/// groups without a definition, too.
const GROUP: &str = "fleetscope.io";

/// The question about a caller. None where no API server can be asked about it: names and
/// groups that begin with `system:` are the API server's own, and only its word makes anybody
/// theirs. An OpenID Connect issuer that gave out `system:masters` would else own the fleet.
pub(super) fn about(caller: &Caller, action: Action) -> Option<Question> {
    if is_reserved(caller, &caller.name) {
        return None;
    }
    let groups = caller
        .groups
        .iter()
        .filter(|group| !is_reserved(caller, group));
    Some(Question {
        user: caller.name.clone(),
        uid: caller.uid.clone(),
        groups: groups.cloned().collect(),
        extra: caller.extra.clone(),
        action,
    })
}

/// Whether a caller has a name or group that is an API server's own to give, by another's word.
pub(super) fn is_reserved(caller: &Caller, name: &str) -> bool {
    let own = matches!(
        caller.authority,
        Authority::Kubernetes | Authority::Openshift
    );
    !own && name.starts_with("system:")
}

/// Using a cluster: asked of the hub.
pub(super) fn on_cluster(cluster: ClusterId, verb: ClusterVerb) -> Action {
    Action {
        group: GROUP,
        resource: "clusters",
        verb: verb.as_str(),
        name: cluster.to_string(),
        ..Action::default()
    }
}

/// Having a role by the hub's word: the verb `use` on the role's name.
pub(super) fn use_role(name: &str) -> Action {
    Action {
        group: GROUP,
        resource: "roles",
        verb: "use",
        name: name.to_owned(),
        ..Action::default()
    }
}

/// Seeing an aspect of a namespace: asked of the cluster itself. These are the rights that
/// show the same things to somebody who goes to the cluster: what the metrics API and
/// `OpenShift`'s Thanos Querier ask for metrics, what `kubectl logs` needs for logs.
pub(super) fn see(aspect: Aspect, namespace: &str) -> Action {
    let (group, resource, subresource, verb) = match aspect {
        Aspect::Metrics => ("metrics.k8s.io", "pods", "", "get"),
        Aspect::Logs => ("", "pods", "log", "get"),
        Aspect::Objects => ("", "pods", "", "list"),
        Aspect::Changes => ("apps", "deployments", "", "list"),
        Aspect::Events => ("", "events", "", "list"),
    };
    Action {
        group,
        resource,
        subresource,
        verb,
        namespace: namespace.to_owned(),
        ..Action::default()
    }
}

/// Seeing an aspect of a whole cluster, nodes and all that belongs to no namespace included:
/// both are needed.
pub(super) fn see_whole(aspect: Aspect) -> [Action; 2] {
    let (group, subresource, verb) = match aspect {
        Aspect::Metrics => ("metrics.k8s.io", "", "get"),
        Aspect::Logs => ("", "log", "get"),
        Aspect::Objects | Aspect::Changes | Aspect::Events => ("", "", "list"),
    };
    let nodes = Action {
        group,
        resource: "nodes",
        subresource,
        verb,
        ..Action::default()
    };
    [see(aspect, ""), nodes]
}

#[cfg(test)]
mod tests {
    use fleetscope_model::AccessRole;

    use super::*;

    fn caller(authority: Authority, name: &str, groups: &[&str]) -> Caller {
        Caller {
            authority,
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..Caller::local(name, AccessRole::Viewer)
        }
    }

    #[test]
    fn only_the_api_server_itself_makes_anybody_one_of_its_own() {
        let action = || see(Aspect::Metrics, "shop");
        for authority in [Authority::Oidc, Authority::Local] {
            let masters = caller(authority, "mallory", &["system:masters", "sre"]);
            let question = about(&masters, action()).unwrap();
            assert_eq!(question.groups, ["sre"]);
            let own = caller(authority, "system:admin", &[]);
            assert_eq!(about(&own, action()), None);
        }
        let node = caller(Authority::Kubernetes, "system:node:a", &["system:nodes"]);
        let question = about(&node, action()).unwrap();
        assert_eq!(question.groups, ["system:nodes"]);
    }
}
