//! Notifications of Alertmanagers: with a token of their own, any number of times, however many.

use std::collections::BTreeMap;

use fleetscope_client::Client;
use fleetscope_client::wire::{
    AlertNotification, Cluster, Event, NewCluster, NewToken, NotifiedAlert, NotifiedStatus,
    TokenRole,
};
use fleetscope_testkit::{TestApp, a_time};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

struct Scene {
    app: TestApp,
    cluster: Cluster,
    /// Bearer of a token for notifications.
    notifier: Client,
}

impl Scene {
    async fn set() -> Self {
        let app = TestApp::one().await;
        let new = NewCluster {
            name: "shop".to_owned(),
            ..NewCluster::default()
        };
        let cluster = app.admin.create_cluster(&new).await.unwrap();
        let new = NewToken {
            name: "hook".to_owned(),
            role: TokenRole::Notifier,
            expires_at: None,
        };
        let token = app.admin.create_token(&new).await.unwrap().secret;
        let notifier = Client::new(&app.base, Some(token)).unwrap();
        Self {
            app,
            cluster,
            notifier,
        }
    }

    async fn told(&self) -> Vec<Event> {
        let mut told = Vec::new();
        let mut after = 0;
        loop {
            let page = self.app.admin.events(after, 500).await.unwrap().items;
            let Some(last) = page.last() else {
                return told;
            };
            after = last.seq;
            told.extend(
                page.into_iter()
                    .filter(|event| event.kind.starts_with("alert.")),
            );
        }
    }

    async fn send(&self, alerts: Vec<NotifiedAlert>) -> (u32, u32, u32, u32) {
        let sent = notification(alerts);
        let received = self.notifier.notify(self.cluster.id, &sent).await.unwrap();
        (
            received.firing,
            received.resolved,
            received.known,
            received.events,
        )
    }

    /// Status and code of the answer to a body.
    async fn post(&self, body: String) -> (StatusCode, String) {
        let path = format!("/api/v1/alerts/webhook/{}", self.cluster.id);
        let request = self.notifier.raw(Method::POST, &path).unwrap();
        let request = request
            .header("content-type", "application/json")
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap();
        (
            status,
            problem["code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

fn notification(alerts: Vec<NotifiedAlert>) -> AlertNotification {
    AlertNotification {
        version: "4".to_owned(),
        group_key: "{}:{alertname=\"A\"}".to_owned(),
        truncated_alerts: 0,
        alerts,
    }
}

fn alert(n: u64, status: NotifiedStatus, starts_at: Timestamp) -> NotifiedAlert {
    NotifiedAlert {
        status,
        labels: BTreeMap::from([
            ("alertname".to_owned(), format!("Alert{}", n % 7)),
            ("namespace".to_owned(), format!("n{}", n % 3)),
        ]),
        starts_at,
        fingerprint: format!("{n:016x}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_is_told_once_and_what_is_repeated_or_late_changes_nothing() {
    use NotifiedStatus::{Firing, Resolved};
    let scene = Scene::set().await;
    let (first, later) = (a_time(), a_time() + SignedDuration::from_mins(5));
    assert_eq!(
        scene.send(vec![alert(1, Firing, first)]).await,
        (1, 0, 0, 1)
    );
    for _ in 0..3 {
        assert_eq!(
            scene.send(vec![alert(1, Firing, first)]).await,
            (0, 0, 1, 0)
        );
    }
    // A server that was restarted says another start of what has fired all along.
    assert_eq!(
        scene.send(vec![alert(1, Firing, later)]).await,
        (0, 0, 1, 0)
    );
    assert_eq!(
        scene.send(vec![alert(1, Resolved, first)]).await,
        (0, 1, 0, 1)
    );
    assert_eq!(
        scene.send(vec![alert(1, Resolved, first)]).await,
        (0, 0, 1, 0)
    );
    // It is over: that it fires, sent before and come after, is no news.
    assert_eq!(
        scene.send(vec![alert(1, Firing, first)]).await,
        (0, 0, 1, 0)
    );
    assert_eq!(
        scene.send(vec![alert(1, Firing, later)]).await,
        (1, 0, 0, 1)
    );
    assert_eq!(
        scene.send(vec![alert(1, Resolved, first)]).await,
        (0, 0, 1, 0)
    );
    // What ended before anybody heard of it is nothing to tell.
    assert_eq!(
        scene.send(vec![alert(2, Resolved, first)]).await,
        (0, 0, 1, 0)
    );
    let kinds: Vec<String> = scene
        .told()
        .await
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["alert.firing", "alert.resolved", "alert.firing"]);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_alertmanagers_that_say_the_same_at_once_are_heard_once() {
    let scene = Scene::set().await;
    let sent: Vec<_> = (0..50)
        .map(|n| alert(n, NotifiedStatus::Firing, a_time()))
        .collect();
    let answers = join_all((0..8).map(|_| scene.send(sent.clone()))).await;
    let firing: u32 = answers.iter().map(|answer| answer.0).sum();
    let known: u32 = answers.iter().map(|answer| answer.2).sum();
    assert_eq!((firing, known), (50, 350));
    // One event a namespace.
    assert_eq!(scene.told().await.len(), 3);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_alerts_in_a_minute_make_few_events_and_none_is_lost() {
    let scene = Scene::set().await;
    let (mut firing, mut events) = (0, 0);
    // Each alert a notification of its own is the worst that a route can do; a hundred at once is
    // what it usually does.
    for n in 0..200 {
        let one = scene
            .send(vec![alert(n, NotifiedStatus::Firing, a_time())])
            .await;
        (firing, events) = (firing + one.0, events + one.3);
    }
    for hundred in 2..100 {
        let alerts = (0..100).map(|n| alert(hundred * 100 + n, NotifiedStatus::Firing, a_time()));
        let many = scene.send(alerts.collect()).await;
        (firing, events) = (firing + many.0, events + many.3);
    }
    assert_eq!(firing, 10_000);
    let told = scene.told().await;
    assert_eq!((events, told.len()), (61, 61));
    assert!(told[60].summary.starts_with("more alerts of shop change"));
    // All are known, told or not.
    let again = (0..100).map(|n| alert(9_900 + n, NotifiedStatus::Firing, a_time()));
    assert_eq!(scene.send(again.collect()).await, (0, 0, 100, 0));
    // In the next minute there is room again.
    scene.app.clock.advance(std::time::Duration::from_mins(1));
    let ended = (0..100).map(|n| alert(n, NotifiedStatus::Resolved, a_time()));
    assert_eq!(scene.send(ended.collect()).await, (0, 100, 0, 3));
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whoever_may_notify_may_and_it_may_nothing_else() {
    let scene = Scene::set().await;
    let (app, id) = (&scene.app, scene.cluster.id);
    let sent = notification(vec![alert(1, NotifiedStatus::Firing, a_time())]);
    let nobody = Client::new(&app.base, None).unwrap();
    let wrong = Client::new(&app.base, Some("fls_wrong".to_owned())).unwrap();
    for (client, status) in [(&nobody, 401), (&wrong, 401), (&app.viewer, 403)] {
        let error = client.notify(id, &sent).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
    }
    app.operator.notify(id, &sent).await.unwrap();
    for path in [
        "/api/v1/clusters",
        "/api/v1/events",
        "/auth/me",
        "/api/v1/alerts",
        "/api/v1/metrics/query?query=up",
    ] {
        let answer = scene
            .notifier
            .raw(Method::GET, path)
            .unwrap()
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let error = scene
        .notifier
        .notify(uuid::Uuid::nil(), &sent)
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(404));
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_notification_is_refused_and_nothing_is_told() {
    let scene = Scene::set().await;
    let good = serde_json::to_value(notification(vec![alert(
        1,
        NotifiedStatus::Firing,
        a_time(),
    )]))
    .unwrap();
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    let many = vec![good["alerts"][0].clone(); 4_000];
    for (body, status, code) in [
        (String::new(), 400, "malformed_json"),
        ("{".to_owned(), 400, "malformed_json"),
        ("[]".to_owned(), 422, "invalid_request"),
        ("{}".to_owned(), 422, "invalid_request"),
        (with("/version", json!("3")), 422, "unsupported_version"),
        (with("/version", json!(4)), 422, "invalid_request"),
        (
            with("/alerts/0/status", json!("pending")),
            422,
            "invalid_request",
        ),
        (
            with("/alerts/0/fingerprint", json!("")),
            422,
            "invalid_request",
        ),
        (
            with("/alerts/0/fingerprint", json!("'; --")),
            422,
            "invalid_request",
        ),
        (
            with("/alerts/0/startsAt", json!("soon")),
            422,
            "invalid_request",
        ),
        (
            with("/alerts/0/labels", json!({ "a": 1 })),
            422,
            "invalid_request",
        ),
        (
            with("/alerts", json!(many)) + &" ".repeat(1 << 20),
            413,
            "body_too_large",
        ),
    ] {
        let answer = scene.post(body.clone()).await;
        let shown: String = body.chars().take(100).collect();
        assert_eq!(
            (answer.0.as_u16(), answer.1.as_str()),
            (status, code),
            "{shown}"
        );
    }
    assert_eq!(scene.told().await.len(), 0);
    // What Alertmanager sends beside is passed over.
    let mut whole = good.clone();
    for name in ["receiver", "status", "externalURL"] {
        whole[name] = json!("x");
    }
    whole["alerts"][0]["generatorURL"] = json!("http://x");
    whole["alerts"][0]["endsAt"] = json!("0001-01-01T00:00:00Z");
    assert_eq!(scene.post(whole.to_string()).await.0, StatusCode::OK);
    assert_eq!(scene.told().await.len(), 1);
    scene.app.stop().await;
}
