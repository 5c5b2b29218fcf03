//! The trace that a request belongs to: taken from whoever asks, given to whomever is asked.
//!
//! Whether a trace is kept is decided here, once, where it begins: most are not, and what nobody
//! keeps is to cost next to nothing. A request of such a trace has its id in log and problems and in
//! the headers to whomever is asked, and no spans. Without an exporter there is no trace at all,
//! and a caller's `traceparent` passes on as it came.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use fleetscope_model::Role;
use opentelemetry::global;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tracing::{Instrument as _, Span, debug_span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use super::named::RequestNames;

/// The target of the spans of requests whose trace nobody keeps, where the log needs them: no
/// exporter may take them, nor what is within them.
pub const UNRECORDED: &str = "fleetscope_gateway::unrecorded";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request under way, in its trace.
pub(crate) struct Traced {
    /// None where it has names instead.
    span: Span,
    names: Option<Arc<RequestNames>>,
    /// The id of its trace; none where there is no exporter.
    pub(crate) id: Option<String>,
    recorded: bool,
}

/// What is kept of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// Of the traces that begin here, how many in a hundred; none where the process records none.
    pub(crate) percent: Option<u32>,
    /// Whether the log wants a span of each request.
    pub(crate) spans: bool,
}

/// What the span of a request says of it. Of the URL it has the template only: a path or a query
/// may hold anything.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) route: &'a str,
    pub(crate) role: Role,
}

impl Request<'_> {
    /// The span of a request whose trace is kept or, where `parent` says so, goes on.
    fn recorded(self, parent: Option<opentelemetry::Context>) -> Traced {
        let space = if self.route.is_empty() { "" } else { " " };
        let span = tracing::info_span!(
            "request",
            otel.name = %format_args!("{}{space}{}", self.method, self.route),
            otel.kind = "server",
            request_id = self.id,
            trace_id = field::Empty,
            role = self.role.as_str(),
        );
        if let Some(parent) = parent {
            // Fails where nobody records spans.
            let _ = span.set_parent(parent);
        }
        let context = span.context();
        let id = context.span().span_context().trace_id().to_string();
        span.record("trace_id", id.as_str());
        span.set_attribute("http.request.method", self.method.to_owned());
        span.set_attribute("http.route", self.route.to_owned());
        Traced {
            span,
            names: None,
            id: Some(id),
            recorded: true,
        }
    }

    fn unrecorded(self, id: Option<String>, spans: bool) -> Traced {
        let (span, names) = if spans {
            let span = tracing::info_span!(
                target: UNRECORDED,
                "request",
                request_id = self.id,
                trace_id = id.as_deref(),
                role = self.role.as_str(),
            );
            (span, None)
        } else {
            let names = RequestNames {
                request_id: self.id.to_owned(),
                trace_id: id.clone(),
                role: self.role,
            };
            (Span::none(), Some(Arc::new(names)))
        };
        Traced {
            span,
            names,
            id,
            recorded: false,
        }
    }
}

/// Begins a request: in the trace that its headers name, else in a new one, of which so many are
/// kept; in none where there are none. `fresh` gives the id of a new trace, random in its last bytes.
pub(crate) fn begin(
    request: Request<'_>,
    headers: &mut HeaderMap,
    Kept { percent, spans }: Kept,
    fresh: impl FnOnce() -> Uuid,
) -> Traced {
    let Some(percent) = percent else {
        return request.unrecorded(None, spans);
    };
    if headers.contains_key(TRACEPARENT) {
        let incoming = HeaderExtractor(headers);
        let parent = global::get_text_map_propagator(|known| known.extract(&incoming));
        let context = parent.span().span_context().clone();
        if context.is_sampled() {
            return request.recorded(Some(parent));
        }
        if context.is_valid() {
            return request.unrecorded(Some(context.trace_id().to_string()), spans);
        }
    }
    let id = fresh();
    let [.., a, b, c, d] = id.into_bytes();
    if u32::from_be_bytes([a, b, c, d]) % 100 < percent {
        return request.recorded(None);
    }
    let id = id.simple().to_string();
    // Whoever is asked is told that it is decided. The span's id is any that is not zero.
    let parent = HeaderValue::try_from(format!("00-{id}-{}-00", id.get(..16).unwrap_or_default()));
    if let Ok(parent) = parent {
        headers.insert(TRACEPARENT, parent);
    }
    request.unrecorded(Some(id), spans)
}

impl Traced {
    /// Carries the request out, so that whatever is told meanwhile is told of it.
    pub(crate) async fn run<F: Future>(&self, request: F) -> F::Output {
        let request = request.instrument(self.span.clone());
        RequestNames::within(self.names.clone(), request).await
    }

    /// Tells something of the request.
    pub(crate) fn tell(&self, told: impl FnOnce()) {
        RequestNames::tell(self.names.clone(), || self.span.in_scope(told));
    }

    /// How the request ended. Only what is our fault is an error of the span.
    pub(crate) fn ended(&self, status: StatusCode) {
        if !self.recorded {
            return;
        }
        let code = i64::from(status.as_u16());
        self.span.set_attribute("http.response.status_code", code);
        if status.is_server_error() {
            self.span.set_status(Status::error(status.to_string()));
        }
    }
}

/// The span of a request to a role in another process, named in its headers.
pub(crate) fn of_forwarding(role: Role, headers: &mut HeaderMap) -> Span {
    let span = debug_span!(
        "forward",
        otel.kind = "client",
        peer.service = role.as_str()
    );
    if span.is_disabled() {
        return span;
    }
    let context = span.context();
    if context.span().span_context().is_valid() {
        let mut outgoing = HeaderInjector(headers);
        global::get_text_map_propagator(|known| known.inject_context(&context, &mut outgoing));
    }
    span
}
