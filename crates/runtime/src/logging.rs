//! Structured logs, to standard error.

use std::io::{IsTerminal as _, stderr};

use fleetscope_config::{Log, LogFormat};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::{Error, Result};

/// Sends log lines to standard error, as the configuration says. Once a process: the binary calls
/// it before [`crate::start`]. Lines of a request carry `request_id` and `role`, lines of a task
/// `task` and `role`.
pub fn init_logging(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.filter).map_err(Error::LogFilter)?;
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Text => {
            let lines = fmt::layer()
                .with_writer(stderr)
                .with_ansi(stderr().is_terminal());
            registry.with(lines).try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer()
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .with_writer(stderr);
            registry.with(lines).try_init()
        }
    }
    .map_err(Error::LogTaken)
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
        let error = init_logging(&log).unwrap_err();
        assert_eq!(error.code(), "log_filter_invalid");
        assert!(
            error.message().contains("as in info"),
            "{}",
            error.message()
        );
    }
}
