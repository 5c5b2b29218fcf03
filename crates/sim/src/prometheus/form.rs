//! Request parameters: the query string, and the form in the body of a POST.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use url::form_urlencoded;

use super::answer::ApiError;

/// The furthest time (ns, about 300 million years): times beyond are moved here, far from data.
const FAR_AWAY_NS: i128 = 9_000_000_000_000_000_000 * 1000;

/// How the Go client writes "since ever" and "for ever".
const EVER: [(&str, i128); 2] = [
    ("-292273086-05-16T16:47:06Z", -FAR_AWAY_NS),
    ("292277025-08-18T07:12:54.999999999Z", FAR_AWAY_NS),
];

/// The parameters of a request; those of the body come first.
pub(super) struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut pairs = Vec::new();
        if request.method() == Method::POST && is_form(request.headers()) {
            let body = Bytes::from_request(request, state).await;
            pairs = decode(&body.map_err(IntoResponse::into_response)?);
        }
        pairs.extend(decode(query.as_bytes()));
        Ok(Self(pairs))
    }
}

impl Form {
    /// The first value of a parameter, or the empty string.
    pub(super) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a parameter.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let own = self.0.iter().filter(move |(key, _)| key == name);
        own.map(|(_, value)| value.as_str())
    }

    /// A time (ns since the epoch), `None` when the parameter is absent or empty.
    pub(super) fn time(&self, name: &str) -> Result<Option<i128>, ApiError> {
        match self.get(name) {
            "" => Ok(None),
            text => self.required_time(name).map(Some).map_err(|_| {
                let reason = format!("Invalid time value for '{name}': {}", not_a_time(text));
                ApiError::parameter(name, reason)
            }),
        }
    }

    /// A time (ns since the epoch) that must be there.
    pub(super) fn required_time(&self, name: &str) -> Result<i128, ApiError> {
        let text = self.get(name);
        parse_time(text).ok_or_else(|| ApiError::parameter(name, not_a_time(text)))
    }

    /// A duration (ns) that must be there: seconds as a number, or `1h30m`.
    pub(super) fn required_duration(&self, name: &str) -> Result<i128, ApiError> {
        let text = self.get(name);
        parse_duration(text).ok_or_else(|| {
            ApiError::parameter(name, format!("cannot parse {text:?} to a valid duration"))
        })
    }

    /// Checks a timeout, which is not enforced: queries of the simulation take milliseconds.
    pub(super) fn check_timeout(&self) -> Result<(), ApiError> {
        if self.get("timeout").is_empty() {
            return Ok(());
        }
        self.required_duration("timeout").map(|_| ())
    }
}

/// Milliseconds since the epoch.
pub(super) fn millis(ns: i128) -> i64 {
    i64::try_from(ns.div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

fn not_a_time(text: &str) -> String {
    format!("cannot parse {text:?} to a valid timestamp")
}

/// Seconds, rounded to milliseconds, or RFC 3339.
fn parse_time(text: &str) -> Option<i128> {
    if let Ok(seconds) = text.parse::<f64>() {
        if !seconds.is_finite() {
            return None;
        }
        let millis = (seconds.fract() * 1000.0).round() as i128;
        let ns = (seconds.trunc() as i128)
            .saturating_mul(1_000_000_000)
            .saturating_add(millis * 1_000_000);
        return Some(ns.clamp(-FAR_AWAY_NS, FAR_AWAY_NS));
    }
    if let Some((_, ns)) = EVER.iter().find(|(name, _)| *name == text) {
        return Some(*ns);
    }
    let is_rfc3339 = text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
    let instant = text.parse::<Timestamp>().ok().filter(|_| is_rfc3339)?;
    Some(instant.as_nanosecond())
}

fn parse_duration(text: &str) -> Option<i128> {
    if let Ok(seconds) = text.parse::<f64>() {
        let ns = seconds * 1e9;
        // Prometheus holds durations in 64 bits.
        let fits = ns.is_finite() && ns.abs() <= i64::MAX as f64;
        return fits.then_some(ns as i128);
    }
    Some(i128::from(crate::promql::duration_ms(text)?) * 1_000_000)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn decode(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        let second = 1_000_000_000;
        for (text, expected) in [
            ("1435781451.781", Some(1_435_781_451_781 * 1_000_000)),
            ("1.0004", Some(second)),
            ("-1.5", Some(-1_500_000_000)),
            ("1970-01-01T00:00:01Z", Some(second)),
            ("1970-01-01T01:00:01.5+01:00", Some(1_500_000_000)),
            ("1e300", Some(FAR_AWAY_NS)),
            ("292277025-08-18T07:12:54.999999999Z", Some(FAR_AWAY_NS)),
            ("1970-01-01 00:00:01Z", None),
            ("1970-01-01", None),
            ("NaN", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_seconds_or_have_units() {
        assert_eq!(parse_duration("15"), Some(15_000_000_000));
        assert_eq!(parse_duration("0.5"), Some(500_000_000));
        assert_eq!(parse_duration("1m30s"), Some(90_000_000_000));
        for bad in ["", "1h1h", "1e30", "-inf", "long"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
