//! Deployments, replica sets, stateful sets, daemon sets.

use jiff::Timestamp;
use serde_json::Value;

use super::{Column, Printer, age_of, each, joined, labels, name_of, number, selector, text};

const CONTAINERS: Column = Column::wide("Containers", "Names of the containers.");
const IMAGES: Column = Column::wide("Images", "Images of the containers.");
const SELECTOR: Column = Column::wide("Selector", "Labels of its pods.");
const READY_OF_WANTED: Column = Column::text("Ready", "Ready pods of the wanted ones.");

pub(super) const DEPLOYMENTS: Printer = Printer {
    columns: &[
        Column::name(),
        READY_OF_WANTED,
        Column::number("Up-to-date", "Pods of the wanted template."),
        Column::number("Available", "Pods that were ready for long enough."),
        Column::age(),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |object, now| {
        let status = &object["status"];
        let mut cells = vec![
            name_of(object),
            ready(object),
            number(&status["updatedReplicas"]).into(),
            number(&status["availableReplicas"]).into(),
            age_of(object, now),
        ];
        cells.extend(template(object));
        cells.push(selector(&object["spec"]["selector"]).into());
        cells
    },
};

pub(super) const REPLICA_SETS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::number("Desired", "Wanted pods."),
        Column::number("Current", "Pods there are."),
        Column::number("Ready", "Ready pods."),
        Column::age(),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |object, now| {
        let status = &object["status"];
        let mut cells = vec![
            name_of(object),
            number(&object["spec"]["replicas"]).into(),
            number(&status["replicas"]).into(),
            number(&status["readyReplicas"]).into(),
            age_of(object, now),
        ];
        cells.extend(template(object));
        cells.push(selector(&object["spec"]["selector"]).into());
        cells
    },
};

pub(super) const STATEFUL_SETS: Printer = Printer {
    columns: &[
        Column::name(),
        READY_OF_WANTED,
        Column::age(),
        CONTAINERS,
        IMAGES,
    ],
    cells: |object, now| {
        let mut cells = vec![name_of(object), ready(object), age_of(object, now)];
        cells.extend(template(object));
        cells
    },
};

pub(super) const DAEMON_SETS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::number("Desired", "Nodes that should run it."),
        Column::number("Current", "Nodes that run it."),
        Column::number("Ready", "Nodes whose pod is ready."),
        Column::number("Up-to-date", "Nodes with a pod of the wanted template."),
        Column::number("Available", "Nodes whose pod was ready for long enough."),
        Column::text("Node Selector", "Labels of the nodes that should run it."),
        Column::age(),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: daemon_set,
};

fn daemon_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = &object["status"];
    let mut cells = vec![name_of(object)];
    let counts = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    ];
    cells.extend(counts.map(|count| Value::from(number(&status[count]))));
    cells.push(labels(&object["spec"]["template"]["spec"]["nodeSelector"]).into());
    cells.push(age_of(object, now));
    cells.extend(template(object));
    cells.push(selector(&object["spec"]["selector"]).into());
    cells
}

/// Names and images of the containers of an object's pod template.
pub(super) fn template(object: &Value) -> [Value; 2] {
    containers(&object["spec"]["template"])
}

/// Names and images of the containers of a pod template.
pub(super) fn containers(template: &Value) -> [Value; 2] {
    let each_of = |field: &str| {
        let containers = each(&template["spec"]["containers"]);
        joined(containers.map(|container| text(&container[field])))
    };
    [each_of("name").into(), each_of("image").into()]
}

fn ready(object: &Value) -> Value {
    let ready = number(&object["status"]["readyReplicas"]);
    format!("{ready}/{}", number(&object["spec"]["replicas"])).into()
}
