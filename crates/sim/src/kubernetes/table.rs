//! Tables, the form in which `kubectl get` asks for objects.
//!
//! Columns and cells follow the printers of kube-apiserver; what a cell means for one
//! kind stands in that kind's file.

mod batch;
mod events;
mod nodes;
mod plain;
mod pods;
mod services;
mod workloads;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::body;
use super::human;
use super::json_path;
use super::negotiate::IncludeObject;
use super::resources::{PrinterColumn, Resource};

/// What kubectl shows for nothing.
const NONE: &str = "<none>";

/// A column of a built-in table.
struct Column {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
    priority: u8,
}

impl Column {
    const fn text(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: "string",
            description,
            priority: 0,
        }
    }

    const fn number(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: "integer",
            description,
            priority: 0,
        }
    }

    /// Only shown with `-o wide`.
    const fn wide(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: "string",
            description,
            priority: 1,
        }
    }

    const fn name() -> Self {
        Self::text("Name", "Name of the object, unique within its namespace.")
    }

    const fn age() -> Self {
        Self::text("Age", "Time since the object was created.")
    }
}

/// The columns of a kind and what stands in them.
struct Printer {
    columns: &'static [Column],
    cells: fn(&Value, Timestamp) -> Vec<Value>,
}

/// The column definitions of a resource's table.
pub(crate) fn columns(resource: &Resource) -> Value {
    let describe = |name: &str, kind: &str, description: &str, priority: i64| {
        let format = if name == "Name" { "name" } else { "" };
        json!({
            "name": name, "type": kind, "format": format,
            "description": description, "priority": priority,
        })
    };
    if let Some(printer) = built_in(resource) {
        let columns = printer.columns.iter();
        return columns
            .map(|column| {
                describe(
                    column.name,
                    column.kind,
                    column.description,
                    column.priority.into(),
                )
            })
            .collect();
    }
    let name = Column::name();
    let age = [created()];
    let own = custom_columns(resource, &age).iter().map(|column| {
        let description = format!(
            "Custom resource definition column (in JSONPath format): {}",
            column.json_path
        );
        describe(&column.name, &column.kind, &description, column.priority)
    });
    std::iter::once(describe(name.name, name.kind, name.description, 0))
        .chain(own)
        .collect()
}

/// The row of an object, with ages as they are at `now`.
pub(crate) fn row(
    resource: &Resource,
    object: &Value,
    include: IncludeObject,
    now: Timestamp,
) -> Value {
    let cells = match built_in(resource) {
        Some(printer) => (printer.cells)(object, now),
        None => custom_cells(resource, object, now),
    };
    let carried = match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Metadata => body::partial_metadata(object),
        IncludeObject::Object => object.clone(),
    };
    json!({ "cells": cells, "object": carried })
}

fn built_in(resource: &Resource) -> Option<&'static Printer> {
    if !resource.built_in {
        return None;
    }
    Some(match resource.spec.plural.as_str() {
        "pods" => &pods::PRINTER,
        "nodes" => &nodes::PRINTER,
        "events" if resource.spec.group.is_empty() => &events::PRINTER,
        "events" => &events::NEW_PRINTER,
        "deployments" => &workloads::DEPLOYMENTS,
        "replicasets" => &workloads::REPLICA_SETS,
        "statefulsets" => &workloads::STATEFUL_SETS,
        "daemonsets" => &workloads::DAEMON_SETS,
        "jobs" => &batch::JOBS,
        "cronjobs" => &batch::CRON_JOBS,
        "services" => &services::PRINTER,
        "namespaces" => &plain::NAMESPACES,
        "configmaps" => &plain::CONFIG_MAPS,
        "secrets" => &plain::SECRETS,
        "persistentvolumeclaims" => &plain::CLAIMS,
        "customresourcedefinitions" => &plain::DEFINITIONS,
        _ => return None,
    })
}

fn custom_columns<'a>(resource: &'a Resource, age: &'a [PrinterColumn]) -> &'a [PrinterColumn] {
    if resource.spec.columns.is_empty() {
        age
    } else {
        &resource.spec.columns
    }
}

/// The column that a custom resource has which defines none.
fn created() -> PrinterColumn {
    PrinterColumn {
        name: "Age".to_owned(),
        kind: "date".to_owned(),
        json_path: ".metadata.creationTimestamp".to_owned(),
        priority: 0,
    }
}

fn custom_cells(resource: &Resource, object: &Value, now: Timestamp) -> Vec<Value> {
    let age = [created()];
    let own = custom_columns(resource, &age).iter().map(|column| {
        let found = json_path::first(object, &column.json_path);
        match (column.kind.as_str(), found) {
            (_, None) => Value::Null,
            ("date", Some(time)) => human::age(time.as_str(), now).into(),
            ("string", Some(value)) if !value.is_string() => value.to_string().into(),
            (_, Some(value)) => value.clone(),
        }
    });
    std::iter::once(name_of(object)).chain(own).collect()
}

fn name_of(object: &Value) -> Value {
    text(&object["metadata"]["name"]).into()
}

/// The object's age.
fn age_of(object: &Value, now: Timestamp) -> Value {
    human::age(object["metadata"]["creationTimestamp"].as_str(), now).into()
}

/// A text; an absent one is empty.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text, or `<none>`.
fn text_or_none(value: &Value) -> &str {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .unwrap_or(NONE)
}

/// A whole number; an absent one is 0.
fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// The elements of a list; an absent one has none.
fn each(list: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    list.as_array().map_or(&[][..], Vec::as_slice).iter()
}

/// Texts with commas between, or `<none>`.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let list: Vec<&str> = texts.collect();
    if list.is_empty() {
        return NONE.to_owned();
    }
    list.join(",")
}

/// Labels as `a=b,c=d` in the order of their keys, or `<none>`.
fn labels(map: &Value) -> String {
    let mut pairs: Vec<String> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    pairs.sort();
    joined(pairs.iter().map(String::as_str))
}

/// A label selector of a workload as text, or `<none>`.
fn selector(selector: &Value) -> String {
    let mut parts: Vec<String> = selector["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    parts.sort();
    parts.extend(each(&selector["matchExpressions"]).map(|expression| {
        let key = text(&expression["key"]);
        let values: Vec<&str> = each(&expression["values"]).map(text).collect();
        match text(&expression["operator"]) {
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            operator => format!("{key} {} ({})", operator.to_lowercase(), values.join(",")),
        }
    }));
    joined(parts.iter().map(String::as_str))
}
