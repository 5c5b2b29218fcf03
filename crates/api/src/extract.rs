//! What handlers take from a request. Every refusal is a problem that says what to write.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use fleetscope_model::{Caller, ErrorKind, PageRequest};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::cursor;
use crate::error::ApiError;

/// The authenticated caller, put into the request's extensions by the layer that knows it.
#[derive(Debug, Clone)]
pub struct Asker(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(Self)
            .ok_or_else(ApiError::unauthenticated)
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        expect_json(request.headers())?;
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                    _ => incomplete(),
                })?;
        parse(&bytes).map(Self)
    }
}

/// Refuses what is not said to be JSON.
pub(crate) fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::Invalid,
        "unsupported_media_type",
        "send the body as JSON, with the header 'Content-Type: application/json'",
    )
    .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

/// The body did not come whole.
pub(crate) fn incomplete() -> ApiError {
    ApiError::new(
        ErrorKind::Invalid,
        "incomplete_body",
        "the body broke off: send it again, whole",
    )
    .with_status(StatusCode::BAD_REQUEST)
}

/// The body is no JSON at all.
pub(crate) fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(
        ErrorKind::Invalid,
        "malformed_json",
        format!(
            "the body is not JSON: it breaks at line {}, column {}",
            error.line(),
            error.column()
        ),
    )
    .with_status(StatusCode::BAD_REQUEST)
}

/// The body is longer than the server takes.
pub fn too_large() -> ApiError {
    ApiError::new(
        ErrorKind::Invalid,
        "body_too_large",
        "the body is larger than this server takes: see server.max_body in its configuration",
    )
    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if !inner.is_data() {
            return malformed(&inner);
        }
        let said = inner.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        ApiError::new(ErrorKind::Invalid, "invalid_body", said).blaming(pointer)
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        text.push('/');
        match segment {
            Segment::Seq { index } => text.push_str(&index.to_string()),
            Segment::Map { key } => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => text.push_str(variant),
            Segment::Unknown => text.push('?'),
        }
    }
    text
}

/// Query parameters; unknown ones are refused, repeated ones may be a list.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|error| {
            ApiError::new(
                ErrorKind::Invalid,
                "invalid_parameter",
                format!("the query parameters can't be read: {error}"),
            )
            .blaming("query")
        })
    }
}

/// The id in the path. A text that is no id names nothing: 404, as an unknown id.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T> FromRequestParts<S> for Id<T>
where
    T: std::str::FromStr<Err = fleetscope_model::ids::InvalidId> + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| {
                ApiError::new(
                    ErrorKind::NotFound,
                    "not_found",
                    "the id in the path is not readable",
                )
            })?;
        text.parse()
            .map(Self)
            .map_err(|error: fleetscope_model::ids::InvalidId| {
                ApiError::new(ErrorKind::NotFound, "not_found", error.to_string())
            })
    }
}

/// Where to go on in a list, and how much of it to give.
#[derive(Debug, Default, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The `next_cursor` of the part before.
    pub cursor: Option<String>,
    /// At most this many items, 1 to 500; 50 where absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// Items in a part of a list where the caller does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most items in a part of a list.
pub const MOST_ITEMS: u32 = 500;

impl Paging {
    /// The request as the use cases take it.
    pub fn request(self) -> Result<PageRequest, ApiError> {
        let after = self.cursor.as_deref().map(cursor::decode).transpose()?;
        Ok(PageRequest {
            after,
            limit: limit(self.limit)?,
        })
    }
}

/// The number of items asked for, within bounds.
pub fn limit(limit: Option<u32>) -> Result<u32, ApiError> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit if (1..=MOST_ITEMS).contains(&limit) => Ok(limit),
        _ => Err(ApiError::invalid(
            "limit",
            format!("write a limit from 1 to {MOST_ITEMS}"),
        )),
    }
}
