//! Reports: what is kept of one beside its text, which lies in the object store.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Place;
use crate::ids::{InvestigationId, ReportId};

/// The format of a report's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// `CommonMark` with tables.
    Markdown,
}

impl ReportFormat {
    /// The media type of the text.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// The ending of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Markdown => "markdown",
        })
    }
}

/// One written report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Identity.
    pub id: ReportId,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub investigation: InvestigationId,
    /// The revision of the investigation that it tells of.
    pub investigation_revision: u32,
    /// Format of the text.
    pub format: ReportFormat,
    /// Key of the text in the object store.
    pub object: String,
    /// Length of the text in bytes.
    pub bytes: u64,
    /// SHA-256 of the text, 64 hexadecimal digits.
    pub sha256: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// The parts of the fleet that its text tells of: who may not see all of them may not read
    /// it, since a text can't be shown in part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}
