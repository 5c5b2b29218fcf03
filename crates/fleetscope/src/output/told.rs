//! Investigations to hold the output against.

use fleetscope_client::wire::Investigation;
use serde_json::{Value, json};

const CLUSTER: &str = "00000000-0000-7000-8000-000000000001";

/// An investigation in a cluster named `shop`, with these fields beside the required ones.
pub(super) fn investigation(fields: &Value) -> Investigation {
    let mut whole = json!({
        "id": "00000000-0000-7000-8000-00000000000a",
        "origin": "watch",
        "requested_by": "system:watches",
        "created_at": "2026-03-05T12:00:00Z",
        "updated_at": "2026-03-05T12:10:00Z",
        "revision": 1,
        "status": "complete",
        "open": false,
        "clusters": { CLUSTER: "shop" },
        "start": "2026-03-05T11:00:00Z",
        "end": "2026-03-05T12:10:00Z",
        "alarms": [], "causes": [], "anomalies": [], "timeline": [], "reasoning": [],
        "narrative": [], "evidence": [], "gaps": [],
    });
    for (field, value) in fields.as_object().unwrap() {
        whole[field] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

/// A workload of the shop.
pub(super) fn workload(name: &str) -> Value {
    json!({ "cluster": CLUSTER, "kind": "workload", "namespace": "shop", "name": name })
}

/// The words of each line, whatever the width of the columns.
pub(super) fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect()
}
