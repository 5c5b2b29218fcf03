//! Events, in the core shape and in that of `events.k8s.io`.

use jiff::Timestamp;
use serde_json::Value;

use super::{Column, Printer, name_of, number, text};
use crate::kubernetes::conversion;
use crate::kubernetes::human;

const COLUMNS: &[Column] = &[
    Column::text("Last Seen", "Time since it last happened."),
    Column::text("Type", "Normal or Warning."),
    Column::text("Reason", "Why, as one word for machines."),
    Column::text("Object", "What it is about."),
    Column::wide("Subobject", "Which part of it."),
    Column::wide("Source", "Who reported it."),
    Column::text("Message", "Why, in words."),
    Column::wide("First Seen", "Time since it first happened."),
    Column {
        name: "Count",
        kind: "integer",
        description: "How often it happened.",
        priority: 1,
    },
    Column {
        name: "Name",
        kind: "string",
        description: "Name of the event.",
        priority: 1,
    },
];

pub(super) const PRINTER: Printer = Printer {
    columns: COLUMNS,
    cells,
};

pub(super) const NEW_PRINTER: Printer = Printer {
    columns: COLUMNS,
    cells: |event, now| cells(&conversion::event_to_core(event), now),
};

fn cells(event: &Value, now: Timestamp) -> Vec<Value> {
    let ago = |time: &Value| human::age(time.as_str(), now);
    let first = match &event["firstTimestamp"] {
        Value::String(_) => ago(&event["firstTimestamp"]),
        _ => ago(&event["eventTime"]),
    };
    let series = &event["series"];
    let (last, count) = if series.is_object() {
        (ago(&series["lastObservedTime"]), number(&series["count"]))
    } else {
        let last = match &event["lastTimestamp"] {
            Value::Null => first.clone(),
            time => ago(time),
        };
        // Events of the newer kind happen once and carry no count.
        (last, number(&event["count"]).max(1))
    };
    let about = &event["involvedObject"];
    vec![
        last.into(),
        text(&event["type"]).into(),
        text(&event["reason"]).into(),
        target(about).into(),
        text(&about["fieldPath"]).into(),
        source(event).into(),
        text(&event["message"]).trim().into(),
        first.into(),
        count.into(),
        name_of(event),
    ]
}

fn target(about: &Value) -> String {
    let kind = text(&about["kind"]).to_lowercase();
    match text(&about["name"]) {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

fn source(event: &Value) -> String {
    let (component, host) = match text(&event["source"]["component"]) {
        "" => (
            text(&event["reportingComponent"]),
            text(&event["reportingInstance"]),
        ),
        component => (component, text(&event["source"]["host"])),
    };
    if host.is_empty() {
        component.to_owned()
    } else {
        format!("{component}, {host}")
    }
}
