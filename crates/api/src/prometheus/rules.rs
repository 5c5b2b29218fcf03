//! `/prometheus/{cluster}/api/v1/rules`

use axum::extract::State;
use axum::response::Response;
use fleetscope_client::wire;
use fleetscope_model::RuleGroup;
use serde_json::json;

use super::answer;
use super::asked::{Asked, Of, Place};
use super::refusal::Refusal;
use crate::convert::metrics;
use crate::extract::Asker;
use crate::services::Metrics;

/// Rules that record and alert, in Prometheus' shape.
#[utoipa::path(
    get,
    path = "/prometheus/{cluster}/api/v1/rules",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("type" = Option<String>, Query, description = "`alert` or `record`; both where absent."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn rules(
    State(served): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&served, &caller).await?;
    let kind = match asked.get("type") {
        None => None,
        Some("alert") => Some("alerting"),
        Some("record") => Some("recording"),
        Some(other) => {
            let said = format!("not supported value {other:?}");
            return Err(Refusal::parameter("type", said));
        }
    };
    let found = served.reader.rules(&caller, &of.selection()).await?;
    answer::list(found, |items| {
        let groups = items.into_iter().map(|group| shown(group, of, kind));
        json!({ "groups": groups.collect::<Vec<_>>() })
    })
}

fn shown(group: RuleGroup, of: Of, kind: Option<&str>) -> wire::RuleGroup {
    let mut group = metrics::group(group);
    if of != Of::Fleet {
        group.cluster = None;
    }
    group
        .rules
        .retain(|rule| kind.is_none_or(|kind| rule.kind == kind));
    for alert in group
        .rules
        .iter_mut()
        .filter_map(|rule| rule.alerts.as_mut())
        .flatten()
    {
        alert.labels = answer::labels(std::mem::take(&mut alert.labels), of);
    }
    group
}
