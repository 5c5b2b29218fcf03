//! Structured logs, to standard error.

use std::fmt::Debug;
use std::io::{IsTerminal as _, stderr};

use fleetscope_config::{Log, LogFormat, Traces};
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::export::Exporting;
use crate::{Error, Result};

/// Sends log lines to standard error and spans to where `traces` says, until what it gives back is
/// dropped. Once a process: the binary calls it before [`crate::start`], within a tokio runtime.
/// Lines of a request carry `request_id`, `role` and, where spans are sent, `trace_id`; lines of a
/// task `task` and `role`.
pub fn init_logging(log: &Log, traces: &Traces) -> Result<Exporting> {
    let filter = EnvFilter::try_new(&log.filter).map_err(Error::LogFilter)?;
    let exporting = Exporting::begin(traces)?;
    let registry = tracing_subscriber::registry().with(exporting.layer());
    match log.format {
        LogFormat::Text => {
            let lines = fmt::layer()
                .fmt_fields(debug_fn(write_field).delimited(" "))
                .with_writer(stderr)
                .with_ansi(stderr().is_terminal());
            registry.with(lines.with_filter(filter)).try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer()
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .with_writer(stderr);
            registry.with(lines.with_filter(filter)).try_init()
        }
    }
    .map_err(Error::LogTaken)?;
    Ok(exporting)
}

/// One field as `name=value`, the message by itself, and nothing of what only traces read.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        name if name.starts_with("otel.") => Ok(()),
        name => write!(writer, "{name}={value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetscope_model::Fault as _;

    #[test]
    fn a_filter_that_is_none_is_refused_with_an_example() {
        let log = Log {
            filter: "fleetscope=loud".to_owned(),
            ..Log::default()
        };
        let error = init_logging(&log, &Traces::default()).unwrap_err();
        assert_eq!(error.code(), "log_filter_invalid");
        assert!(
            error.message().contains("as in info"),
            "{}",
            error.message()
        );
    }
}
