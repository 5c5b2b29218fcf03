//! Writing down who did what.

use async_trait::async_trait;
use fleetscope_model::{AuditEntry, AuditRecord, Page, PageRequest};

use crate::Result;

/// Takes entries of the audit log.
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// Appends entries in order: all of them, or, where it fails, none.
    async fn append(&self, entries: &[AuditEntry]) -> Result<()>;
}

/// Reads the audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Entries, newest first; the page's keys are places in the log.
    async fn list(&self, page: &PageRequest) -> Result<Page<AuditRecord>>;
}
