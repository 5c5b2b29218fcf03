//! What there is: series, labels, label values, metadata.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Server;
use super::answer::{ApiError, labels_json, success};
use super::form::{Form, millis};
use crate::promql::{is_label_name, parse_selector};
use crate::tsdb::{Labels, Matcher, Tsdb};

/// The label sets of the series that satisfy any of the selectors.
pub(super) async fn series(State(server): State<Server>, form: Form) -> Result<Response, ApiError> {
    if form.all("match[]").next().is_none() {
        return Err(ApiError::BadData(
            "no match[] parameter provided".to_owned(),
        ));
    }
    let range = time_range(&form)?;
    let selectors = selectors(&form).map_err(|e| ApiError::parameter("match[]", e))?;
    let found = matching(&server.db(), &selectors, range);
    let list: Vec<Json> = found.iter().map(labels_json).collect();
    Ok(success(&Json::from(list)))
}

/// The names of all labels, or of those of some series.
pub(super) async fn labels(State(server): State<Server>, form: Form) -> Result<Response, ApiError> {
    let found = found(&server, &form)?;
    let names: BTreeSet<&str> = found
        .iter()
        .flat_map(Labels::iter)
        .map(|(name, _)| name)
        .collect();
    Ok(success(&json!(names)))
}

/// The values of a label, in all series or in some.
pub(super) async fn label_values(
    State(server): State<Server>,
    Path(captured): Path<BTreeMap<String, String>>,
    form: Form,
) -> Result<Response, ApiError> {
    // By name, as the path we are mounted at may capture something as well.
    let name = captured.get("name").map_or("", String::as_str);
    if !is_label_name(name) {
        return Err(ApiError::BadData(format!("invalid label name: {name:?}")));
    }
    let found = found(&server, &form)?;
    let values: BTreeSet<&str> = found.iter().map(|labels| labels.get(name)).collect();
    let values: Vec<&str> = values
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect();
    Ok(success(&json!(values)))
}

/// Type, help and unit of metrics.
pub(super) async fn metadata(
    State(server): State<Server>,
    form: Form,
) -> Result<Response, ApiError> {
    let limit = match form.get("limit") {
        "" => None,
        text => {
            let not_a_number = |_| ApiError::BadData("limit must be a number".to_owned());
            usize::try_from(text.parse::<i64>().map_err(not_a_number)?).ok()
        }
    };
    let wanted = form.get("metric");
    let db = server.db();
    let described = db.metadata().iter();
    let described = described.filter(|(name, _)| wanted.is_empty() || *name == wanted);
    let data: BTreeMap<&str, Json> = described
        .take(limit.unwrap_or(usize::MAX))
        .map(|(name, metadata)| {
            let kind = metadata.kind.as_str();
            let fact = json!({"type": kind, "help": metadata.help, "unit": metadata.unit});
            (name.as_str(), json!([fact]))
        })
        .collect();
    Ok(success(&json!(data)))
}

/// The series that `match[]`, `start` and `end` ask for; all when there is no `match[]`.
fn found(server: &Server, form: &Form) -> Result<Vec<Labels>, ApiError> {
    let range = time_range(form)?;
    let selectors = selectors(form).map_err(|e| ApiError::BadData(e.to_string()))?;
    let db = server.db();
    if !selectors.is_empty() {
        return Ok(matching(&db, &selectors, range));
    }
    let all = db
        .all()
        .filter(|series| series.has_samples_in(range.0, range.1));
    Ok(all.map(|series| series.labels().clone()).collect())
}

fn selectors(form: &Form) -> Result<Vec<Vec<Matcher>>, crate::promql::Error> {
    form.all("match[]").map(parse_selector).collect()
}

/// The time range (ms), everything by default.
fn time_range(form: &Form) -> Result<(i64, i64), ApiError> {
    let start = form.time("start")?.map_or(i64::MIN, millis);
    let end = form.time("end")?.map_or(i64::MAX, millis);
    Ok((start, end))
}

/// Sorted, each series once.
fn matching(db: &Tsdb, selectors: &[Vec<Matcher>], (start, end): (i64, i64)) -> Vec<Labels> {
    let found = selectors.iter().flat_map(|matchers| db.select(matchers));
    let found = found.filter(|series| series.has_samples_in(start, end));
    let distinct: BTreeSet<Labels> = found.map(|series| series.labels().clone()).collect();
    distinct.into_iter().collect()
}
