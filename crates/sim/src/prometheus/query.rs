//! `/api/v1/query` and `/api/v1/query_range`.

use axum::extract::State;
use axum::response::Response;

use super::Server;
use super::answer::{ApiError, query_result};
use super::form::{Form, millis};
use crate::promql::{Error, Query, Value};

/// The most points per series that a range query may ask for.
const MAX_POINTS: i128 = 11_000;

/// Evaluates a query at one time.
pub(super) async fn instant(
    State(server): State<Server>,
    form: Form,
) -> Result<Response, ApiError> {
    let t_ms = form.time("time")?.map_or_else(|| server.now_ms(), millis);
    form.check_timeout()?;
    let query = Query::parse(form.get("query")).map_err(|e| ApiError::parameter("query", e))?;
    let value = query.instant(&server.db(), t_ms)?;
    Ok(query_result(&value))
}

/// Evaluates a query at the steps of a time range.
pub(super) async fn range(State(server): State<Server>, form: Form) -> Result<Response, ApiError> {
    let (start, end, step) = range_of(&form)?;
    form.check_timeout()?;
    let query = Query::parse(form.get("query"))?;
    let value = evaluate(&server, &query, (start, end, step))?;
    Ok(query_result(&value))
}

fn evaluate(server: &Server, query: &Query, steps: (i128, i128, i128)) -> Result<Value, Error> {
    let (start, end, step) = steps;
    query.range(&server.db(), millis(start), millis(end), millis(step))
}

/// The start, end and step (ns), checked in the order in which Prometheus checks them.
fn range_of(form: &Form) -> Result<(i128, i128, i128), ApiError> {
    let start = form.required_time("start")?;
    let end = form.required_time("end")?;
    if end < start {
        let reason = "end timestamp must not be before start time";
        return Err(ApiError::parameter("end", reason));
    }
    let step = form.required_duration("step")?;
    if step <= 0 {
        let reason = "zero or negative query resolution step widths are not accepted. \
                      Try a positive integer";
        return Err(ApiError::parameter("step", reason));
    }
    if (end - start) / step > MAX_POINTS {
        return Err(ApiError::BadData(
            "exceeded maximum resolution of 11,000 points per timeseries. \
             Try decreasing the query resolution (?step=XX)"
                .to_owned(),
        ));
    }
    Ok((start, end, step))
}
