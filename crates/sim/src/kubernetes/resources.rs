//! Which resources a server knows: group, version, plural ↔ kind, and the rest
//! that discovery, selectors and tables need to know of each.

mod built_in;
mod definition;
mod registry;

use std::sync::Arc;

use serde_json::Value;

use super::conversion;

pub(crate) use registry::Registry;

/// The storage that core events and `events.k8s.io` events share.
const CORE_EVENTS: &str = "/events";

/// One resource of the API: what a `CustomResourceDefinition` says of it.
///
/// Built with [`ResourceSpec::namespaced`] or [`ResourceSpec::cluster`] and
/// made known with `KubeStore::register`, or by applying its
/// [`definition`](ResourceSpec::definition).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSpec {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version in that group, such as `v1`.
    pub version: String,
    /// The kind, such as `PtpConfig`.
    pub kind: String,
    /// The plural in paths, such as `ptpconfigs`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names for `kubectl`.
    pub short_names: Vec<String>,
    /// Categories for `kubectl`, such as `all`.
    pub categories: Vec<String>,
    /// The columns of its table after the name; empty means name and age.
    pub columns: Vec<PrinterColumn>,
    /// The fields that a `fieldSelector` may name beside the object's name and namespace.
    pub selectable_fields: Vec<String>,
}

/// One column of a custom resource's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterColumn {
    /// The heading.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`; a date is shown as an age.
    pub kind: String,
    /// Where the value is, as a JSON path such as `.status.state` or
    /// `.status.conditions[?(@.type=="Available")].status`.
    pub json_path: String,
    /// 0 is always shown, more only with `-o wide`.
    pub priority: i64,
}

impl ResourceSpec {
    /// A resource whose objects live in namespaces; `api_version` as in its objects, such as `ptp.openshift.io/v1`.
    pub fn namespaced(api_version: &str, kind: &str, plural: &str) -> Self {
        Self::new(api_version, kind, plural, true)
    }

    /// A resource of the cluster's scope.
    pub fn cluster(api_version: &str, kind: &str, plural: &str) -> Self {
        Self::new(api_version, kind, plural, false)
    }

    /// Adds a short name for `kubectl`.
    #[must_use]
    pub fn short_name(mut self, name: &str) -> Self {
        self.short_names.push(name.to_owned());
        self
    }

    /// Adds a table column that is always shown.
    #[must_use]
    pub fn column(mut self, name: &str, kind: &str, json_path: &str) -> Self {
        self.columns.push(PrinterColumn {
            name: name.to_owned(),
            kind: kind.to_owned(),
            json_path: json_path.to_owned(),
            priority: 0,
        });
        self
    }

    /// `group/version`, or the bare version in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The kind in lower case.
    pub(crate) fn singular(&self) -> String {
        self.kind.to_lowercase()
    }

    fn new(api_version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        let (group, version) = split_api_version(api_version);
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced,
            short_names: Vec::new(),
            categories: Vec::new(),
            columns: Vec::new(),
            selectable_fields: Vec::new(),
        }
    }
}

/// A resource as this server serves it.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) spec: ResourceSpec,
    /// Built into the server rather than defined by a `CustomResourceDefinition`.
    pub(crate) built_in: bool,
    /// Whether `metadata.generation` counts the changes of its objects' specs.
    pub(crate) counts_generation: bool,
    /// Which map of the store holds its objects. Versions of one resource share it,
    /// as do the two shapes of events.
    pub(crate) storage: Arc<str>,
}

impl Resource {
    fn new(spec: ResourceSpec, built_in: bool, counts_generation: bool) -> Self {
        let storage = if spec.plural == "events" && spec.group == conversion::EVENTS_GROUP {
            CORE_EVENTS.into()
        } else {
            storage_of(&spec.group, &spec.plural)
        };
        Self {
            spec,
            built_in,
            counts_generation,
            storage,
        }
    }

    /// Whether this is `plural` of the built-in `group`.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.built_in && self.spec.group == group && self.spec.plural == plural
    }

    /// Where the object is in its storage; `<namespace>/<name>` sorts like the keys of etcd.
    pub(crate) fn key(&self, namespace: Option<&str>, name: &str) -> String {
        match namespace {
            Some(namespace) if self.spec.namespaced => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        }
    }

    /// The stored object in the shape of this group and version.
    pub(crate) fn present(&self, stored: &Arc<Value>) -> Arc<Value> {
        let api_version = self.spec.api_version();
        if stored["apiVersion"] == api_version.as_str() {
            return Arc::clone(stored);
        }
        if &*self.storage == CORE_EVENTS {
            return Arc::new(conversion::event_from_core(stored));
        }
        let mut object = Value::clone(stored);
        object["apiVersion"] = api_version.into();
        Arc::new(object)
    }
}

/// The storage of a group's resource.
pub(crate) fn storage_of(group: &str, plural: &str) -> Arc<str> {
    format!("{group}/{plural}").into()
}

/// Group and version of an object's `apiVersion`.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}
