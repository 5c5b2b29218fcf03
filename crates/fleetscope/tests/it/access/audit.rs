//! Who did what is written down.

use fleetscope_client::wire::{AuditDecision, AuditEntry, Page};
use fleetscope_testkit::Shape;
use reqwest::{Method, StatusCode};

use super::stage::{Stage, ask, status};

async fn entries(stage: &Stage, path: &str) -> Page<AuditEntry> {
    let answer = ask(&stage.app.admin, Method::GET, path, None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

/// A question that is posted, since it may be long, and a read all the same.
async fn search(client: &fleetscope_client::Client) -> StatusCode {
    let all = serde_json::json!({});
    let answer = ask(client, Method::POST, "/api/v1/traces/search", Some(&all)).await;
    answer.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_and_refusals_are_written_down_and_reads_are_not() {
    for shape in Shape::ALL {
        let stage = Stage::set(shape).await;
        let cluster = stage.cluster("mine").await;
        let alice = stage.person("alice", &["viewers"]);
        stage.let_use("alice", &cluster, &["get", "query"]);
        let read = "/api/v1/metrics/query?query=canary_in_a_query";
        assert_eq!(status(&alice, read).await, StatusCode::OK);
        assert_eq!(search(&alice).await, StatusCode::OK);
        assert_eq!(
            status(&alice, "/api/v1/tokens").await,
            StatusCode::FORBIDDEN
        );
        let nobody = stage.bearer("sha256~canary-in-a-token");
        assert_eq!(
            status(&nobody, "/api/v1/clusters").await,
            StatusCode::UNAUTHORIZED
        );
        let path = format!("/api/v1/clusters/{}", cluster.id);
        let gone = ask(&stage.app.admin, Method::DELETE, &path, None).await;
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);

        let log = entries(&stage, "/api/v1/audit").await;
        let told: Vec<_> = log
            .items
            .iter()
            .map(|e| {
                (
                    e.method.as_str(),
                    e.path.as_str(),
                    e.caller.as_deref(),
                    e.decision,
                    e.status,
                )
            })
            .take(4)
            .collect();
        let admin = Some("token:bootstrap");
        assert_eq!(
            told,
            [
                ("DELETE", path.as_str(), admin, AuditDecision::Allowed, 204),
                (
                    "GET",
                    "/api/v1/clusters",
                    None,
                    AuditDecision::Unauthenticated,
                    401
                ),
                (
                    "GET",
                    "/api/v1/tokens",
                    Some("alice"),
                    AuditDecision::Denied,
                    403
                ),
                (
                    "POST",
                    "/api/v1/clusters",
                    admin,
                    AuditDecision::Allowed,
                    201
                ),
            ],
            "{shape:?}"
        );
        assert_eq!(log.items[0].clusters, [cluster.id]);
        assert_eq!(
            log.items[3].clusters,
            [cluster.id],
            "{shape:?}: made, and so not in the path"
        );
        assert!(log.items.iter().all(|entry| !entry.request_id.is_empty()));
        let whole = serde_json::to_string(&log).unwrap();
        assert!(!whole.contains("canary"), "{whole}");

        let first = entries(&stage, "/api/v1/audit?limit=1").await;
        assert_eq!(first.items, log.items[..1]);
        let cursor = first.next_cursor.unwrap();
        let second = entries(&stage, &format!("/api/v1/audit?limit=1&cursor={cursor}")).await;
        assert_eq!(second.items, log.items[1..2]);
        stage.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_written_down_where_that_is_wanted() {
    let stage = Stage::set_with(Shape::One, |config| config.audit.reads = true).await;
    let alice = stage.person("alice", &["viewers"]);
    assert_eq!(status(&alice, "/api/v1/clusters").await, StatusCode::OK);
    let found = async || {
        let log = entries(&stage, "/api/v1/audit").await;
        log.items
            .iter()
            .any(|e| e.caller.as_deref() == Some("alice"))
    };
    // A read is not held up until its entry is stored.
    let mut rounds = 0;
    while !found().await {
        rounds += 1;
        assert!(rounds < 1_000, "the read was not written down");
    }
    stage.app.stop().await;
}
