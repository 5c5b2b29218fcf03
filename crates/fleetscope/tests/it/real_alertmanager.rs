//! A real Alertmanager: what it holds is read through Fleetscope as directly, silences made through
//! Fleetscope are its own, and what it notifies of becomes events.

use std::process::Command;
use std::time::Duration;

use fleetscope_client::wire::{
    Cluster, Endpoint, Endpoints, Event, Matcher, NewCluster, NewSilence, NewToken, TokenRole,
};
use fleetscope_client::{AlertScope, Client, Error};
use fleetscope_testkit::real::fetch;
use fleetscope_testkit::{Alertmanager, Shape, TestApp};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

#[expect(
    clippy::disallowed_methods,
    reason = "the server under test has the machine's time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

async fn register(app: &TestApp, url: &Url) -> Cluster {
    let new = NewCluster {
        name: "real".to_owned(),
        endpoints: Endpoints {
            alertmanager: Some(Endpoint {
                url: url.to_string(),
                ..Endpoint::default()
            }),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    };
    app.admin.create_cluster(&new).await.unwrap()
}

/// Sends alerts as Prometheus does: name, namespace, whether it still fires.
#[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
async fn send(server: &Alertmanager, alerts: &[(&str, &str, bool)]) {
    let begun = now() - SignedDuration::from_mins(5);
    let body: Vec<Value> = alerts
        .iter()
        .map(|(name, namespace, fires)| {
            let mut alert = json!({
                "labels": { "alertname": name, "namespace": namespace, "severity": "warning" },
                "annotations": { "summary": "it \"fires\"" },
                "startsAt": begun, "generatorURL": "http://prometheus.example/graph",
            });
            if !fires {
                alert["endsAt"] = json!(now() - SignedDuration::from_secs(1));
            }
            alert
        })
        .collect();
    let url = server.base.join("api/v2/alerts").unwrap();
    let client = reqwest::Client::new();
    let answer = client.post(url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn directly(server: &Alertmanager, path: &str) -> Value {
    let text = fetch(&server.base.join(path).unwrap()).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What Fleetscope and Alertmanager have in common of an alert, by fingerprint.
fn comparable(alerts: &[Value], starts: &str, state: impl Fn(&Value) -> Value) -> Vec<Value> {
    let mut all: Vec<Value> = alerts
        .iter()
        .map(|alert| {
            let at: Timestamp = alert[starts].as_str().unwrap().parse().unwrap();
            let mut labels = alert["labels"].clone();
            labels.as_object_mut().unwrap().remove("cluster");
            json!([
                alert["fingerprint"],
                labels,
                alert["annotations"],
                at,
                state(alert)
            ])
        })
        .collect();
    all.sort_by_key(ToString::to_string);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_groups_and_silences_are_those_that_alertmanager_itself_gives() {
    let app = TestApp::start(Shape::One, now()).await;
    let server = Alertmanager::start(None).await;
    let cluster = register(&app, &server.base).await;
    send(
        &server,
        &[
            ("Slow", "shop", true),
            ("Slow", "bank", true),
            ("Crash", "shop", true),
        ],
    )
    .await;

    let silence = NewSilence {
        cluster: cluster.id,
        matchers: vec![
            matcher("alertname", "Slow", false),
            matcher("namespace", "sh.*|\"nasty\\\\", true),
        ],
        starts_at: Some(now()),
        ends_at: Some(now() + SignedDuration::from_hours(1)),
        duration: None,
        comment: "known \u{2713}".to_owned(),
    };
    let made = app.operator.create_silence(&silence).await.unwrap();
    assert_eq!(made.created_by, "token:operator");
    let held = directly(&server, "api/v2/silences").await;
    assert_eq!(held[0]["id"], made.id.as_str());
    assert_eq!(held[0]["createdBy"], "token:operator");
    assert_eq!(held[0]["comment"], "known \u{2713}");
    assert_eq!(held[0]["matchers"].as_array().unwrap().len(), 2);
    let listed = app.viewer.silences(&[]).await.unwrap();
    assert_eq!(
        (listed.silences, listed.gaps),
        (vec![made.clone()], Vec::new())
    );

    compare_alerts(&app, &server).await;
    compare_groups(&app, &server).await;
    commands(&app, &made.id);
    let ended = directly_state(&server, &made.id).await;
    assert_eq!(ended, "expired");
    // Ended already: nothing is left to do.
    app.operator
        .expire_silence(cluster.id, &made.id)
        .await
        .unwrap();
    app.stop().await;
}

async fn compare_alerts(app: &TestApp, server: &Alertmanager) {
    for filter in [
        None,
        Some("namespace=\"shop\""),
        Some("alertname=~\"Sl.*\""),
        Some("severity!=\"warning\""),
    ] {
        let mut path = "api/v2/alerts?silenced=true&inhibited=true".to_owned();
        if let Some(filter) = filter {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            path = format!("{path}&{}", query.append_pair("filter", filter).finish());
        }
        let scope = AlertScope {
            filters: filter.iter().map(ToString::to_string).collect(),
            ..AlertScope::default()
        };
        let through = app.viewer.alerts(&scope).await.unwrap();
        assert_eq!(through.gaps, []);
        let through = serde_json::to_value(&through.alerts).unwrap();
        let through = comparable(through.as_array().unwrap(), "starts_at", |alert| {
            json!([alert["state"], alert["silenced_by"]])
        });
        let directly = directly(server, &path).await;
        let directly = comparable(directly.as_array().unwrap(), "startsAt", |alert| {
            json!([alert["status"]["state"], alert["status"]["silencedBy"]])
        });
        assert_eq!(through, directly, "{filter:?}");
        assert_eq!(directly.is_empty(), filter == Some("severity!=\"warning\""));
    }
    let unsilenced = AlertScope {
        without_silenced: true,
        ..AlertScope::default()
    };
    assert_eq!(
        app.viewer.alerts(&unsilenced).await.unwrap().alerts.len(),
        2
    );
}

async fn compare_groups(app: &TestApp, server: &Alertmanager) {
    let groups = app
        .viewer
        .alert_groups(&AlertScope::default())
        .await
        .unwrap()
        .groups;
    let through: Vec<_> = groups
        .iter()
        .map(|g| (g.labels["alertname"].clone(), g.alerts.len()))
        .collect();
    let held = directly(server, "api/v2/alerts/groups").await;
    let held = held.as_array().unwrap().iter();
    let directly: Vec<_> = held
        .map(|g| {
            (
                g["labels"]["alertname"].as_str().unwrap().to_owned(),
                g["alerts"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(through, directly);
    assert_eq!(through.len(), 2);
}

async fn directly_state(server: &Alertmanager, id: &str) -> String {
    let silence = directly(server, &format!("api/v2/silence/{id}")).await;
    silence["status"]["state"].as_str().unwrap().to_owned()
}

/// The same on the command line, which ends the silence.
fn commands(app: &TestApp, silence: &str) {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_fleetscope"))
            .args(arguments)
            .env("FLEETSCOPE_URL", app.base.as_str())
            .env("FLEETSCOPE_TOKEN", &app.token)
            .output();
        let output = tokio::task::block_in_place(|| output.unwrap());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, list) = run(&["alerts", "list", "--filter", "namespace=shop"]);
    assert_eq!(code, Some(0));
    assert!(
        list.contains("suppressed") && list.contains("Crash") && !list.contains("bank"),
        "{list}"
    );
    let (code, groups) = run(&["alerts", "groups", "--unsilenced"]);
    assert!(
        code == Some(0) && groups.contains("real {alertname=Slow} → ours"),
        "{groups}"
    );
    let create = [
        "silences",
        "create",
        "--cluster",
        "real",
        "--matcher",
        "alertname=Crash",
        "--duration",
        "1h",
        "--comment",
        "by hand",
    ];
    let (code, made) = run(&create);
    assert!(code == Some(0) && made.contains("by hand"), "{made}");
    let (code, _) = run(&["silences", "expire", "--cluster", "real", silence]);
    assert_eq!(code, Some(0));
    let (code, list) = run(&["silences", "list", "--cluster", "real"]);
    assert!(
        code == Some(0) && list.contains("expired") && list.contains("alertname=\"Crash\""),
        "{list}"
    );
}

fn matcher(name: &str, value: &str, is_regex: bool) -> Matcher {
    Matcher {
        name: name.to_owned(),
        value: value.to_owned(),
        is_regex,
        is_equal: true,
    }
}

fn problem(error: Error) -> (u16, String) {
    match error {
        Error::Refused(problem) => (problem.status, problem.code),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_silence_is_refused_and_nothing_is_made() {
    let app = TestApp::start(Shape::One, now()).await;
    let server = Alertmanager::start(None).await;
    let cluster = register(&app, &server.base).await;
    let good = NewSilence {
        cluster: cluster.id,
        matchers: vec![matcher("alertname", "Slow", false)],
        starts_at: Some(now()),
        ends_at: None,
        duration: Some("1h".to_owned()),
        comment: "why".to_owned(),
    };
    let wrong = |change: &dyn Fn(&mut NewSilence)| {
        let mut silence = good.clone();
        change(&mut silence);
        silence
    };
    for (silence, status, code) in [
        (wrong(&|s| s.matchers.clear()), 422, "invalid_request"),
        (
            wrong(&|s| s.matchers = vec![matcher("a", "", false)]),
            422,
            "invalid_matcher",
        ),
        (
            wrong(&|s| s.matchers = vec![matcher("a b", "c", false)]),
            422,
            "invalid_request",
        ),
        (
            wrong(&|s| s.matchers = vec![matcher("a", "(", true)]),
            422,
            "refused_by_alertmanager",
        ),
        (
            wrong(&|s| s.comment = " ".to_owned()),
            422,
            "invalid_comment",
        ),
        (wrong(&|s| s.duration = None), 422, "invalid_request"),
        (wrong(&|s| s.ends_at = s.starts_at), 422, "invalid_request"),
        (
            wrong(&|s| (s.duration, s.ends_at) = (None, Some(Timestamp::UNIX_EPOCH))),
            422,
            "invalid_range",
        ),
        (wrong(&|s| s.cluster = uuid::Uuid::nil()), 404, "not_found"),
    ] {
        let error = app.operator.create_silence(&silence).await.unwrap_err();
        assert_eq!(problem(error), (status, code.to_owned()), "{silence:?}");
    }
    let error = app.viewer.create_silence(&good).await.unwrap_err();
    assert_eq!(problem(error).0, 403);
    for id in ["5b2c1d6e-0000-4000-8000-000000000000", "x"] {
        let error = app
            .operator
            .expire_silence(cluster.id, id)
            .await
            .unwrap_err();
        assert_eq!(problem(error).0, 404, "{id}");
    }
    assert_eq!(directly(&server, "api/v2/silences").await, json!([]));
    // It is written down who silences what, where.
    app.operator.create_silence(&good).await.unwrap();
    let audit = app
        .admin
        .audit(&fleetscope_client::Paging::default())
        .await
        .unwrap();
    let entry = audit
        .items
        .iter()
        .find(|entry| entry.path == "/api/v1/alerts/silences" && entry.status == 201);
    let entry = entry.unwrap();
    assert_eq!(entry.caller.as_deref(), Some("token:operator"));
    assert_eq!(entry.clusters, [cluster.id]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alertmanager_notifies_of_becomes_events() {
    let app = TestApp::start(Shape::One, now()).await;
    let new = NewToken {
        name: "alertmanager".to_owned(),
        role: TokenRole::Notifier,
        expires_at: None,
    };
    let token = app.admin.create_token(&new).await.unwrap().secret;
    let extra = NewCluster {
        name: "shop".to_owned(),
        ..NewCluster::default()
    };
    let cluster = app.admin.create_cluster(&extra).await.unwrap();
    let hook = app
        .base
        .join(&format!("api/v1/alerts/webhook/{}", cluster.id))
        .unwrap();
    let server = Alertmanager::start(Some((&hook, &token))).await;
    send(&server, &[("Slow", "shop", true), ("Slow", "bank", true)]).await;
    let firing = until(&app.admin, "alert.firing", 2).await;
    let told: Vec<&str> = firing.iter().map(|event| event.summary.as_str()).collect();
    assert!(
        told.contains(&"an alert firing on shop, namespace bank: Slow"),
        "{told:?}"
    );
    assert!(
        told.contains(&"an alert firing on shop, namespace shop: Slow"),
        "{told:?}"
    );
    assert_eq!(firing[0].actor, "token:alertmanager");
    send(&server, &[("Slow", "shop", false)]).await;
    let resolved = until(&app.admin, "alert.resolved", 1).await;
    assert_eq!(
        resolved[0].summary,
        "an alert resolved on shop, namespace shop: Slow"
    );
    app.stop().await;
}

/// The events of a kind, once there are so many.
async fn until(client: &Client, kind: &str, count: usize) -> Vec<Event> {
    for _ in 0..600 {
        let events = client.events(0, 500).await.unwrap().items.into_iter();
        let found: Vec<Event> = events.filter(|event| event.kind == kind).collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("there were no {count} events {kind} within half a minute");
}
