//! What can go wrong while public data is read.

use std::path::{Path, PathBuf};

use fleetscope_model::{ErrorKind, Fault};

/// Why a corpus could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read.
    #[error("cannot read {path}: {source}; give the folder that holds the corpora with --data")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        source: std::io::Error,
    },
    /// A file is not what its name promises.
    #[error("{path}: {reason}; fetch the corpus again")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// For `map_err`: the path could not be read.
    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Unreadable { path, source }
    }

    /// The file is not what its name promises.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that both what failed and a text of one's own are given as they are"
    )]
    pub(crate) fn malformed(path: &Path, reason: impl ToString) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl Fault for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "corpus_unreadable",
            Self::Malformed { .. } => "corpus_malformed",
        }
    }

    fn message(&self) -> String {
        self.to_string()
    }
}
