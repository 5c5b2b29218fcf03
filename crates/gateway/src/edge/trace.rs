//! The trace that a request belongs to: taken from whoever asks, given to whomever is asked.
//!
//! Whether there is a trace at all is the process's affair: without an exporter nothing here costs
//! more than a look, and a caller's `traceparent` passes on as it came.

use axum::http::{HeaderMap, StatusCode};
use fleetscope_model::Role;
use opentelemetry::global;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use tracing::{Span, debug_span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The span of one request at a door. Of the URL it has the template only: a path or a query may
/// hold anything.
pub(crate) fn of_request(
    headers: &HeaderMap,
    request_id: &str,
    method: &str,
    (route, role): (&str, Role),
) -> Span {
    let space = if route.is_empty() { "" } else { " " };
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{method}{space}{route}"),
        otel.kind = "server",
        request_id,
        trace_id = field::Empty,
        role = role.as_str(),
    );
    if headers.contains_key("traceparent") {
        let incoming = HeaderExtractor(headers);
        let parent = global::get_text_map_propagator(|known| known.extract(&incoming));
        // Fails where nobody records spans.
        let _ = span.set_parent(parent);
    }
    if id(&span).is_some() {
        span.set_attribute("http.request.method", method.to_owned());
        span.set_attribute("http.route", route.to_owned());
    }
    span
}

/// The id of the span's trace, for logs and problems; none where nobody records spans.
pub(crate) fn id(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// How the request ended. Only what is our fault is an error of the span.
pub(crate) fn ended(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(status.to_string()));
    }
}

/// The span of a request to a role in another process, named in its headers.
pub(crate) fn of_forwarding(role: Role, headers: &mut HeaderMap) -> Span {
    let span = debug_span!(
        "forward",
        otel.kind = "client",
        peer.service = role.as_str()
    );
    let context = span.context();
    if context.span().span_context().is_valid() {
        let mut outgoing = HeaderInjector(headers);
        global::get_text_map_propagator(|known| known.inject_context(&context, &mut outgoing));
    }
    span
}
