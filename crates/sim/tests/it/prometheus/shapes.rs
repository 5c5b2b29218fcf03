//! Answers whose content can't be equal, as it is about the servers themselves: compared by shape.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use fleetscope_sim::prometheus::{Alert, AlertState, AlertingRule, RecordingRule, Rule, RuleGroup};
use fleetscope_sim::tsdb::{MetricKind, Tsdb};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::http::Sim;
use super::peer::Peer;

/// How often, and 100 ms apart, we look whether the real server has scraped itself and raised
/// its alerts.
const ATTEMPTS: u32 = 600;

const NOW_MS: i64 = 1_700_000_000_000;

/// Compares the shapes of targets, rules, alerts, metadata and build information.
pub(super) async fn compare(peer: &Peer, plain: &Sim) -> Vec<Result<(), String>> {
    let sim = lively();
    let mut outcomes = Vec::new();
    for path in [
        "/api/v1/targets",
        "/api/v1/rules",
        "/api/v1/rules?type=alert",
        "/api/v1/rules?type=record",
        "/api/v1/alerts",
        "/api/v1/metadata?metric=up_seconds_total",
        "/api/v1/status/buildinfo",
    ] {
        // The metric of its own that the real server surely describes.
        let real_path = path.replace("up_seconds_total", "process_cpu_seconds_total");
        let real = settled(peer, &real_path);
        let own = shape(&sim.get(path).await.json(), "");
        outcomes.push(if real == own {
            Ok(())
        } else {
            Err(format!(
                "{path}: the shapes differ\n  real {real}\n  sim  {own}"
            ))
        });
    }
    outcomes.push(posts_are_forms(plain).await);
    outcomes
}

/// The shape of the answer once it no longer is that of a server that just started.
fn settled(peer: &Peer, path: &str) -> String {
    for _ in 0..ATTEMPTS {
        let body = peer.get(path).json();
        let text = body.to_string();
        let waits = [
            "\"unknown\"",
            "[]",
            "\"data\":{}",
            "\"inactive\"",
            "\"lastScrapeDuration\":0,",
        ];
        let has_settled = match path {
            "/api/v1/targets" => !text.contains(waits[0]) && text.contains("\"up\""),
            "/api/v1/rules?type=record" => !text.contains(waits[0]),
            _ => !waits[..4].iter().any(|wait| text.contains(wait)),
        };
        if has_settled {
            return shape(&body, "");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the real server never had anything to show at {path}");
}

/// The structure of a value: keys, types, and one representative of each distinct element of a
/// list. Keys of maps from names to values are data and not structure.
fn shape(value: &Json, key: &str) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "bool".to_owned(),
        Json::Number(_) => "number".to_owned(),
        Json::String(text) if matches!(key, "state" | "type" | "health" | "status") => text.clone(),
        Json::String(text) if text.parse::<Timestamp>().is_ok() => "time".to_owned(),
        Json::String(_) => "string".to_owned(),
        Json::Array(items) => {
            let shapes: std::collections::BTreeSet<String> =
                items.iter().map(|item| shape(item, "")).collect();
            format!("[{}]", shapes.into_iter().collect::<Vec<_>>().join(", "))
        }
        Json::Object(_) if matches!(key, "labels" | "annotations" | "discoveredLabels") => {
            "labels".to_owned()
        }
        Json::Object(fields) => {
            let field = |(key, value): (&String, &Json)| {
                let is_metric = key.ends_with("_total");
                let name = if is_metric { "METRIC" } else { key };
                format!("{name}: {}", shape(value, key))
            };
            format!(
                "{{{}}}",
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// A simulated server with a target, rules, alerts and metadata.
fn lively() -> Sim {
    let mut db = Tsdb::new(86_400_000);
    let up = db.series(&[
        ("__name__", "up"),
        ("job", "self"),
        ("instance", "127.0.0.1:9090"),
    ]);
    db.append(up, NOW_MS - 30_000, 1.0);
    db.append(up, NOW_MS - 15_000, 1.0);
    let took = [
        ("__name__", "scrape_duration_seconds"),
        ("job", "self"),
        ("instance", "127.0.0.1:9090"),
    ];
    let took = db.series(&took);
    db.append(took, NOW_MS - 15_000, 0.004);
    db.describe(
        "up_seconds_total",
        MetricKind::Counter,
        "How long it is up.",
        "seconds",
    );
    Sim::with_rules(db, NOW_MS, Arc::new(RwLock::new(vec![rules()])))
}

fn rules() -> RuleGroup {
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    };
    let alerting = |name: &str, state| {
        let alert = Alert {
            labels: labels(&[("alertname", name)]),
            annotations: labels(&[]),
            state,
            active_at: Timestamp::from_millisecond(NOW_MS - 5_000).unwrap(),
            value: 1.0,
        };
        Rule::Alerting(AlertingRule {
            name: name.to_owned(),
            query: "vector(1)".to_owned(),
            duration: 0.0,
            labels: labels(&[("severity", "page")]),
            annotations: labels(&[]),
            alerts: vec![alert],
        })
    };
    let recording = Rule::Recording(RecordingRule {
        name: "one".to_owned(),
        query: "vector(1)".to_owned(),
        labels: labels(&[("a", "b")]),
    });
    RuleGroup {
        name: "always".to_owned(),
        file: "rules.yml".to_owned(),
        interval: 1.0,
        rules: vec![
            alerting("Firing", AlertState::Firing),
            alerting("Pending", AlertState::Pending),
            recording,
        ],
    }
}

/// The same query by GET and as a form in the body of a POST.
async fn posts_are_forms(sim: &Sim) -> Result<(), String> {
    let by_get = sim.get("/api/v1/query?query=up&time=1700010000").await;
    let by_post = sim
        .post("/api/v1/query?query=down", "query=up&time=1700010000")
        .await;
    if by_get.body == by_post.body && by_get.body.contains("api-0") {
        return Ok(());
    }
    Err(format!("POST: {by_post:?}\nGET: {by_get:?}"))
}
