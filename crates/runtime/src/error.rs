//! Why a process cannot start or do what it is told.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use fleetscope_model::{ErrorKind, Fault};

/// Why a process cannot start or do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is not valid.
    #[error("the configuration is not valid")]
    Config(#[from] fleetscope_config::Error),

    /// An address cannot be listened on.
    #[error("{key} = {address} cannot be listened on")]
    Listen {
        /// Which key of the configuration.
        key: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },

    /// The certificate or key of the public address cannot be used.
    #[error("{key} = {} {what}", path.display())]
    Certificate {
        /// Which key of the configuration.
        key: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        what: String,
    },

    /// The log filter is not one.
    #[error("log.filter is not valid")]
    LogFilter(#[source] tracing_subscriber::filter::ParseError),

    /// Spans cannot be sent.
    #[error("spans cannot be sent")]
    Traces(#[source] opentelemetry_otlp::ExporterBuildError),

    /// Something else in this process already takes the log lines.
    #[error("logging is already set up")]
    LogTaken(#[source] tracing_subscriber::util::TryInitError),

    /// The signals that end the process cannot be caught.
    #[error("signals cannot be caught")]
    Signals(#[source] io::Error),

    /// The store says so.
    #[error(transparent)]
    Store(#[from] fleetscope_ports::Error),

    /// Tokens or the services key say so.
    #[error(transparent)]
    Identity(#[from] fleetscope_identity::Error),

    /// The gateway says so.
    #[error(transparent)]
    Gateway(#[from] fleetscope_gateway::Error),

    /// The way out to clusters cannot be made.
    #[error("the way out to clusters cannot be made")]
    Outbound(#[from] fleetscope_outbound::Error),

    /// The address of the hub cannot be used.
    #[error("the hub cannot be used")]
    Hub(#[source] fleetscope_outbound::Failure),

    /// A file that the configuration names can't be read.
    #[error("{key} = {} can't be read", path.display())]
    File {
        /// Which key of the configuration.
        key: &'static str,
        /// Its value.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },

    /// A key-encryption key cannot be used.
    #[error(transparent)]
    Key(#[from] fleetscope_registry::envelope::InvalidKey),

    /// A Secret of the hub that should hold a key does not.
    #[error("the Secret {name} of credentials.keys can't be used: {what}")]
    KeySecret {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
    },

    /// A file for a new key can't be made.
    #[error("the file {} can't be made", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },

    /// The system gives no randomness.
    #[error("no key could be made, as the system gives no randomness")]
    NoRandomness,

    /// No task of this process has the name.
    #[error("there is no task '{name}'")]
    UnknownTask {
        /// What was given.
        name: String,
        /// What there is, comma-separated.
        known: String,
    },

    /// The process is stopping.
    #[error("the process is stopping")]
    Stopping,
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(error) => error.kind(),
            Self::Listen { .. } => ErrorKind::Conflict,
            Self::Certificate { .. }
            | Self::LogFilter(_)
            | Self::Traces(_)
            | Self::Hub(_)
            | Self::Key(_)
            | Self::KeySecret { .. }
            | Self::KeyFile { .. }
            | Self::File { .. } => ErrorKind::Invalid,
            Self::LogTaken(_) | Self::Signals(_) | Self::Outbound(_) | Self::NoRandomness => {
                ErrorKind::Internal
            }
            Self::Store(error) => error.kind(),
            Self::Identity(error) => error.kind(),
            Self::Gateway(error) => error.kind(),
            Self::UnknownTask { .. } => ErrorKind::NotFound,
            Self::Stopping => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Listen { .. } => "address_not_available",
            Self::Certificate { .. } => "certificate_unusable",
            Self::LogFilter(_) => "log_filter_invalid",
            Self::Traces(_) => "traces_not_sent",
            Self::LogTaken(_) => "logging_taken",
            Self::Signals(_) => "signals_not_caught",
            Self::Store(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Gateway(error) => error.code(),
            Self::Outbound(_) => "outbound_not_made",
            Self::Hub(_) => "hub_not_usable",
            Self::File { .. } => "file_not_readable",
            Self::Key(_) => "credentials_key_invalid",
            Self::KeySecret { .. } => "credentials_key_not_readable",
            Self::KeyFile { .. } => "file_not_writable",
            Self::NoRandomness => "no_randomness",
            Self::UnknownTask { .. } => "unknown_task",
            Self::Stopping => "stopping",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Config(error) => error.message(),
            Self::Listen {
                key,
                address,
                cause,
            } => format!(
                "{key} = {address} cannot be listened on ({cause}): stop what listens there, or \
                 write another address or port"
            ),
            Self::Certificate { .. } => format!(
                "{self}: give the PEM file of the certificate with its chain in tls.cert_file and \
                 of its private key in tls.key_file"
            ),
            Self::LogFilter(cause) => format!(
                "log.filter is not valid ({cause}): write a level, as in info, or directives, as \
                 in info,fleetscope_collector=debug"
            ),
            Self::Traces(cause) => format!(
                "spans cannot be sent ({cause}): check traces.endpoint and traces.protocol, or \
                 leave traces.endpoint out"
            ),
            Self::Store(error) => error.message(),
            Self::Identity(error) => error.message(),
            Self::Gateway(error) => error.message(),
            Self::LogTaken(cause) => format!("{self}: {cause}"),
            Self::Signals(cause) => format!("{self}: {cause}"),
            Self::Outbound(cause) => format!("{self}: {cause}"),
            Self::Hub(cause) => format!("hub.url can't be used: {}", cause.detail),
            Self::File { key, path, cause } => format!(
                "{key} = {} can't be read ({cause}): write the path of a readable file",
                path.display()
            ),
            Self::Key(error) => error.to_string(),
            Self::KeySecret { .. } => format!(
                "{self}: check the Secret, its namespace (credentials.namespace) and the rights of \
                 the ServiceAccount"
            ),
            Self::KeyFile { path, cause } => format!(
                "the file {} can't be made ({cause}): name one that is not there yet, in a folder \
                 that is",
                path.display()
            ),
            Self::NoRandomness => format!("{self}: see whether /dev/urandom can be read"),
            Self::UnknownTask { name, known } => {
                format!("there is no task '{name}' here: there is {known}")
            }
            Self::Stopping => "the process is stopping: ask again once it runs".to_owned(),
        }
    }
}
