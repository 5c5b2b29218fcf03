//! Who is asked, and what: the path's cluster, and parameters from query and form.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::{Method, header};
use fleetscope_model::{Caller, ClusterId, Selection, SeriesQuery, TimeRange};
use jiff::Timestamp;

use super::refusal::Refusal;
use super::time;
use crate::services::Metrics;

/// The name under which all clusters are asked at once. A cluster that is called so has its id.
const FLEET: &str = "fleet";

/// Items of one cluster in a list where nobody says how many.
const USUAL_LIMIT: u32 = 50_000;

/// The most items of one cluster in a list.
const MOST_ITEMS: u32 = 100_000;

/// Parameters of one request.
#[derive(Debug)]
pub(super) struct Asked(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let mut pairs = pairs(parts.uri.query().unwrap_or_default().as_bytes());
        let is_form = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if parts.method == Method::POST && is_form {
            // The door counts its bytes.
            let body = to_bytes(body, usize::MAX).await;
            let body = body.map_err(|_| Refusal::new("bad_data", "the form broke off"))?;
            // What stands in the form comes first, as in Go.
            let mut form = self::pairs(&body);
            form.append(&mut pairs);
            pairs = form;
        }
        Ok(Self(pairs))
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| serde_html_form::from_str(text).ok())
        .unwrap_or_default()
}

impl Asked {
    /// A parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|(known, _)| known == name);
        all.next()
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The expression.
    pub(super) fn query(&self) -> Result<&str, Refusal> {
        let said = "unknown position: parse error: no expression found in input";
        self.get("query")
            .ok_or_else(|| Refusal::parameter("query", said))
    }

    /// A time; none where it is absent.
    pub(super) fn at(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.get(name).map(|text| time::at(name, text)).transpose()
    }

    /// A time that has to be there.
    pub(super) fn needs_at(&self, name: &str) -> Result<Timestamp, Refusal> {
        self.at(name)?
            .ok_or_else(|| Refusal::parameter(name, "cannot parse \"\" to a valid timestamp"))
    }

    /// The number of items that are wanted; Prometheus takes none, or zero, for all.
    pub(super) fn limit(&self) -> Result<u32, Refusal> {
        let Some(text) = self.get("limit") else {
            return Ok(USUAL_LIMIT);
        };
        match text.parse::<u32>() {
            Ok(0) => Ok(USUAL_LIMIT),
            Ok(limit) => Ok(limit.min(MOST_ITEMS)),
            Err(_) => Err(Refusal::parameter("limit", "limit must be a number")),
        }
    }

    /// What is asked about labels.
    pub(super) fn series(&self, of: &Of) -> Result<SeriesQuery, Refusal> {
        let range = match (self.at("start")?, self.at("end")?) {
            (None, None) => None,
            (start, end) => Some(TimeRange {
                start: start.unwrap_or(Timestamp::UNIX_EPOCH),
                end: end.unwrap_or(Timestamp::from_second(253_402_300_799).unwrap_or_default()),
            }),
        };
        if range.is_some_and(|range| range.end < range.start) {
            let said = "end timestamp must not be before start timestamp";
            return Err(Refusal::parameter("end", said));
        }
        let matches = self.0.iter().filter(|(name, _)| name == "match[]");
        Ok(SeriesQuery {
            clusters: of.selection(),
            matches: matches.map(|(_, value)| value.clone()).collect(),
            range,
            limit: self.limit()?,
            labelled: *of == Of::Fleet,
        })
    }
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Fleet,
    One(ClusterId),
}

impl Of {
    /// All clusters, or the one of this name or id. One that the caller may not see is unknown.
    pub(super) async fn named(
        name: &str,
        metrics: &Metrics,
        caller: &Caller,
    ) -> Result<Self, Refusal> {
        if name == FLEET {
            return Ok(Self::Fleet);
        }
        let id = name.parse::<ClusterId>().ok();
        let all = metrics.clusters.select(caller, &Selection::All).await?;
        let found = all
            .iter()
            .find(|cluster| cluster.name() == name || Some(cluster.id) == id);
        let found = found.ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            Refusal::new("not_found", format!("there is no cluster {shown:?}"))
        })?;
        Ok(Self::One(found.id))
    }

    pub(super) fn selection(self) -> Selection {
        match self {
            Self::Fleet => Selection::All,
            Self::One(id) => Selection::Only(vec![id]),
        }
    }
}

/// The first part of the path, as the handler's own.
#[derive(Debug)]
pub(super) struct Place(pub(super) Vec<String>);

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, Refusal> {
        let Path(all) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::new("bad_data", "the path can't be read"))?;
        Ok(Self(all.into_iter().map(|(_, value)| value).collect()))
    }
}

impl Place {
    pub(super) async fn of(&self, metrics: &Metrics, caller: &Caller) -> Result<Of, Refusal> {
        let name = self.0.first().map_or("", String::as_str);
        Of::named(name, metrics, caller).await
    }
}
