//! What is asked of metrics beside their values, and how it is held to what the caller may see.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_collector::Collector;
use fleetscope_model::{
    Aspect, Caller, ClusterId, ClusterVerb, Evaluation, Fault as _, GapKind, Selection,
    SeriesQuery, Sight, Source, TimeRange, Union, Window,
};
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Metrics as _, Result, Unasked};
use serde_json::{Value, json};

use crate::fleet::{Fleet, at, caller, hour, only, patient};
use crate::server::{self, Server};

/// Whoever sees these namespaces and no other.
pub(crate) struct Within(pub(crate) &'static [&'static str]);

#[async_trait]
impl Access for Within {
    fn sees_all(&self, _: &Caller) -> bool {
        false
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        let names = self.0.iter().map(|&name| name.to_owned());
        Ok(Sight::Namespaces(names.collect()))
    }
}

fn held(fleet: Fleet, names: &'static [&'static str]) -> Collector {
    let outbound = Outbound::new(patient()).unwrap();
    Collector::new(Arc::new(fleet), Arc::new(Within(names)), outbound)
}

async fn answering(data: Value) -> Server {
    let body = json!({ "status": "success", "data": data });
    Server::start(move |_| server::json(200, &body)).await
}

fn asked(matches: &[&str]) -> SeriesQuery {
    SeriesQuery {
        clusters: Selection::All,
        matches: matches.iter().map(|&one| one.to_owned()).collect(),
        range: None,
        limit: 100,
        labelled: true,
    }
}

fn fields<'s>(seen: &'s server::Seen, name: &str) -> Vec<&'s str> {
    let all = seen.fields.iter().filter(|(field, _)| field == name);
    all.map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn selectors_are_held_to_the_callers_namespaces() {
    let server = answering(json!([{ "job": "a" }])).await;
    let collector = held(
        Fleet::of_one(Source::Prometheus, server.endpoint()),
        &["shop", "till"],
    );
    let caller = caller();
    let found = collector
        .series(&caller, &asked(&["up", r#"{job="x",namespace=~".+"}"#]))
        .await
        .unwrap();
    assert_eq!(found.items[0]["cluster"], "shop");
    collector.label_names(&caller, &asked(&[])).await.sent();
    collector
        .label_values(&caller, "job", &asked(&["up"]))
        .await
        .sent();
    let refused = collector
        .series(&caller, &asked(&["up", r#"up{namespace="bank"}"#]))
        .await
        .unwrap();
    assert_eq!(refused.gaps[0].kind, GapKind::Forbidden);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    let only = r#"namespace=~"shop|till""#;
    assert_eq!(
        fields(&seen[0], "match[]"),
        [
            format!("up{{{only}}}"),
            format!(r#"{{job="x",namespace=~".+",{only}}}"#)
        ]
    );
    assert_eq!(fields(&seen[1], "match[]"), [format!("{{{only}}}")]);
    assert_eq!(seen[2].path, "/api/v1/label/job/values");
    assert_eq!(fields(&seen[2], "match[]"), [format!("up{{{only}}}")]);
    // The tenancy port of OpenShift wants them in the URL, too.
    for one in &seen {
        assert_eq!(fields(one, "namespace"), ["shop", "till"]);
    }
}

/// Answers of another shape than the fake's are gaps here; what counts is what was asked.
trait Sent {
    fn sent(self);
}

impl<T> Sent for Result<fleetscope_model::Collection<T>> {
    fn sent(self) {
        drop(self.unwrap());
    }
}

#[tokio::test]
async fn what_is_no_selector_is_refused_before_anything_is_sent() {
    let server = answering(json!([])).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    for (matches, said) in [
        (vec![], "no match[]"),
        (vec!["sum(up)"], "not a series selector"),
        (vec!["up[5m]"], "not a series selector"),
        (vec!["up offset 5m"], "not a series selector"),
        (vec!["up", "up{"], "not PromQL"),
    ] {
        let error = collector
            .series(&caller(), &asked(&matches))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "invalid_query");
        assert!(error.message().contains(said), "{}", error.message());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn rules_alerts_and_targets_of_other_namespaces_are_left_out() {
    let alert = |namespace: &str| {
        json!({ "labels": { "namespace": namespace }, "state": "firing",
        "annotations": {}, "activeAt": "2026-11-22T09:57:04Z", "value": "1e+00" })
    };
    let rule = |name: &str, labels: Value, alerts: Vec<Value>| {
        json!({ "type": "alerting", "name": name, "query": "up == 0", "labels": labels,
            "state": "firing", "duration": 60, "annotations": {}, "alerts": alerts, "health": "ok" })
    };
    let rules = json!({ "groups": [
        { "name": "a", "file": "f", "interval": 30, "rules": [
            rule("Own", json!({ "namespace": "shop" }), vec![alert("shop"), alert("bank")]),
            rule("Platform", json!({}), vec![alert("bank"), alert("shop")]),
            rule("Other", json!({ "namespace": "bank" }), vec![]),
            { "type": "recording", "name": "x", "query": "sum(up)" },
        ]},
        { "name": "b", "rules": [rule("Nothing", json!({}), vec![])] },
    ]});
    let target = |labels: Value, discovered: &str| {
        json!({ "labels": labels, "health": "up",
            "discoveredLabels": { "__meta_kubernetes_namespace": discovered } })
    };
    let targets = json!({ "activeTargets": [
        target(json!({ "job": "a" }), "shop"),
        target(json!({ "job": "b" }), "bank"),
        target(json!({ "job": "c", "namespace": "bank" }), "shop"),
    ], "droppedTargets": [] });
    let alerts = json!({ "alerts": [alert("shop"), alert("bank"), { "labels": {} }] });
    let server = Server::start(move |seen| {
        let data = match seen.path.as_str() {
            "/api/v1/rules" => &rules,
            "/api/v1/targets" => &targets,
            _ => &alerts,
        };
        server::json(200, &json!({ "status": "success", "data": data }))
    })
    .await;
    let collector = held(
        Fleet::of_one(Source::Prometheus, server.endpoint()),
        &["shop"],
    );
    let (caller, all) = (caller(), Selection::All);
    let groups = collector.rules(&caller, &all).await.unwrap().items;
    let shown: Vec<_> = groups
        .iter()
        .flat_map(|group| &group.rules)
        .map(|rule| {
            (
                rule.name.as_str(),
                rule.alerting.as_ref().unwrap().alerts.len(),
            )
        })
        .collect();
    assert_eq!(shown, [("Own", 1), ("Platform", 1)]);
    let alerts = collector.rule_alerts(&caller, &all).await.unwrap().items;
    let shown: Vec<_> = alerts
        .iter()
        .map(|alert| alert.labels["namespace"].as_str())
        .collect();
    assert_eq!(shown, ["shop"]);
    let targets = collector.targets(&caller, &all).await.unwrap().items;
    let shown: Vec<_> = targets
        .iter()
        .map(|target| target.labels["job"].as_str())
        .collect();
    assert_eq!(shown, ["a"]);
    let metadata = collector.metadata(&caller, &all, None, 10).await.unwrap();
    assert_eq!(
        (metadata.items.len(), metadata.gaps[0].kind),
        (0, GapKind::Forbidden)
    );
}

#[tokio::test]
async fn who_sees_all_names_in_the_url_what_the_query_names() {
    let server = answering(json!({ "resultType": "vector", "result": [] })).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let evaluate = async |query: &str| {
        let evaluation = Evaluation {
            clusters: Selection::All,
            query: query.to_owned(),
            window: Window::At(at("2026-11-22T09:57:04Z")),
            union: Union::Each,
            points: None,
        };
        collector.evaluate(&caller(), &evaluation).await.unwrap()
    };
    evaluate(r#"a{namespace="x"} / b{namespace="y"}"#).await;
    evaluate("a").await;
    let seen = server.seen();
    assert_eq!(fields(&seen[0], "namespace"), ["x", "y"]);
    assert_eq!(fields(&seen[1], "namespace"), [""; 0]);
    // VictoriaMetrics moves the instants unless it is told not to.
    assert_eq!(seen[0].field("nocache"), Some("1"));
}

#[tokio::test]
async fn a_cluster_is_not_asked_for_what_only_another_can_have() {
    let (a, b) = (answering(json!(["x"])).await, answering(json!(["y"])).await);
    let fleet = Fleet::new([
        ("a", only(Source::Prometheus, a.endpoint())),
        ("b", only(Source::Prometheus, b.endpoint())),
    ]);
    let collector = fleet.collector(patient());
    let found = collector
        .label_values(&caller(), "job", &asked(&[r#"up{cluster="b"}"#]))
        .await
        .unwrap();
    assert_eq!((found.items, found.gaps), (vec!["y".to_owned()], vec![]));
    assert_eq!((a.seen().len(), b.seen().len()), (0, 1));
    assert_eq!(fields(&b.seen()[0], "match[]"), ["up"]);
    let found = collector
        .label_values(&caller(), "cluster", &asked(&["up"]))
        .await
        .unwrap();
    assert_eq!(found.items, ["a", "b"]);
}

#[tokio::test]
async fn a_range_may_be_thinned_out_and_its_step_be_chosen() {
    let values: Vec<_> = (0..200).map(|n| json!([n * 15, n.to_string()])).collect();
    let result = json!([{ "metric": {}, "values": values }]);
    let server = answering(json!({ "resultType": "matrix", "result": result })).await;
    let collector = Fleet::of_one(Source::Prometheus, server.endpoint()).collector(patient());
    let evaluation = |points| Evaluation {
        clusters: Selection::All,
        query: "up".to_owned(),
        window: Window::Over(hour(), None),
        union: Union::Each,
        points: Some(points),
    };
    let found = collector
        .evaluate(&caller(), &evaluation(20))
        .await
        .unwrap();
    let samples = &found.series[0].samples;
    assert!((10..=20).contains(&samples.len()), "{}", samples.len());
    assert_eq!(
        (samples[0].at_ms, samples.last().unwrap().at_ms),
        (0, 199 * 15_000)
    );
    assert_eq!(found.step_ms, Some(60_000));
    assert_eq!(server.seen()[0].field("step"), Some("60.000"));
    let error = collector
        .evaluate(&caller(), &evaluation(3))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "invalid_points");
}

#[tokio::test]
async fn exemplars_are_read_with_their_times() {
    let data = json!([{ "seriesLabels": { "job": "a" }, "exemplars": [
        { "labels": { "trace_id": "t" }, "value": "6", "timestamp": 1_600_096_945.479 }
    ]}]);
    let server = answering(data).await;
    let collector = held(
        Fleet::of_one(Source::Prometheus, server.endpoint()),
        &["shop"],
    );
    let range = TimeRange { ..hour() };
    let found = collector
        .exemplars(&caller(), &Selection::All, "up", range)
        .await
        .unwrap();
    assert_eq!(found.items[0].labels["cluster"], "shop");
    assert_eq!(found.items[0].exemplars[0].at_ms, 1_600_096_945_479);
    assert_eq!(
        server.seen()[0].field("query"),
        Some(r#"up{namespace="shop"}"#)
    );
}
