//! The outermost layer: refuses a request whose target could be read in two ways, removes what is
//! not for us to read, gives it its id, writes its line in the log, and counts it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version};
use axum::response::{IntoResponse as _, Response};
use fleetscope_api::table::{lookup, on_path};
use fleetscope_client::wire::Problem;
use fleetscope_model::{Caller, Role};
use fleetscope_ports::{Clock, IdSource};
use tracing::info;

use super::entrance::Entrance;
use super::guard::Guard;
use super::streams::Streams;
use super::within::Within;
use super::{Edge, headers, path, trace};
use crate::metrics::RequestLabels;
use crate::wire::{INNER_ROUTES, is_problem};
use crate::{EdgeMetrics, Error};

/// Names a request in logs and problems, here and in every process that it passes through.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The target of the log line that each answered request has.
pub const ANSWERED: &str = "fleetscope_gateway::answered";

/// A problem is some hundred bytes; what is larger is none of ours.
const MOST_PROBLEM_BYTES: usize = 64 * 1024;

/// The longest path that is logged, in bytes.
const LONGEST_PATH: usize = 200;

/// Who asked, put into an answer's extensions for the log line.
#[derive(Debug, Clone)]
pub(crate) struct AskedBy(pub(crate) Caller);

/// The door that is observed.
#[derive(Debug)]
pub(crate) struct Observer {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    kept: trace::Kept,
    metrics: EdgeMetrics,
    guard: Guard,
}

impl Observer {
    pub(crate) fn new(edge: &Edge, entrance: Entrance) -> Self {
        Self {
            clock: edge.clock.clone(),
            ids: edge.ids.clone(),
            kept: trace::Kept {
                percent: edge.traces,
                spans: edge.request_spans,
            },
            metrics: edge.metrics.clone(),
            guard: Guard {
                origins: edge.origins.clone(),
                cors: edge.origins.layer(),
                tls: edge.tls && entrance.is_public(),
                limits: edge.limits,
                streams: Streams::new(edge),
                entrance,
            },
        }
    }

    /// The caller's own id if it can stand in a log, else a new one.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let fits = |text: &str| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let given = headers.get(REQUEST_ID);
        if let Some(given) = given.filter(|value| value.to_str().is_ok_and(fits)) {
            return given.clone();
        }
        let id = self.ids.next(self.clock.now()).to_string();
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    }
}

/// See the module. Of the URL only the path is logged: a query may hold anything.
pub(crate) async fn observe(
    observer: Arc<Observer>,
    mut request: Request,
    within: Within,
) -> Response {
    let started = Instant::now();
    let id = observer.request_id(request.headers());
    let upgrade = request.headers().contains_key(UPGRADE);
    let target = path::check(request.uri(), request.version());
    if observer.guard.entrance.is_public() {
        headers::keep_request_at_door(request.headers_mut());
    }
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = method_name(request.method());
    let (route, role) = matched(&request, method);
    let uri = request.uri().clone();
    let id_text = id.to_str().unwrap_or_default();
    let asked = trace::Request {
        id: id_text,
        method,
        route,
        role,
    };
    let fresh = || observer.ids.next(observer.clock.now());
    let traced = trace::begin(asked, request.headers_mut(), observer.kept, fresh);

    let version = request.version();
    let response = match target {
        // Pinned where it is made: each wrapping of a future by value is a copy of all of it.
        Ok(()) => traced.run(pin!(observer.guard.run(request, within))).await,
        Err(flaw) => Error::AmbiguousTarget(flaw.as_str()).into_response(),
    };

    let took = started.elapsed();
    let labels = RequestLabels {
        door: observer.guard.entrance.as_str(),
        http_request_method: method,
        http_route: route,
        http_response_status_code: u32::from(response.status().as_u16()),
    };
    traced.tell(|| log(&labels, &uri, &response, took.as_secs_f64()));
    observer.metrics.request(&labels, took);
    traced.ended(response.status());
    let mut response = name_request(response, id_text, traced.id).await;
    response.headers_mut().insert(REQUEST_ID, id);
    if upgrade && version < Version::HTTP_2 {
        refuse_upgrade(response.headers_mut());
    }
    response
}

/// Whoever asked for another protocol and got an answer in this one may already be speaking the
/// other: nothing more of that connection is read.
fn refuse_upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

fn log(labels: &RequestLabels, uri: &Uri, response: &Response, seconds: f64) {
    let path = uri.path();
    let path = path
        .get(..path.floor_char_boundary(LONGEST_PATH))
        .unwrap_or(path);
    let asked_by = response.extensions().get::<AskedBy>();
    let caller = asked_by.map_or("-", |AskedBy(caller)| caller.name.as_str());
    info!(
        target: ANSWERED,
        door = labels.door,
        method = labels.http_request_method,
        path,
        route = labels.http_route,
        status = labels.http_response_status_code,
        caller,
        seconds,
        "answered"
    );
}

/// Method names come from a fixed set, as they become labels.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The template of the matched path, and whose route it is; the gateway's own where none is.
fn matched(request: &Request, method: &str) -> (&'static str, Role) {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    if let Some(inner) = INNER_ROUTES.iter().find(|inner| **inner == path) {
        return (inner, Role::Registry);
    }
    let any = || on_path(path).first().copied();
    match lookup(method, path).or_else(any) {
        Some(route) => (route.path, route.role),
        None => ("", Role::Gateway),
    }
}

/// Writes the ids of the request and its trace into a problem, so that who shows it to us can be helped.
async fn name_request(response: Response, id: &str, trace: Option<String>) -> Response {
    if !is_problem(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_PROBLEM_BYTES).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let named = serde_json::from_slice::<Problem>(&bytes)
        .ok()
        .and_then(|mut problem| {
            problem.request_id = Some(id.to_owned());
            problem.trace_id = trace;
            serde_json::to_vec(&problem).ok()
        });
    let Some(named) = named else {
        // The answer to a HEAD has no body.
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(named))
}
