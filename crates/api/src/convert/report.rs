//! Reports.

use fleetscope_client::wire;
use fleetscope_model::{Report, ReportFormat};

/// A report, without its text.
pub fn report(report: Report) -> wire::Report {
    wire::Report {
        id: report.id.uuid(),
        title: report.title,
        investigation: report.investigation.uuid(),
        investigation_revision: report.investigation_revision,
        format: match report.format {
            ReportFormat::Markdown => wire::ReportFormat::Markdown,
        },
        bytes: report.bytes,
        sha256: report.sha256,
        requested_by: report.requested_by,
        created_at: report.created_at,
    }
}
