//! How a line is written: as `tracing-subscriber` writes it, and with the names of its request where
//! that has no span.

use std::fmt;

use fleetscope_gateway::RequestNames;
use serde_json::{Value, json};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Json, Writer};
use tracing_subscriber::fmt::time::FormatTime as _;
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::Now;

/// Lines of text without colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normal = event.normalized_metadata();
        let metadata = normal.as_ref().unwrap_or_else(|| event.metadata());
        Now.format_time(&mut line)?;
        line.write_str(match *metadata.level() {
            Level::TRACE => " TRACE ",
            Level::DEBUG => " DEBUG ",
            Level::INFO => "  INFO ",
            Level::WARN => "  WARN ",
            Level::ERROR => " ERROR ",
        })?;
        let named = RequestNames::current(|names| write_names(names, &mut line));
        let mut within = named.transpose()?.is_some();
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            within = true;
            line.write_str(span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(line, "{{{fields}}}")?;
            }
            line.write_char(':')?;
        }
        if within {
            line.write_char(' ')?;
        }
        line.write_str(metadata.target())?;
        line.write_str(": ")?;
        context.format_fields(line.by_ref(), event)?;
        line.write_char('\n')
    }
}

/// As a span of the request would be written. An id of a request needs no escape.
fn write_names(names: &RequestNames, line: &mut Writer<'_>) -> fmt::Result {
    line.write_str("request{request_id=\"")?;
    line.write_str(&names.request_id)?;
    if let Some(trace) = &names.trace_id {
        line.write_str("\" trace_id=\"")?;
        line.write_str(trace)?;
    }
    line.write_str("\" role=\"")?;
    line.write_str(names.role.as_str())?;
    line.write_str("\"}:")
}

/// Lines of JSON.
#[derive(Debug)]
pub(super) struct Objects(pub(super) Format<Json, Now>);

impl<S, N> FormatEvent<S, N> for Objects
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let alone = context.lookup_current().is_none();
        let span = alone.then(|| RequestNames::current(as_span)).flatten();
        let Some(span) = span else {
            return self.0.format_event(context, line, event);
        };
        let mut object = String::new();
        self.0
            .format_event(context, Writer::new(&mut object), event)?;
        let begun = object.trim_end().strip_suffix('}').ok_or(fmt::Error)?;
        writeln!(line, "{begun},\"span\":{span}}}")
    }
}

/// As a span of the request would be written.
fn as_span(names: &RequestNames) -> Value {
    let mut span = json!({
        "name": "request",
        "request_id": names.request_id,
        "role": names.role.as_str(),
    });
    if let Some(trace) = &names.trace_id {
        span["trace_id"] = json!(trace);
    }
    span
}
