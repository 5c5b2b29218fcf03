//! The outermost layer: gives a request its id, removes what only doors may say, writes its line
//! in the log, and counts it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_LENGTH, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use fleetscope_api::{Route, TABLE};
use fleetscope_client::wire::Problem;
use fleetscope_model::{Caller, Role};
use fleetscope_ports::{Clock, IdSource};
use tracing::{Instrument as _, Span, info, info_span};

use super::Edge;
use crate::EdgeMetrics;
use crate::metrics::RequestLabels;
use crate::wire::{INNER_ROUTES, is_ours, is_problem};

/// Names a request in logs and problems, here and in every process that it passes through.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A problem is some hundred bytes; what is larger is none of ours.
const MOST_PROBLEM_BYTES: usize = 64 * 1024;

/// Who asked, put into an answer's extensions for the log line.
#[derive(Debug, Clone)]
pub(crate) struct AskedBy(pub(crate) Caller);

/// The door that is observed.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    door: Door,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    metrics: EdgeMetrics,
}

/// Which door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Everybody's.
    Public,
    /// The gateways'.
    Inner,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Inner => "inner",
        }
    }
}

impl Observer {
    pub(crate) fn new(edge: &Edge, door: Door) -> Self {
        Self {
            door,
            clock: edge.clock.clone(),
            ids: edge.ids.clone(),
            metrics: edge.metrics.clone(),
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
    State(observer): State<Observer>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = observer.request_id(request.headers());
    if observer.door == Door::Public {
        remove_identity(request.headers_mut());
    }
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = method_name(request.method());
    let (route, role) = matched(&request, method);
    let path = request.uri().path().chars().take(200).collect::<String>();
    let id_text = id.to_str().unwrap_or_default().to_owned();
    let span = info_span!("request", request_id = %id_text, role = role.as_str());

    let response = next.run(request).instrument(span.clone()).await;

    let took = started.elapsed();
    let labels = RequestLabels {
        door: observer.door.as_str(),
        method,
        route,
        status: u32::from(response.status().as_u16()),
    };
    log(&span, &labels, &path, &response, took.as_secs_f64());
    observer.metrics.request(&labels, took);
    let mut response = name_request(response, &id_text).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn log(span: &Span, labels: &RequestLabels, path: &str, response: &Response, seconds: f64) {
    let asked_by = response.extensions().get::<AskedBy>();
    let caller = asked_by.map_or("-", |AskedBy(caller)| caller.name.as_str());
    span.in_scope(|| {
        info!(
            door = labels.door,
            method = labels.method,
            path,
            route = labels.route,
            status = labels.status,
            caller,
            seconds,
            "answered"
        );
    });
}

/// Nobody outside may say who is calling: headers of that name are the doors' alone.
fn remove_identity(headers: &mut HeaderMap) {
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| is_ours(name))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
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
        _ => "other",
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
    let on_path = || TABLE.iter().filter(|route| route.path == path);
    let exact = on_path().find(|route: &&Route| route.method == method);
    match exact.or_else(|| on_path().next()) {
        Some(route) => (route.path, route.role),
        None => ("none", Role::Gateway),
    }
}

/// Writes the request's id into a problem, so that who shows it to us can be helped.
async fn name_request(response: Response, id: &str) -> Response {
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
            serde_json::to_vec(&problem).ok()
        });
    let Some(named) = named else {
        // The answer to a HEAD has no body.
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(named))
}
