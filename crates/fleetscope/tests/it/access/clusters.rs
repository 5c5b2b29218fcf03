//! Which clusters somebody may use.

use std::time::{Duration, Instant};

use fleetscope_client::Paging;
use fleetscope_testkit::Shape;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{Stage, ask, status, told};

const EVERY: &[&str] = &["get", "query", "update", "delete", "investigate", "silence"];

/// Every route that takes the id of a cluster, with a body where there is one.
pub(crate) fn by_id(id: Uuid) -> Vec<(Method, String, Option<Value>)> {
    let new = json!({ "name": "renamed", "endpoints": {} });
    let range = "query=up&start=1767268000&end=1767268800&step=60s";
    vec![
        (Method::GET, format!("/api/v1/clusters/{id}"), None),
        (Method::PUT, format!("/api/v1/clusters/{id}"), Some(new)),
        (Method::DELETE, format!("/api/v1/clusters/{id}"), None),
        (
            Method::GET,
            format!("/api/v1/metrics/query?query=up&cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/metrics/query_range?{range}&cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/metrics/series?match=up&cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/metrics/rules?cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/prometheus/{id}/api/v1/query?query=up"),
            None,
        ),
        (Method::GET, format!("/prometheus/{id}/api/v1/rules"), None),
        (
            Method::POST,
            "/api/v1/traces/search".to_owned(),
            Some(json!({ "clusters": [id], "service": "a" })),
        ),
        (Method::GET, format!("/api/v1/traces/1?cluster={id}"), None),
        (
            Method::GET,
            format!("/api/v1/traces/services?cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/traces/dependencies?cluster={id}"),
            None,
        ),
        (Method::GET, format!("/api/v1/alerts?cluster={id}"), None),
        (
            Method::GET,
            format!("/api/v1/alerts/groups?cluster={id}"),
            None,
        ),
        (
            Method::GET,
            format!("/api/v1/alerts/silences?cluster={id}"),
            None,
        ),
        (
            Method::POST,
            "/api/v1/analysis/anomaly".to_owned(),
            Some(json!({ "clusters": [id], "query": "up" })),
        ),
        (
            Method::POST,
            "/api/v1/analysis/rca".to_owned(),
            Some(json!({ "clusters": [id] })),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_others_is_answered_byte_for_byte_as_one_that_never_was() {
    for shape in Shape::ALL {
        let stage = Stage::set(shape).await;
        let (mine, theirs) = (stage.cluster("mine").await, stage.cluster("theirs").await);
        // The highest role, so that no role is what stops her.
        let alice = stage.person("alice", &["owners"]);
        stage.let_use("alice", &mine, EVERY);
        stage.let_use("bob", &theirs, EVERY);
        let never = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);
        for (hidden, absent) in by_id(theirs.id).into_iter().zip(by_id(never)) {
            let (method, path, body) = hidden;
            let answer = ask(&alice, method.clone(), &path, body.as_ref()).await;
            let hidden = told(answer, &theirs.id.to_string()).await;
            let answer = ask(&alice, method.clone(), &absent.1, absent.2.as_ref()).await;
            let absent = told(answer, &never.to_string()).await;
            assert_eq!(hidden.0, StatusCode::NOT_FOUND, "{method} {path}");
            assert_eq!(hidden, absent, "{method} {path}");
        }
        assert_eq!(
            status(&alice, &format!("/api/v1/clusters/{}", mine.id)).await,
            StatusCode::OK
        );
        stage.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_events_and_pages_hold_what_the_caller_may_see_and_do_not_count_the_rest() {
    let stage = Stage::set(Shape::One).await;
    let alice = stage.person("alice", &["viewers"]);
    for n in 0..9 {
        let cluster = stage.cluster(&format!("c{n}")).await;
        if n % 3 == 0 {
            stage.let_use("alice", &cluster, &["get"]);
        }
    }
    let mut names = Vec::new();
    let mut paging = Paging {
        limit: Some(2),
        cursor: None,
    };
    let mut sizes = Vec::new();
    loop {
        let page = alice.clusters(&paging).await.unwrap();
        sizes.push(page.items.len());
        names.extend(page.items.into_iter().map(|cluster| cluster.name));
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["c0", "c3", "c6"]);
    assert_eq!(sizes, [2, 1]);
    let events = alice.events(0, 2).await.unwrap();
    let told: Vec<_> = events
        .items
        .iter()
        .map(|event| event.summary.as_str())
        .collect();
    assert_eq!(
        told,
        ["cluster c0 was registered", "cluster c3 was registered"]
    );
    let all = alice.events(0, 100).await.unwrap();
    assert_eq!(all.items.len(), 3, "{all:?}");
    let answer = alice
        .query("up", &fleetscope_client::MetricScope::default())
        .await
        .unwrap();
    assert_eq!(
        answer.gaps.len(),
        3,
        "one a cluster that she sees: {answer:?}"
    );
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_is_a_right_of_its_own() {
    let stage = Stage::set(Shape::One).await;
    let cluster = stage.cluster("mine").await;
    let alice = stage.person("alice", &["owners"]);
    stage.let_use("alice", &cluster, &["get"]);
    for (method, path, body) in by_id(cluster.id) {
        let answer = ask(&alice, method.clone(), &path, body.as_ref()).await;
        // Of a cluster that may not be queried there is a gap; in Prometheus' shapes, where there is
        // no answer to have it, an error.
        let mount = path.starts_with("/prometheus/");
        let reads = ["/metrics/", "/traces/", "/alerts"]
            .iter()
            .any(|part| path.contains(part));
        let expected = if !mount && (method == Method::GET || reads) {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(answer.status(), expected, "{method} {path}");
        if reads {
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["gaps"][0]["kind"], "forbidden", "{body}");
        }
    }
    // Denials are remembered for two seconds.
    stage.app.clock.advance(Duration::from_secs(2));
    stage.let_use("alice", &cluster, EVERY);
    // The removal last.
    let (gone, stays): (Vec<_>, Vec<_>) = by_id(cluster.id)
        .into_iter()
        .partition(|(method, _, _)| *method == Method::DELETE);
    for (method, path, body) in stays.into_iter().chain(gone) {
        let answer = ask(&alice, method.clone(), &path, body.as_ref()).await;
        // The cluster has no Tempo, and so no trace, and no Prometheus: a gap, or the mount says so.
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        let lacking = path.starts_with("/prometheus/") && text.contains("no endpoint of its");
        let good = status.is_success() || path.contains("/traces/1") || lacking;
        assert!(good, "{method} {path}: {status} {text}");
    }
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_at_once_on_a_cold_cache_cost_one_review_of_each_kind() {
    let stage = Stage::set(Shape::One).await;
    let cluster = stage.cluster("mine").await;
    let alice = stage.person("alice", &["viewers"]);
    stage.let_use("alice", &cluster, &["get"]);
    stage.hub.access().delay_reviews(Duration::from_millis(200));
    let before = (
        stage.hub.counts().token_reviews,
        stage.hub.access().reviews(),
    );
    let path = format!("/api/v1/clusters/{}", cluster.id);
    let answers = join_all((0..1_000).map(|_| status(&alice, &path))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK));
    let after = (
        stage.hub.counts().token_reviews,
        stage.hub.access().reviews(),
    );
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_holds_after_ten_seconds_and_a_new_right_after_two() {
    for shape in Shape::ALL {
        let stage = Stage::set(shape).await;
        let cluster = stage.cluster("mine").await;
        let alice = stage.person("alice", &["viewers"]);
        let path = format!("/api/v1/clusters/{}", cluster.id);
        let seen = async || status(&alice, &path).await;
        assert_eq!(seen().await, StatusCode::NOT_FOUND);
        stage.let_use("alice", &cluster, &["get"]);
        assert_eq!(seen().await, StatusCode::NOT_FOUND, "a no is remembered");
        stage.app.clock.advance(Duration::from_secs(2));
        assert_eq!(seen().await, StatusCode::OK);
        stage.take_back("alice", &cluster);
        stage.app.clock.advance(Duration::from_millis(9_999));
        assert_eq!(seen().await, StatusCode::OK, "a yes is remembered");
        stage.app.clock.advance(Duration::from_millis(1));
        assert_eq!(seen().await, StatusCode::NOT_FOUND);
        stage.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_gives_no_answer_opens_nothing_and_is_asked_again_at_once() {
    let stage = Stage::set(Shape::One).await;
    let cluster = stage.cluster("mine").await;
    let alice = stage.person("alice", &["viewers"]);
    stage.let_use("alice", &cluster, &["get"]);
    stage.hub.access().fail_reviews(true);
    for path in [
        "/api/v1/clusters",
        &format!("/api/v1/clusters/{}", cluster.id),
    ] {
        let answer = ask(&alice, Method::GET, path, None).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers().contains_key("retry-after"));
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "rights_unknown");
    }
    stage.hub.access().fail_reviews(false);
    assert_eq!(status(&alice, "/api/v1/clusters").await, StatusCode::OK);
    let names = alice.clusters(&Paging::default()).await.unwrap().items;
    assert_eq!(names.len(), 1);
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_narrow_scope_gets_none_of_its_users_rights() {
    let stage = Stage::set(Shape::One).await;
    let cluster = stage.cluster("mine").await;
    let _whole = stage.person("alice", &["viewers"]);
    stage.let_use("alice", &cluster, &["get"]);
    let narrow = fleetscope_sim::hub::Terms::scopes(&["user:info"]);
    let narrow = stage.bearer(&stage.hub.token("alice", &narrow));
    let path = format!("/api/v1/clusters/{}", cluster.id);
    assert_eq!(status(&narrow, &path).await, StatusCode::NOT_FOUND);
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_and_has_no_role_is_refused_and_roles_can_come_from_the_hub() {
    let stage = Stage::set_with(Shape::One, |config| config.access.roles_from_hub = true).await;
    let cluster = stage.cluster("mine").await;
    let alice = stage.person("alice", &[]);
    stage.let_use("alice", &cluster, &["get"]);
    let answer = ask(&alice, Method::GET, "/api/v1/clusters", None).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "no_role");
    let rules = json!([{
        "apiGroups": ["fleetscope.io"], "resources": ["roles"], "resourceNames": ["viewer"],
        "verbs": ["use"],
    }]);
    super::stage::bind(stage.hub.access(), "", ("viewers", "alice"), &rules);
    stage.app.clock.advance(Duration::from_secs(2));
    assert_eq!(status(&alice, "/api/v1/clusters").await, StatusCode::OK);
    assert_eq!(
        status(&alice, "/api/v1/tokens").await,
        StatusCode::FORBIDDEN
    );
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_yours_takes_as_long_as_not_there() {
    let stage = Stage::set(Shape::One).await;
    let theirs = stage.cluster("theirs").await;
    let alice = stage.person("alice", &["viewers"]);
    let hidden = format!("/api/v1/clusters/{}", theirs.id);
    let absent = format!("/api/v1/clusters/{}", Uuid::from_u128(7));
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..300 {
        for (path, times) in [&hidden, &absent].into_iter().zip(&mut times) {
            let begun = Instant::now();
            assert_eq!(status(&alice, path).await, StatusCode::NOT_FOUND);
            times.push(begun.elapsed());
        }
    }
    let [hidden, absent] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    // A wide bound: the machine is shared. What is meant to differ differs by a database read.
    let ratio = hidden / absent;
    assert!((0.75..1.33).contains(&ratio), "{ratio}");
    stage.app.stop().await;
}
