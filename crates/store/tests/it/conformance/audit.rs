//! The audit log.

use fleetscope_model::{AccessRole, AuditDecision, AuditEntry, Authority, PageRequest};
use fleetscope_ports::Store;

use crate::conformance::code;
use crate::samples::Samples;
use crate::walk;

pub(crate) fn entry(samples: &Samples, caller: Option<&str>, path: &str) -> AuditEntry {
    AuditEntry {
        at: samples.now(),
        caller: caller.map(str::to_owned),
        authority: caller.map(|_| Authority::Openshift),
        role: caller.map(|_| AccessRole::Operator),
        method: "POST".to_owned(),
        path: path.to_owned(),
        clusters: vec![samples.cluster("shop").id],
        decision: AuditDecision::Allowed,
        status: 202,
        request_id: format!("r{path}"),
        count: 1,
    }
}

pub(crate) async fn what_is_appended_is_read_back_newest_first_and_in_parts(store: Store) {
    let samples = Samples::new(1);
    let entries: Vec<_> = (0..7)
        .map(|n| entry(&samples, Some("ada"), &format!("/{n}")))
        .collect();
    store.audit_sink.append(&entries[..3]).await.unwrap();
    store.audit_sink.append(&[]).await.unwrap();
    store.audit_sink.append(&entries[3..]).await.unwrap();
    let mut read = walk(3, async |page: PageRequest| store.audit.list(&page).await).await;
    assert!(read.windows(2).all(|pair| pair[0].seq > pair[1].seq));
    read.reverse();
    let told: Vec<_> = read.into_iter().map(|record| record.entry).collect();
    assert_eq!(told, entries);
}

pub(crate) async fn a_cursor_of_another_list_is_refused(store: Store) {
    let page = PageRequest {
        after: Some("shop".to_owned()),
        limit: 1,
    };
    assert_eq!(code(store.audit.list(&page).await), "invalid_cursor");
}
