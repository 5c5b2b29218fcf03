//! The span of a read, and its place in the trace that it belongs to.

use fleetscope_model::Source;
use opentelemetry::global;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_http::HeaderInjector;
use tracing::{Span, debug_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::answer::Answer;
use crate::failure::Failure;

/// The span of a read, named in the request's headers. It says which kind of server is read and
/// where, and nothing of what is asked.
pub(crate) fn of_read(source: Source, place: &str, request: &mut reqwest::Request) -> Span {
    let span = debug_span!(
        "read",
        otel.kind = "client",
        peer.service = source.title(),
        server.address = place,
        http.request.method = request.method().as_str(),
    );
    let context = span.context();
    if context.span().span_context().is_valid() {
        let mut headers = HeaderInjector(request.headers_mut());
        global::get_text_map_propagator(|known| known.inject_context(&context, &mut headers));
    }
    span
}

/// How the read ended; a failure by its kind only, as its words may be the server's own.
pub(crate) fn ended(span: &Span, result: &Result<Answer, Failure>) {
    match result {
        Ok(answer) => {
            let status = i64::from(answer.status.as_u16());
            span.set_attribute("http.response.status_code", status);
        }
        Err(failure) => span.set_status(Status::error(format!("{:?}", failure.kind))),
    }
}
