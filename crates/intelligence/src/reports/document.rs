//! The report of an investigation.

use fleetscope_model::{Findings, Investigation};
use fleetscope_report::Document;

pub(super) fn title(_investigation: &Investigation, _findings: &Findings) -> String {
    String::new()
}

pub(super) fn document(
    _investigation: &Investigation,
    _findings: &Findings,
    title: &str,
) -> Document {
    Document::new(title)
}
