//! Alertmanager's API v2 over the firing alerts of a cluster, for reading: `/api/v2/alerts` with
//! its filters, `/alerts/groups`, `/status`, `/receivers`, `/silences`, and the health paths.
//! Nothing can be silenced: a write is answered 405.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde_json::{Value, json};

use crate::Now;
use crate::alerts::{Alerts, Labels};

/// Prometheus sends an alert anew each minute and lets it end four intervals later.
const RESOLVE_AFTER: SignedDuration = SignedDuration::from_mins(4);
const RECEIVER: &str = "default";

pub(crate) fn router(alerts: Arc<RwLock<Alerts>>, now: Now) -> Router {
    Router::new()
        .route("/api/v2/alerts", get(list))
        .route("/api/v2/alerts/groups", get(groups))
        .route("/api/v2/status", get(status))
        .route(
            "/api/v2/receivers",
            get(async || Json(json!([{ "name": RECEIVER }]))),
        )
        .route("/api/v2/silences", get(async || Json(json!([]))))
        .route("/-/healthy", get(async || "OK"))
        .route("/-/ready", get(async || "OK"))
        .with_state(Server { alerts, now })
}

#[derive(Clone)]
struct Server {
    alerts: Arc<RwLock<Alerts>>,
    now: Now,
}

async fn list(State(server): State<Server>, RawQuery(query): RawQuery) -> Response {
    match Filter::read(query.as_deref().unwrap_or_default()) {
        Ok(filter) => Json(server.alerts(&filter)).into_response(),
        Err(message) => (StatusCode::BAD_REQUEST, Json(message)).into_response(),
    }
}

/// Grouped by `alertname`, as the usual route does.
async fn groups(State(server): State<Server>, RawQuery(query): RawQuery) -> Response {
    let filter = match Filter::read(query.as_deref().unwrap_or_default()) {
        Ok(filter) => filter,
        Err(message) => return (StatusCode::BAD_REQUEST, Json(message)).into_response(),
    };
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for alert in server.alerts(&filter) {
        let name = alert["labels"]["alertname"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        groups.entry(name).or_default().push(alert);
    }
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|(name, alerts)| {
            json!({
                "labels": { "alertname": name },
                "receiver": { "name": RECEIVER },
                "alerts": alerts,
            })
        })
        .collect();
    Json(groups).into_response()
}

async fn status(State(server): State<Server>) -> Response {
    Json(json!({
        "cluster": { "name": "01SIMULATED", "status": "ready", "peers": [] },
        "config": { "original": "route:\n  receiver: default\nreceivers:\n- name: default\n" },
        "uptime": time((server.now)()),
        "versionInfo": {
            "branch": "HEAD", "buildDate": "", "buildUser": "", "goVersion": "",
            "revision": "simulated", "version": "0.28.1",
        },
    }))
    .into_response()
}

impl Server {
    fn alerts(&self, filter: &Filter) -> Vec<Value> {
        let now = (self.now)();
        let alerts = self.alerts.read().unwrap_or_else(PoisonError::into_inner);
        alerts
            .firing()
            .map(|(rule, labels, alert)| {
                let all = rule.all_labels(labels);
                let starts = alert.fires.unwrap_or(alert.since).timestamp();
                (all, rule.annotations(labels), starts)
            })
            .filter(|(labels, _, _)| filter.admits(labels))
            .map(|(labels, annotations, starts)| {
                json!({
                    "annotations": annotations,
                    "endsAt": time(now.saturating_add(RESOLVE_AFTER).unwrap_or(now)),
                    "fingerprint": fingerprint(&labels),
                    "generatorURL": "http://prometheus:9090/graph",
                    "labels": labels,
                    "receivers": [{ "name": RECEIVER }],
                    "startsAt": time(starts),
                    "status": {
                        "inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active",
                    },
                    "updatedAt": time(now),
                })
            })
            .collect()
    }
}

/// The query of a list: matchers, and which states are wanted.
struct Filter {
    matchers: Vec<Matcher>,
    active: bool,
    receiver: Option<Regex>,
}

struct Matcher {
    name: String,
    equal: bool,
    value: Wanted,
}

enum Wanted {
    Text(String),
    Pattern(Regex),
}

impl Filter {
    fn read(query: &str) -> Result<Self, String> {
        let mut filter = Self {
            matchers: Vec::new(),
            active: true,
            receiver: None,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "filter" | "filter[]" => filter.matchers.push(Matcher::read(&value)?),
                "active" => {
                    filter.active = value
                        .parse()
                        .map_err(|_| format!("active must be a boolean, not {value}"))?;
                }
                "receiver" => {
                    let pattern = Regex::new(&format!("^(?:{value})$"));
                    let failed = |error| format!("failed to parse receiver param: {error}");
                    filter.receiver = Some(pattern.map_err(failed)?);
                }
                // No alert here is ever silenced, inhibited or unprocessed.
                _ => {}
            }
        }
        Ok(filter)
    }

    fn admits(&self, labels: &Labels) -> bool {
        let received = self
            .receiver
            .as_ref()
            .is_none_or(|receiver| receiver.is_match(RECEIVER));
        self.active && received && self.matchers.iter().all(|matcher| matcher.admits(labels))
    }
}

impl Matcher {
    fn read(text: &str) -> Result<Self, String> {
        let bad = || format!("bad matcher format: {text}");
        let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
        let at = inner.find(['=', '!']).ok_or_else(bad)?;
        let (name, rest) = inner.split_at(at);
        let operator = ["=~", "!~", "!=", "="]
            .into_iter()
            .find(|operator| rest.starts_with(operator))
            .ok_or_else(bad)?;
        let value = rest[operator.len()..].trim().trim_matches('"');
        let pattern = operator.ends_with('~');
        Ok(Self {
            name: name.trim().to_owned(),
            equal: operator.starts_with('='),
            value: if pattern {
                Wanted::Pattern(Regex::new(&format!("^(?:{value})$")).map_err(|_| bad())?)
            } else {
                Wanted::Text(value.to_owned())
            },
        })
    }

    fn admits(&self, labels: &Labels) -> bool {
        let found = labels.get(&self.name).map_or("", String::as_str);
        let same = match &self.value {
            Wanted::Text(text) => text == found,
            Wanted::Pattern(pattern) => pattern.is_match(found),
        };
        same == self.equal
    }
}

/// FNV-1a over the sorted labels, as `model.Fingerprint` of Prometheus is.
fn fingerprint(labels: &Labels) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for (name, value) in labels {
        name.bytes().for_each(&mut add);
        add(0xff);
        value.bytes().for_each(&mut add);
        add(0xff);
    }
    format!("{hash:016x}")
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
