//! Replay bundles: what an investigation looked at, and what it found, in one file, so that anybody
//! can go through it again and get the same bytes.

use serde::{Deserialize, Serialize};

use fleetscope_model::Findings;

use crate::diagnose::diagnose;
use crate::input::Input;

/// What a bundle says it is.
const FORMAT: &str = "fleetscope-replay";
/// The version of the bundle that this engine writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// What an investigation looked at, and what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// What the file is.
    format: String,
    /// Version of the bundle.
    version: u32,
    /// The release of the engine that made the findings.
    engine: String,
    /// The investigation's id, for people.
    pub investigation: String,
    /// What it found.
    pub findings: Findings,
    /// What it looked at.
    pub input: Input,
}

/// Why a file is no bundle that can be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayError {
    /// It is something else.
    NotABundle {
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a newer release.
    Newer {
        /// The bundle's version.
        version: u64,
    },
}

impl std::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotABundle { reason } => write!(
                f,
                "this is no replay bundle ({reason}): give a file that `fleetscope analysis \
                 export` has written"
            ),
            Self::Newer { version } => write!(
                f,
                "this replay bundle has version {version}, and this release reads up to {VERSION}: \
                 take the release that wrote it, or a later one"
            ),
        }
    }
}

impl std::error::Error for ReplayError {}

/// What is read first, so that a newer bundle is told from a broken one.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

impl Bundle {
    /// A bundle of what was looked at and found.
    pub fn new(investigation: String, input: Input, findings: Findings) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            investigation,
            findings,
            input,
        }
    }

    /// Its bytes, a JSON object.
    ///
    /// # Errors
    ///
    /// Where it can't be written as JSON, which no reading of ours brings about.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads the bytes of one.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] says whether it is something else or too new.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReplayError> {
        let wrong = |reason: String| ReplayError::NotABundle { reason };
        let header: Header = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if header.format != FORMAT {
            return Err(wrong(format!(
                "it says that it is “{}”",
                shown(&header.format)
            )));
        }
        if header.version > u64::from(VERSION) {
            return Err(ReplayError::Newer {
                version: header.version,
            });
        }
        serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))
    }

    /// The release of the engine that made the findings.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Goes through it again.
    pub fn replay(&self) -> Findings {
        diagnose(&self.input)
    }
}

/// A few characters of a text that anybody may have written.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
