//! `/api/v1/rules` and `/api/v1/alerts`.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::Server;
use super::answer::{ApiError, success};
use super::form::Form;
use super::targets::time;

/// Rules that are evaluated together.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleGroup {
    /// Its name, unique in its file.
    pub name: String,
    /// The file it would be in.
    pub file: String,
    /// Seconds between evaluations.
    pub interval: f64,
    /// The rules in the order of evaluation.
    pub rules: Vec<Rule>,
}

/// A rule of either kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A rule that raises alerts.
    Alerting(AlertingRule),
    /// A rule that records series.
    Recording(RecordingRule),
}

/// A rule that raises an alert for each element of its query.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertingRule {
    /// The `alertname`.
    pub name: String,
    /// The `PromQL` expression.
    pub query: String,
    /// Seconds for which the expression must hold before the alert fires.
    pub duration: f64,
    /// Labels that are added to each alert.
    pub labels: BTreeMap<String, String>,
    /// Annotations with their templates.
    pub annotations: BTreeMap<String, String>,
    /// The alerts that are pending or firing.
    pub alerts: Vec<Alert>,
}

/// A rule that stores the result of its query under a new name.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRule {
    /// The name of the recorded metric.
    pub name: String,
    /// The `PromQL` expression.
    pub query: String,
    /// Labels that are added to each series.
    pub labels: BTreeMap<String, String>,
}

/// An alert that is pending or firing.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The labels, `alertname` included.
    pub labels: BTreeMap<String, String>,
    /// The annotations, expanded.
    pub annotations: BTreeMap<String, String>,
    /// How far it has come.
    pub state: AlertState,
    /// Since when the expression holds.
    pub active_at: Timestamp,
    /// The value of the expression.
    pub value: f64,
}

/// How far an active alert has come. The order is that of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// The expression holds, but not yet for long enough.
    Pending,
    /// The alert is sent to Alertmanager.
    Firing,
}

impl AlertState {
    /// The name used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// All groups with their rules; `type=alert` or `type=record` filters.
pub(super) async fn rules(State(server): State<Server>, form: Form) -> Result<Response, ApiError> {
    let kind = form.get("type").to_ascii_lowercase();
    if !matches!(kind.as_str(), "" | "alert" | "record") {
        return Err(ApiError::parameter(
            "type",
            format!("not supported value {kind:?}"),
        ));
    }
    let now_ms = server.now_ms();
    let groups = server.rules.read().unwrap_or_else(PoisonError::into_inner);
    let groups: Vec<Json> = groups
        .iter()
        .map(|group| group_json(group, &kind, now_ms))
        .collect();
    Ok(success(&json!({"groups": groups})))
}

/// All active alerts.
pub(super) async fn alerts(State(server): State<Server>) -> Response {
    let groups = server.rules.read().unwrap_or_else(PoisonError::into_inner);
    let rules = groups.iter().flat_map(|group| &group.rules);
    let alerts = rules.flat_map(|rule| match rule {
        Rule::Alerting(alerting) => alerting.alerts.as_slice(),
        Rule::Recording(_) => &[],
    });
    let alerts: Vec<Json> = alerts.map(alert_json).collect();
    success(&json!({"alerts": alerts}))
}

fn group_json(group: &RuleGroup, kind: &str, now_ms: i64) -> Json {
    let interval_ms = ((group.interval * 1000.0) as i64).max(1);
    let evaluated = time(now_ms - now_ms.rem_euclid(interval_ms));
    let wanted = |rule: &&Rule| match rule {
        Rule::Alerting(_) => kind != "record",
        Rule::Recording(_) => kind != "alert",
    };
    let rules = group.rules.iter().filter(wanted);
    let rules: Vec<Json> = rules.map(|rule| rule_json(rule, &evaluated)).collect();
    json!({
        "name": group.name,
        "file": group.file,
        "rules": rules,
        "interval": group.interval,
        "limit": 0,
        "evaluationTime": 0.0,
        "lastEvaluation": evaluated,
    })
}

fn rule_json(rule: &Rule, evaluated: &str) -> Json {
    match rule {
        Rule::Alerting(rule) => {
            let state = rule.alerts.iter().map(|alert| alert.state).max();
            json!({
                "state": state.map_or("inactive", AlertState::as_str),
                "name": rule.name,
                "query": rule.query,
                "duration": rule.duration,
                "keepFiringFor": 0.0,
                "labels": rule.labels,
                "annotations": rule.annotations,
                "alerts": rule.alerts.iter().map(alert_json).collect::<Vec<_>>(),
                "health": "ok",
                "evaluationTime": 0.0,
                "lastEvaluation": evaluated,
                "type": "alerting",
            })
        }
        Rule::Recording(rule) => json!({
            "name": rule.name,
            "query": rule.query,
            "labels": rule.labels,
            "health": "ok",
            "evaluationTime": 0.0,
            "lastEvaluation": evaluated,
            "type": "recording",
        }),
    }
}

fn alert_json(alert: &Alert) -> Json {
    json!({
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state.as_str(),
        "activeAt": alert.active_at.to_string(),
        "value": crate::promql::format_exponent(alert.value),
    })
}
