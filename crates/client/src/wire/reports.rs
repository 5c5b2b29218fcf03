//! Reports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// `CommonMark` with tables.
    #[default]
    Markdown,
}

/// A request for a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The investigation it tells of.
    pub investigation: Uuid,
    /// Its title; made from the findings where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub title: Option<String>,
    /// Its format.
    #[serde(default)]
    pub format: ReportFormat,
}

/// One written report; its text is at `/api/v1/reports/{id}/download`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Identity.
    pub id: Uuid,
    /// Title.
    pub title: String,
    /// The investigation it tells of.
    pub investigation: Uuid,
    /// That investigation's revision when the report was written.
    pub investigation_revision: u32,
    /// Format.
    pub format: ReportFormat,
    /// Length of the text in bytes.
    pub bytes: u64,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When it was written.
    pub created_at: Timestamp,
}
