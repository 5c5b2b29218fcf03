//! Exit codes, and how a failure is told.

use std::io::Write;
use std::process::ExitCode;

use fleetscope_client::Error as ClientError;

/// What `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  done, and the answer is no: the demo found another cause, a check failed
  2  the command line or its input is wrong
  3  the server refused the request as wrong (400, 413, 415, 422)
  4  not allowed: no valid token, or its role is not enough (401, 403)
  5  there is no such thing (404)
  6  it clashes with what is there: a taken name, a newer generation (409, 412)
  7  no server, or something it needs does not answer in time (408, 429, 503, 504)
  70 our fault";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or its input is wrong.
    #[error("{0}")]
    Usage(String),
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] fleetscope_config::Error),
    /// The server did not start or stopped with an error.
    #[error(transparent)]
    Runtime(#[from] fleetscope_runtime::Error),
    /// The simulation did not start.
    #[error("the simulated fleet: {0}")]
    Simulation(#[from] fleetscope_sim::Error),
    /// Public data could not be read.
    #[error(transparent)]
    Corpus(#[from] fleetscope_eval::Error),
    /// Something of the machine failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the machine said.
        source: std::io::Error,
    },
}

impl Failure {
    /// For `map_err`: an I/O error while doing `what`.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    fn code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Corpus(_)
            | Self::Client(ClientError::BadUrl(_)) => 2,
            Self::Client(ClientError::Unreachable { .. } | ClientError::NotFleetscope { .. }) => 7,
            Self::Client(error) => match error.status() {
                Some(401 | 403) => 4,
                Some(404) => 5,
                Some(409 | 412) => 6,
                Some(408 | 429 | 503 | 504) => 7,
                Some(500..) | None => 70,
                Some(_) => 3,
            },
            Self::Runtime(_) | Self::Simulation(_) | Self::Io { .. } => 70,
        }
    }
}

/// Tells a failure on standard error and gives its exit code.
#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
#[expect(clippy::needless_pass_by_value, reason = "the last stop of a failure")]
pub(crate) fn report(failure: Failure) -> ExitCode {
    eprintln!("error: {failure}");
    if let Failure::Client(ClientError::Refused(problem)) = &failure {
        for field in &problem.errors {
            eprintln!("  at {}", field.pointer);
        }
    }
    // A pipe that was closed is no reason to fail twice.
    let _ = std::io::stderr().flush();
    ExitCode::from(failure.code())
}
