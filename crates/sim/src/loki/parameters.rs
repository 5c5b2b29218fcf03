//! Parameters of queries, from the address or a form, and Loki's ways to read times.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::Refusal;

/// `limits_config.max_query_length`, and the range of a query that names none.
const LONGEST: i64 = 721 * 3600 * SECOND;
const USUAL: i64 = 3600 * SECOND;
const SECOND: i64 = 1_000_000_000;

/// The parameters of one request; `match[]` may come several times.
pub(super) struct Given {
    pairs: HashMap<String, Vec<String>>,
    /// Whether structured metadata is wanted apart from the labels.
    pub(super) categorize: bool,
}

impl<S: Send + Sync> FromRequest<S> for Given {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let categorize = wants_categories(request.headers());
        let form = is_form(request.headers());
        let body = Bytes::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let mut pairs: HashMap<String, Vec<String>> = HashMap::new();
        let mut read = |text: &[u8]| {
            for (name, value) in url::form_urlencoded::parse(text) {
                pairs
                    .entry(name.into_owned())
                    .or_default()
                    .push(value.into_owned());
            }
        };
        read(query.as_bytes());
        if form {
            read(&body);
        }
        Ok(Self { pairs, categorize })
    }
}

impl Given {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let values = self.pairs.get(name)?;
        values
            .first()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> &[String] {
        self.pairs.get(name).map_or(&[], Vec::as_slice)
    }

    /// Start and end in nanoseconds; the last hour where none is given.
    pub(super) fn range(&self, now: i64) -> Result<(i64, i64), Refusal> {
        let end = self.time("end")?.unwrap_or(now);
        let since = match self.get("since") {
            None => USUAL,
            Some(text) => crate::duration::nanos(text)
                .map(|nanos| nanos as i64)
                .ok_or_else(|| {
                    Refusal(format!(
                        "could not parse 'since' parameter: not a valid duration string: \"{text}\""
                    ))
                })?,
        };
        let start = self.time("start")?.unwrap_or(end - since);
        if end <= start {
            let message = "end timestamp must not be before or equal to start time";
            return Err(Refusal::new(message));
        }
        if end - start > LONGEST {
            return Err(Refusal(format!(
                "the query time range exceeds the limit (query length: {}, limit: 30d1h)",
                hours(end - start)
            )));
        }
        Ok((start, end))
    }

    /// Ten digits or less are seconds, more are nanoseconds, a point makes seconds again.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        if text.contains('.')
            && let Ok(seconds) = text.parse::<f64>()
        {
            return Ok(Some((seconds * SECOND as f64) as i64));
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Some(if text.len() <= 10 {
                number * SECOND
            } else {
                number
            }));
        }
        match text.parse::<Timestamp>() {
            Ok(at) => Ok(i64::try_from(at.as_nanosecond()).ok()),
            Err(_) => Err(Refusal(format!(
                "could not parse '{name}' parameter: strconv.ParseInt: parsing \"{text}\": invalid syntax"
            ))),
        }
    }

    /// Nanoseconds between points; the server picks a 250th of the range, a second at least.
    pub(super) fn step(&self, range: (i64, i64)) -> Result<i64, Refusal> {
        let step = match self.get("step") {
            None => ((range.1 - range.0) / 250 / SECOND).max(1) as f64 * SECOND as f64,
            Some(text) => text
                .parse::<f64>()
                .map(|seconds| seconds * SECOND as f64)
                .ok()
                .or_else(|| crate::duration::nanos(text))
                .ok_or_else(|| Refusal(format!("cannot parse \"{text}\" to a valid duration")))?,
        };
        if step <= 0.0 {
            return Err(Refusal::new(
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
            ));
        }
        if (range.1 - range.0) as f64 / step > 11_000.0 {
            return Err(Refusal::new(
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter",
            ));
        }
        Ok(step as i64)
    }
}

fn wants_categories(headers: &HeaderMap) -> bool {
    let flags = headers.get("x-loki-response-encoding-flags");
    flags
        .and_then(|value| value.to_str().ok())
        .is_some_and(|v| v.contains("categorize-labels"))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// As Go prints a duration.
fn hours(nanos: i64) -> String {
    let seconds = nanos / SECOND;
    format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
