//! What is wrong with a configuration: all of it at once, each with where it was written.

use std::fmt;
use std::path::PathBuf;

use fleetscope_model::{ErrorKind, Fault};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it is the built-in default.
    Default,
    /// In this file.
    File(PathBuf),
    /// In this environment variable.
    Variable(String),
    /// By this flag, with its dashes.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written.
    pub origin: Origin,
    /// Which key, as `section.key`; empty where the problem is about the whole file.
    pub key: String,
    /// What is wrong and what to write. Never holds the value of a secret.
    pub what: String,
}

impl Problem {
    /// A problem of a key whose origin is filled in by whoever knows the layers.
    pub(crate) fn of(key: &str, what: impl Into<String>) -> Self {
        Self {
            origin: Origin::Default,
            key: key.to_owned(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

/// The configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Everything that is wrong with it; never empty.
    pub problems: Vec<Problem>,
}

impl Error {
    /// `Ok` where nothing is wrong.
    pub(crate) fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self { problems })
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration can't be used")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    fn code(&self) -> &'static str {
        "config_invalid"
    }

    fn message(&self) -> String {
        self.to_string()
    }

    fn pointer(&self) -> Option<&str> {
        self.problems.first().map(|problem| problem.key.as_str())
    }
}
