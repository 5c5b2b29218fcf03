//! Reviews of access: the answers of a recorded server, and what a test may do to them.

use std::time::Duration;

use fleetscope_sim::kubernetes::{Access, Subject};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ask::post;
use super::fixture::Cluster;

const RECORDED: &str = include_str!("recordings/access.json");
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

fn exchanges() -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    all.into_iter()
        .filter(|exchange| exchange["request"].is_object())
        .collect()
}

fn subject(user: &str, groups: &[&str]) -> Subject {
    Subject {
        user: user.to_owned(),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        ..Subject::default()
    }
}

fn role(kind: &str, namespace: &str, name: &str, rules: &Value) -> Value {
    json!({ "kind": kind, "metadata": { "name": name, "namespace": namespace }, "rules": rules })
}

fn bound(kind: &str, namespace: &str, name: &str, role: (&str, &str), to: &Value) -> Value {
    json!({
        "kind": kind, "metadata": { "name": name, "namespace": namespace },
        "roleRef": { "kind": role.0, "name": role.1 }, "subjects": to,
    })
}

/// The roles that the recorded answers rest on.
fn seed(access: &Access) {
    let viewer = "fleetscope-cluster-c1-viewer";
    let metrics = "fleetscope-metrics-reader";
    let alice = json!({ "kind": "User", "name": "alice" });
    let sre = json!({ "kind": "Group", "name": "sre" });
    for manifest in [
        role(
            "ClusterRole",
            "",
            viewer,
            &json!([
                { "apiGroups": ["fleetscope.io"], "resources": ["clusters"], "resourceNames": ["c1"], "verbs": ["get"] },
            ]),
        ),
        bound(
            "ClusterRoleBinding",
            "",
            viewer,
            ("ClusterRole", viewer),
            &json!([alice, sre]),
        ),
        role(
            "ClusterRole",
            "",
            metrics,
            &json!([
                { "nonResourceURLs": ["/metrics", "/fleetscope/*"], "verbs": ["get"] },
            ]),
        ),
        bound(
            "ClusterRoleBinding",
            "",
            metrics,
            ("ClusterRole", metrics),
            &json!([alice]),
        ),
        role(
            "Role",
            "shop",
            "pod-reader",
            &json!([
                { "apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"] },
            ]),
        ),
        bound(
            "RoleBinding",
            "shop",
            "pod-reader",
            ("Role", "pod-reader"),
            &json!([
                { "kind": "ServiceAccount", "name": "viewer", "namespace": "shop" },
            ]),
        ),
    ] {
        assert!(access.apply(&manifest), "{manifest}");
    }
}

/// Who sent each recorded request: the recording leaves its token out.
fn sender(exchange: &Value) -> Subject {
    match exchange["name"].as_str().unwrap() {
        "SubjectAccessReview without rights: 403"
        | "SelfSubjectAccessReview denied"
        | "SelfSubjectRulesReview of a service account" => subject(
            "system:serviceaccount:shop:viewer",
            &["system:serviceaccounts"],
        ),
        "SelfSubjectAccessReview allowed" | "SelfSubjectRulesReview of an OpenShift user" => {
            subject("alice", &[])
        }
        _ => subject("admin", &["system:masters"]),
    }
}

#[tokio::test]
async fn reviews_are_answered_as_the_recorded_server_did() {
    let cluster = Cluster::empty();
    seed(cluster.store.access());
    let mut compared = 0;
    for exchange in exchanges() {
        let (request, recorded) = (&exchange["request"], &exchange["response"]);
        cluster.store.access().know("sender", sender(&exchange));
        let path = request["path"].as_str().unwrap();
        let answer = post(&cluster.router, path, Some("sender"), &request["body"]).await;
        let name = &exchange["name"];
        assert_eq!(
            u64::from(answer.status.as_u16()),
            recorded["status"],
            "{name}"
        );
        let (mut ours, mut theirs) = (answer.json(), recorded["body"].clone());
        if path.ends_with("selfsubjectrulesreviews") && answer.status == StatusCode::CREATED {
            // The recorded server has roles of its own for everybody; ours are among them.
            for list in ["resourceRules", "nonResourceRules"] {
                let all = theirs["status"][list].as_array().unwrap();
                for rule in ours["status"][list].as_array().unwrap() {
                    assert!(all.contains(rule), "{name}: {rule}");
                }
            }
            ours["status"] = json!({});
            theirs["status"] = json!({});
        }
        assert_eq!(ours, theirs, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 22);
}

async fn allowed(cluster: &Cluster, attributes: Value) -> bool {
    let body = json!({ "spec": { "user": "alice", "resourceAttributes": attributes } });
    let answer = post(&cluster.router, REVIEWS, None, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    answer.json()["status"]["allowed"].as_bool().unwrap()
}

#[tokio::test]
async fn a_binding_that_is_taken_down_allows_nothing_any_more() {
    let cluster = Cluster::empty();
    let access = cluster.store.access();
    seed(access);
    let one =
        json!({ "group": "fleetscope.io", "resource": "clusters", "name": "c1", "verb": "get" });
    assert!(allowed(&cluster, one.clone()).await);
    assert!(access.delete("ClusterRoleBinding", "", "fleetscope-cluster-c1-viewer"));
    assert!(!allowed(&cluster, one).await);
    assert_eq!(access.reviews(), 2);
}

#[tokio::test]
async fn stars_cover_verbs_groups_resources_and_subresources_and_nothing_else() {
    let cluster = Cluster::empty();
    let access = cluster.store.access();
    let to = json!([{ "kind": "User", "name": "alice" }]);
    access.apply(&bound(
        "ClusterRoleBinding",
        "",
        "b",
        ("ClusterRole", "r"),
        &to,
    ));
    for (rule, granted, refused) in [
        (
            json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["get"] }),
            json!({ "group": "apps", "resource": "deployments", "subresource": "scale", "verb": "get" }),
            json!({ "group": "apps", "resource": "deployments", "verb": "list" }),
        ),
        (
            json!({ "apiGroups": [""], "resources": ["*/log"], "verbs": ["*"] }),
            json!({ "resource": "pods", "subresource": "log", "verb": "get" }),
            json!({ "resource": "pods", "verb": "get" }),
        ),
        (
            json!({ "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"], "verbs": ["get"] }),
            json!({ "resource": "pods", "name": "a", "namespace": "x", "verb": "get" }),
            json!({ "resource": "pods", "namespace": "x", "verb": "get" }),
        ),
    ] {
        access.apply(&role("ClusterRole", "", "r", &json!([rule])));
        assert!(
            allowed(&cluster, granted.clone()).await,
            "{rule}: {granted}"
        );
        assert!(
            !allowed(&cluster, refused.clone()).await,
            "{rule}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_scope_of_a_role_covers_that_role_in_its_namespace_but_no_secrets() {
    let cluster = Cluster::empty();
    let access = cluster.store.access();
    access.apply(&role(
        "ClusterRole",
        "",
        "view",
        &json!([
            { "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] },
            { "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] },
        ]),
    ));
    let alice = json!([{ "kind": "User", "name": "alice" }]);
    access.apply(&bound(
        "ClusterRoleBinding",
        "",
        "all",
        ("ClusterRole", "view"),
        &alice,
    ));
    let ask = async |scope: &str, namespace: &str, resource: &str| {
        let body = json!({ "spec": {
            "user": "alice", "extra": { "scopes.authorization.openshift.io": [scope] },
            "resourceAttributes": { "namespace": namespace, "resource": resource, "verb": "get" },
        } });
        let answer = post(&cluster.router, REVIEWS, None, &body).await;
        answer.json()["status"]["allowed"] == true
    };
    assert!(ask("role:view:shop", "shop", "pods").await);
    assert!(!ask("role:view:shop", "bank", "pods").await);
    assert!(ask("role:view:*", "bank", "pods").await);
    assert!(!ask("role:view:*", "bank", "secrets").await);
    assert!(ask("role:view:*:!", "bank", "secrets").await);
    assert!(!ask("role:none:*", "bank", "pods").await);
    assert!(ask("user:full", "bank", "secrets").await);
}

#[tokio::test(start_paused = true)]
async fn reviews_can_be_slow_and_fail() {
    let cluster = Cluster::empty();
    let access = cluster.store.access();
    access.delay_reviews(Duration::from_millis(200));
    let begun = Instant::now();
    assert!(!allowed(&cluster, json!({ "resource": "pods", "verb": "get" })).await);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    access.fail_reviews(true);
    let body = json!({ "spec": { "user": "alice", "resourceAttributes": { "verb": "get" } } });
    let answer = post(&cluster.router, REVIEWS, None, &body).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["kind"], "Status");
    access.fail_reviews(false);
    assert!(!allowed(&cluster, json!({ "resource": "pods", "verb": "get" })).await);
    assert_eq!(access.reviews(), 3);
}
