//! The two shapes of one event: core/v1 and `events.k8s.io/v1`.

use serde_json::{Map, Value};

/// The group of the newer shape.
pub(crate) const EVENTS_GROUP: &str = "events.k8s.io";

/// Fields with another name in the newer shape: core name, new name.
const RENAMED: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// A core event as `events.k8s.io/v1` shows it.
pub(crate) fn event_from_core(event: &Value) -> Value {
    renamed(event, "events.k8s.io/v1", |name| {
        RENAMED
            .iter()
            .find(|(core, _)| *core == name)
            .map(|(_, new)| *new)
    })
}

/// An `events.k8s.io/v1` event in the core shape, which is the stored one.
pub(crate) fn event_to_core(event: &Value) -> Value {
    renamed(event, "v1", |name| {
        RENAMED
            .iter()
            .find(|(_, new)| *new == name)
            .map(|(core, _)| *core)
    })
}

fn renamed<'a>(
    event: &Value,
    api_version: &str,
    name_of: impl Fn(&str) -> Option<&'a str>,
) -> Value {
    let fields = event.as_object().into_iter().flatten();
    let mut converted: Map<String, Value> = fields
        .map(|(name, value)| (name_of(name).unwrap_or(name).to_owned(), value.clone()))
        .collect();
    converted.insert("apiVersion".to_owned(), api_version.into());
    Value::Object(converted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{event_from_core, event_to_core};

    #[test]
    fn an_event_comes_back_unchanged_from_the_newer_shape() {
        let core = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "a.1" },
            "involvedObject": { "kind": "Pod", "name": "a" }, "reason": "Failed", "message": "no",
            "source": {}, "firstTimestamp": null, "count": 3, "type": "Warning",
        });
        let new = event_from_core(&core);
        assert_eq!(new["regarding"]["name"], "a");
        assert_eq!(new["deprecatedCount"], 3);
        assert_eq!(event_to_core(&new), core);
    }
}
