//! Alertmanager: within whose rights it is read and silenced, and what its failures are.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use axum::response::Response;
use fleetscope_collector::Collector;
use fleetscope_model::{
    AccessRole, AlertQuery, Aspect, Caller, ClusterId, ClusterVerb, ErrorKind, Fault, GapKind,
    Matcher, NewSilence, Selection, Sight, SilenceState, Source,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Alerts, Unasked};
use serde_json::{Value, json};

use crate::fleet::{Fleet, at, caller, id, impatient, only, patient};
use crate::server::{Seen, Server, json, reply};

/// Lets everybody do what `verbs` says and see one namespace.
struct Shop(&'static [ClusterVerb]);

#[async_trait]
impl Access for Shop {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(
        &self,
        _: &Caller,
        _: ClusterId,
        verb: ClusterVerb,
    ) -> fleetscope_ports::Result<bool> {
        Ok(self.0.contains(&verb))
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> Result<Sight, Unasked> {
        Ok(Sight::Namespaces(["shop".to_owned()].into()))
    }
}

const MAY: &[ClusterVerb] = &[ClusterVerb::Query, ClusterVerb::Silence];

fn within_shop(server: &Server, verbs: &'static [ClusterVerb]) -> Collector {
    Collector::new(
        Arc::new(Fleet::of_one(Source::Alertmanager, server.endpoint())),
        Arc::new(Shop(verbs)),
        Outbound::new(patient()).unwrap(),
    )
}

fn of(server: &Server) -> Collector {
    Fleet::of_one(Source::Alertmanager, server.endpoint()).collector(patient())
}

fn everything() -> AlertQuery {
    AlertQuery {
        clusters: Selection::All,
        matchers: Vec::new(),
        silenced: true,
        inhibited: true,
    }
}

fn alert(name: &str, namespace: Option<&str>) -> Value {
    let mut labels = json!({ "alertname": name });
    if let Some(namespace) = namespace {
        labels["namespace"] = namespace.into();
    }
    json!({
        "fingerprint": format!("{name}-{namespace:?}"), "labels": labels, "annotations": {},
        "startsAt": "2026-11-22T09:00:00Z", "endsAt": "2026-11-22T09:04:00Z",
        "updatedAt": "2026-11-22T09:00:00Z", "receivers": [{ "name": "default" }],
        "status": { "state": "suppressed", "silencedBy": ["x"], "inhibitedBy": [] },
    })
}

fn silence(id: &str, namespace: &str, pattern: bool, state: &str) -> Value {
    json!({
        "id": id, "startsAt": "2026-11-22T09:00:00Z", "endsAt": "2026-11-22T11:00:00Z",
        "updatedAt": "2026-11-22T09:00:00Z", "createdBy": "somebody", "comment": "c",
        "matchers": [{ "name": "namespace", "value": namespace, "isRegex": pattern }],
        "status": { "state": state },
    })
}

/// An Alertmanager with alerts and silences of two namespaces and of none.
fn two_namespaces(seen: &Seen) -> Response {
    let (shop, bank, none) = (
        alert("Slow", Some("shop")),
        alert("Slow", Some("bank")),
        alert("NodeDown", None),
    );
    let body = match seen.path.as_str() {
        "/api/v2/alerts" => json!([shop, bank, none]),
        "/api/v2/alerts/groups" => json!([
            { "labels": { "alertname": "Slow" }, "receiver": { "name": "default" }, "alerts": [shop, bank] },
            { "labels": {}, "receiver": { "name": "default" }, "alerts": [none] },
        ]),
        "/api/v2/silences" if seen.fields.is_empty() => json!([
            silence("gone", "shop", false, "expired"),
            silence("mine", "shop", false, "active"),
            silence("pattern", "sh.*", true, "active"),
            silence("theirs", "bank", false, "active"),
        ]),
        "/api/v2/silences" => json!({ "silenceID": "mine" }),
        "/api/v2/silence/mine" => silence("mine", "shop", false, "active"),
        "/api/v2/silence/gone" => silence("gone", "shop", false, "expired"),
        "/api/v2/silence/theirs" => silence("theirs", "bank", false, "active"),
        _ => return reply(404, "application/json", ""),
    };
    json(200, &body)
}

fn matcher(name: &str, value: &str) -> Matcher {
    Matcher {
        name: name.to_owned(),
        value: value.to_owned(),
        is_regex: false,
        is_equal: true,
    }
}

fn new(matchers: Vec<Matcher>) -> NewSilence {
    NewSilence {
        matchers,
        starts_at: at("2026-11-22T09:00:00Z"),
        ends_at: at("2026-11-22T10:00:00Z"),
        comment: "why".to_owned(),
    }
}

#[tokio::test]
async fn whoever_sees_one_namespace_is_shown_its_alerts_and_silences_only() {
    let server = Server::start(two_namespaces).await;
    let whole = of(&server);
    assert_eq!(
        whole
            .alerts(&caller(), &everything())
            .await
            .unwrap()
            .items
            .len(),
        3
    );
    assert_eq!(
        whole
            .silences(&caller(), &Selection::All)
            .await
            .unwrap()
            .items
            .len(),
        4
    );

    let hers = within_shop(&server, MAY);
    let alerts = hers.alerts(&caller(), &everything()).await.unwrap().items;
    assert_eq!(
        (alerts.len(), alerts[0].labels["namespace"].as_str()),
        (1, "shop")
    );
    let groups = hers.groups(&caller(), &everything()).await.unwrap().items;
    assert_eq!((groups.len(), groups[0].alerts.len()), (1, 1));
    let silences = hers
        .silences(&caller(), &Selection::All)
        .await
        .unwrap()
        .items;
    let told: Vec<_> = silences
        .iter()
        .map(|one| (one.id.as_str(), one.state))
        .collect();
    assert_eq!(
        told,
        [
            ("mine", SilenceState::Active),
            ("gone", SilenceState::Expired)
        ]
    );
}

#[tokio::test]
async fn filters_are_sent_as_literals() {
    let server = Server::start(two_namespaces).await;
    let query = AlertQuery {
        matchers: vec![matcher("severity", "a\",job=~\".*"), matcher("b", "c")],
        silenced: false,
        ..everything()
    };
    of(&server).alerts(&caller(), &query).await.unwrap();
    let seen = &server.seen()[0];
    let filters: Vec<_> = seen
        .fields
        .iter()
        .filter(|(name, _)| name == "filter")
        .collect();
    assert_eq!(filters[0].1, r#"severity="a\",job=~\".*""#);
    assert_eq!((filters.len(), seen.field("silenced")), (2, Some("false")));
    let wrong = AlertQuery {
        matchers: vec![matcher("a=\"b\",c", "d")],
        ..everything()
    };
    let error = of(&server).alerts(&caller(), &wrong).await.unwrap_err();
    assert_eq!(error.code(), "invalid_matcher");
}

#[tokio::test]
async fn whoever_sees_one_namespace_silences_alerts_of_it_only() {
    let server = Server::start(two_namespaces).await;
    let hers = within_shop(&server, MAY);
    for beyond in [
        vec![matcher("alertname", "Slow")],
        vec![matcher("namespace", "bank")],
        vec![Matcher {
            is_regex: true,
            ..matcher("namespace", "shop")
        }],
        vec![Matcher {
            is_equal: false,
            ..matcher("namespace", "bank")
        }],
    ] {
        let error = hers
            .create_silence(&caller(), id(1), &new(beyond))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Forbidden, "beyond_namespaces")
        );
    }
    // A silence of others is one that is not there.
    let theirs = hers
        .expire_silence(&caller(), id(1), "theirs")
        .await
        .unwrap_err();
    let never = hers
        .expire_silence(&caller(), id(1), "theirz")
        .await
        .unwrap_err();
    assert_eq!(theirs.kind(), ErrorKind::NotFound);
    assert_eq!(
        theirs.message().replace("theirs", "X"),
        never.message().replace("theirz", "X")
    );
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.path.starts_with("/api/v2/silence/"))
    );

    hers.expire_silence(&caller(), id(1), "gone").await.unwrap();
    let before = server.seen().len();
    hers.expire_silence(&caller(), id(1), "mine").await.unwrap();
    assert_eq!(server.seen().len(), before + 2, "read, then ended");
    let made = hers
        .create_silence(&caller(), id(1), &new(vec![matcher("namespace", "shop")]))
        .await;
    assert_eq!(made.unwrap().id, "mine");
}

#[tokio::test]
async fn a_silence_is_a_right_of_its_own_and_nothing_is_sent_without_it() {
    let server = Server::start(two_namespaces).await;
    let asked = new(vec![matcher("namespace", "shop")]);
    for verbs in [&[][..], &[ClusterVerb::Query], &[ClusterVerb::Silence]] {
        let without = within_shop(&server, verbs);
        let error = without
            .create_silence(&caller(), id(1), &asked)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        let error = without
            .expire_silence(&caller(), id(1), "mine")
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
    }
    let viewer = Caller::local("v", AccessRole::Viewer);
    let error = of(&server)
        .create_silence(&viewer, id(1), &asked)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn alertmanagers_that_fail_are_gaps_of_reads_and_errors_of_writes() {
    let hung = Server::raw(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let garbage = Server::start(|_| reply(200, "application/json", "[{\"labels\":5}]")).await;
    let page = Server::start(|_| reply(200, "text/html", "<html>log in</html>")).await;
    let well = Server::start(two_namespaces).await;
    let manager = |endpoint| only(Source::Alertmanager, endpoint);
    let fleet = Fleet::new([
        ("a-well", manager(well.endpoint())),
        ("b-dead", manager(Server::nobody())),
        ("c-hung", manager(hung.endpoint())),
        ("d-garbage", manager(garbage.endpoint())),
        ("e-page", manager(page.endpoint())),
        ("f-none", only(Source::Loki, page.endpoint())),
    ]);
    let collector = fleet.collector(impatient());
    let (caller, all) = (caller(), Selection::All);
    let alerts = collector.alerts(&caller, &everything()).await.unwrap();
    let silences = collector.silences(&caller, &all).await.unwrap();
    assert_eq!((alerts.items.len(), silences.items.len()), (3, 4));
    for gaps in [alerts.gaps, silences.gaps] {
        let kinds: Vec<_> = gaps.iter().map(|gap| gap.kind).collect();
        let expected = [
            GapKind::Unreachable,
            GapKind::Timeout,
            GapKind::BadAnswer,
            GapKind::BadAnswer,
            GapKind::NotConfigured,
        ];
        assert_eq!(kinds, expected);
    }
    let asked = new(vec![matcher("a", "b")]);
    let kinds = [
        (2, ErrorKind::Unavailable),
        (3, ErrorKind::Timeout),
        (4, ErrorKind::Unavailable),
        (6, ErrorKind::Conflict),
        (9, ErrorKind::NotFound),
    ];
    for (cluster, kind) in kinds {
        let error = collector
            .create_silence(&caller, id(cluster), &asked)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{cluster}: {}", error.message());
    }
}

#[tokio::test]
async fn of_too_many_alerts_the_first_are_shown_and_the_rest_is_told() {
    let body: Vec<Value> = (0..10_050).map(|n| alert(&format!("A{n}"), None)).collect();
    let server = Server::start(move |_| json(200, &json!(body))).await;
    let found = of(&server).alerts(&caller(), &everything()).await.unwrap();
    assert_eq!(found.items.len(), 10_000);
    assert_eq!(found.gaps[0].kind, GapKind::Truncated);
    assert!(found.gaps[0].detail.contains("holds 10050"));
}
