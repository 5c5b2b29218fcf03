//! The resources that every server has.

use super::{Resource, ResourceSpec};

/// One row: api version, kind, plural, scope, short names, the rest as flags.
struct Row {
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    short_names: &'static [&'static str],
    /// Listed by `kubectl get all`.
    in_all: bool,
    counts_generation: bool,
    /// Field labels of a `fieldSelector` beside `metadata.name` and `metadata.namespace`.
    fields: &'static [&'static str],
}

const CORE_EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

const NEW_EVENT_FIELDS: &[&str] = &[
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
];

const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];

const PLAIN: Row = Row {
    api_version: "v1",
    kind: "",
    plural: "",
    namespaced: true,
    short_names: &[],
    in_all: false,
    counts_generation: false,
    fields: &[],
};

const CORE: &[Row] = &[
    Row {
        kind: "ConfigMap",
        plural: "configmaps",
        short_names: &["cm"],
        ..PLAIN
    },
    Row {
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        fields: CORE_EVENT_FIELDS,
        ..PLAIN
    },
    Row {
        kind: "Namespace",
        plural: "namespaces",
        namespaced: false,
        short_names: &["ns"],
        fields: &["status.phase"],
        ..PLAIN
    },
    Row {
        kind: "Node",
        plural: "nodes",
        namespaced: false,
        short_names: &["no"],
        fields: &["spec.unschedulable"],
        ..PLAIN
    },
    Row {
        kind: "PersistentVolumeClaim",
        plural: "persistentvolumeclaims",
        short_names: &["pvc"],
        ..PLAIN
    },
    Row {
        kind: "Pod",
        plural: "pods",
        short_names: &["po"],
        in_all: true,
        counts_generation: true,
        fields: POD_FIELDS,
        ..PLAIN
    },
    Row {
        kind: "Secret",
        plural: "secrets",
        fields: &["type"],
        ..PLAIN
    },
    Row {
        kind: "Service",
        plural: "services",
        short_names: &["svc"],
        in_all: true,
        fields: &["spec.clusterIP", "spec.type"],
        ..PLAIN
    },
];

const WORKLOAD: Row = Row {
    api_version: "apps/v1",
    in_all: true,
    counts_generation: true,
    ..PLAIN
};

const GROUPS: &[Row] = &[
    Row {
        kind: "ControllerRevision",
        plural: "controllerrevisions",
        api_version: "apps/v1",
        ..PLAIN
    },
    Row {
        kind: "DaemonSet",
        plural: "daemonsets",
        short_names: &["ds"],
        ..WORKLOAD
    },
    Row {
        kind: "Deployment",
        plural: "deployments",
        short_names: &["deploy"],
        ..WORKLOAD
    },
    Row {
        kind: "ReplicaSet",
        plural: "replicasets",
        short_names: &["rs"],
        ..WORKLOAD
    },
    Row {
        kind: "StatefulSet",
        plural: "statefulsets",
        short_names: &["sts"],
        ..WORKLOAD
    },
    Row {
        api_version: "events.k8s.io/v1",
        kind: "Event",
        plural: "events",
        short_names: &["ev"],
        fields: NEW_EVENT_FIELDS,
        ..PLAIN
    },
    Row {
        api_version: "batch/v1",
        kind: "CronJob",
        plural: "cronjobs",
        short_names: &["cj"],
        ..WORKLOAD
    },
    Row {
        api_version: "batch/v1",
        kind: "Job",
        plural: "jobs",
        fields: &["status.successful"],
        ..WORKLOAD
    },
    Row {
        api_version: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions",
        namespaced: false,
        short_names: &["crd", "crds"],
        counts_generation: true,
        ..PLAIN
    },
];

/// The built-in resources, grouped, in the order that discovery tells them.
pub(super) fn resources() -> impl Iterator<Item = Resource> {
    CORE.iter().chain(GROUPS).map(|row| {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let mut spec = ResourceSpec::new(row.api_version, row.kind, row.plural, row.namespaced);
        spec.short_names = owned(row.short_names);
        spec.selectable_fields = owned(row.fields);
        spec.categories = owned(if row.in_all { &["all"] } else { &[] });
        Resource::new(spec, true, row.counts_generation)
    })
}
