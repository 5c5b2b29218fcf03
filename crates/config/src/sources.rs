//! What a configuration is made from.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use fleetscope_model::Role;

use crate::error::{Error, Origin, Problem};
use crate::keys::PREFIX;
use crate::log::LogFormat;

/// The variable that names the file where no flag does.
const FILE_VARIABLE: &str = "FLEETSCOPE_CONFIG";

/// What flags say; none means that the flag was not given.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--listen`, for `server.listen`.
    pub listen: Option<SocketAddr>,
    /// `--admin-listen`, for `server.admin_listen`.
    pub admin_listen: Option<SocketAddr>,
    /// `--inner-listen`, for `server.inner_listen`.
    pub inner_listen: Option<SocketAddr>,
    /// `--roles`, for `server.roles`.
    pub roles: Option<Vec<Role>>,
    /// `--data-dir`, for `storage.data_dir`.
    pub data_dir: Option<PathBuf>,
    /// `--log`, for `log.filter`.
    pub log: Option<String>,
    /// `--log-format`, for `log.format`.
    pub log_format: Option<LogFormat>,
}

/// What a configuration is made from: at most one file, the environment, and flags.
#[derive(Clone)]
pub struct Sources {
    pub(crate) file: Option<(PathBuf, Origin)>,
    pub(crate) overrides: Overrides,
    environment: Vec<(String, String)>,
}

impl Sources {
    /// From a file named by a flag (else by the variable `FLEETSCOPE_CONFIG`), the given
    /// environment, and what other flags say.
    pub fn new(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Self {
        let mut sources = Self {
            file: None,
            overrides,
            environment: environment.into_iter().collect(),
        };
        let from_variable = || {
            let path = sources
                .variable(FILE_VARIABLE)
                .filter(|path| !path.is_empty())?;
            Some((
                PathBuf::from(path),
                Origin::Variable(FILE_VARIABLE.to_owned()),
            ))
        };
        sources.file = file
            .map(|path| (path, Origin::Flag("--config")))
            .or_else(from_variable);
        sources
    }

    /// From the process's own environment. Only the binary calls this.
    ///
    /// # Errors
    /// A variable of ours is not UTF-8.
    pub fn from_process(file: Option<PathBuf>, overrides: Overrides) -> Result<Self, Error> {
        let mut environment = Vec::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => environment.push((name, value)),
                Err(_) if name.starts_with(PREFIX) => {
                    return Err(Error::from(Problem {
                        origin: Origin::Variable(name),
                        key: String::new(),
                        what: "is not UTF-8: write it as UTF-8 text".to_owned(),
                    }));
                }
                Err(_) => {}
            }
        }
        Ok(Self::new(file, environment, overrides))
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The variables that begin with our prefix.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Without the environment, which may hold secrets.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}
