//! Kinds whose tables take few words: namespaces, config maps, secrets, claims, definitions.

use serde_json::Value;

use super::{Column, Printer, age_of, each, joined, name_of, text};

pub(super) const NAMESPACES: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Status", "Whether it is in use or on its way out."),
        Column::age(),
    ],
    cells: |object, now| {
        vec![
            name_of(object),
            text(&object["status"]["phase"]).into(),
            age_of(object, now),
        ]
    },
};

pub(super) const CONFIG_MAPS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::number("Data", "Number of keys."),
        Column::age(),
    ],
    cells: |object, now| {
        let keys = size(&object["data"]) + size(&object["binaryData"]);
        vec![name_of(object), keys.into(), age_of(object, now)]
    },
};

pub(super) const SECRETS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Type", "What it is for."),
        Column::number("Data", "Number of keys."),
        Column::age(),
    ],
    cells: |object, now| {
        vec![
            name_of(object),
            text(&object["type"]).into(),
            size(&object["data"]).into(),
            age_of(object, now),
        ]
    },
};

pub(super) const CLAIMS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Status", "Whether it is bound to a volume."),
        Column::text("Volume", "The volume it is bound to."),
        Column::text("Capacity", "Size of that volume."),
        Column::text("Access Modes", "How the volume may be mounted."),
        Column::text("StorageClass", "Class of storage asked for."),
        Column::text("VolumeAttributesClass", "Class of attributes asked for."),
        Column::age(),
        Column::wide("VolumeMode", "File system or block device."),
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let attributes = spec["volumeAttributesClassName"]
            .as_str()
            .unwrap_or("<unset>");
        vec![
            name_of(object),
            text(&status["phase"]).into(),
            text(&spec["volumeName"]).into(),
            text(&status["capacity"]["storage"]).into(),
            access_modes(&status["accessModes"]).into(),
            text(&spec["storageClassName"]).into(),
            attributes.into(),
            age_of(object, now),
            text(&spec["volumeMode"]).into(),
        ]
    },
};

pub(super) const DEFINITIONS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Created At", "When it was created."),
    ],
    cells: |object, _| {
        vec![
            name_of(object),
            text(&object["metadata"]["creationTimestamp"]).into(),
        ]
    },
};

fn size(map: &Value) -> usize {
    map.as_object().map_or(0, serde_json::Map::len)
}

fn access_modes(modes: &Value) -> String {
    let short = each(modes).map(|mode| match text(mode) {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    });
    match joined(short) {
        none if none == super::NONE => String::new(),
        modes => modes,
    }
}
