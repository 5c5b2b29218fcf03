//! The audit log.

use fleetscope_client::wire;
use fleetscope_model::{AuditDecision, AuditRecord, ClusterId};

/// An entry.
pub fn entry(record: AuditRecord) -> wire::AuditEntry {
    let entry = record.entry;
    wire::AuditEntry {
        seq: record.seq,
        at: entry.at,
        caller: entry.caller,
        authority: entry.authority.map(|by| by.as_str().to_owned()),
        role: entry.role.map(|role| role.as_str().to_owned()),
        method: entry.method,
        path: entry.path,
        clusters: entry.clusters.into_iter().map(ClusterId::uuid).collect(),
        decision: match entry.decision {
            AuditDecision::Allowed => wire::AuditDecision::Allowed,
            AuditDecision::Unauthenticated => wire::AuditDecision::Unauthenticated,
            AuditDecision::Denied => wire::AuditDecision::Denied,
            AuditDecision::Limited => wire::AuditDecision::Limited,
        },
        status: entry.status,
        request_id: entry.request_id,
        count: entry.count,
    }
}
