//! What OpenShift and its Operator Lifecycle Manager upgrade: the cluster, and its operators.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use crate::custom::Resource;
use crate::meta::Meta;
use crate::watch::Keep;

pub(crate) const CLUSTER_VERSIONS: Resource = Resource {
    group: "config.openshift.io",
    version: "v1",
    plural: "clusterversions",
    kind: "ClusterVersion",
};
pub(crate) const OPERATORS: Resource = Resource {
    group: "operators.coreos.com",
    version: "v1alpha1",
    plural: "clusterserviceversions",
    kind: "ClusterServiceVersion",
};

/// On what the manager copies into every namespace that an operator looks after.
const COPIED_FROM: &str = "olm.copiedFrom";

/// One release of an operator that is installed, or is being installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Identity and age; its name holds its version.
    pub meta: Meta,
    /// The release before it that it takes the place of.
    pub replaces: Option<String>,
    /// `Succeeded`, `Installing`, `Failed`…
    pub phase: String,
    /// The Deployments that it brings, in its own namespace.
    pub deployments: Vec<String>,
}

/// The versions of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Identity and age.
    pub meta: Meta,
    /// What it was and is, newest first.
    pub history: Vec<Update>,
}

/// One version that a cluster was brought to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The version.
    #[serde(default)]
    pub version: String,
    /// `Completed` or `Partial`.
    #[serde(default)]
    pub state: String,
    /// When it was begun.
    #[serde(default)]
    pub started_time: Option<Timestamp>,
    /// When it was done.
    #[serde(default)]
    pub completion_time: Option<Timestamp>,
}

/// A `ClusterServiceVersion`, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct RawOperator {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: OperatorSpec,
    #[serde(default)]
    status: OperatorStatus,
}

#[derive(Debug, Default, Deserialize)]
struct OperatorSpec {
    #[serde(default)]
    replaces: Option<String>,
    #[serde(default)]
    install: Install,
}

#[derive(Debug, Default, Deserialize)]
struct Install {
    #[serde(default)]
    spec: InstallSpec,
}

#[derive(Debug, Default, Deserialize)]
struct InstallSpec {
    #[serde(default)]
    deployments: Vec<Deployed>,
}

#[derive(Debug, Deserialize)]
struct Deployed {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
struct OperatorStatus {
    #[serde(default)]
    phase: String,
}

/// A `ClusterVersion`, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct RawRelease {
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    status: ReleaseStatus,
}

#[derive(Debug, Default, Deserialize)]
struct ReleaseStatus {
    #[serde(default)]
    history: Vec<Update>,
}

impl Keep<RawOperator> for Operator {
    fn keep(object: RawOperator) -> Option<Self> {
        let labels = object.metadata.labels.as_ref();
        if labels.is_some_and(|labels| labels.contains_key(COPIED_FROM)) {
            return None;
        }
        let deployments = object.spec.install.spec.deployments.into_iter();
        Some(Self {
            meta: object.metadata.into(),
            replaces: object.spec.replaces.filter(|name| !name.is_empty()),
            phase: object.status.phase,
            deployments: deployments.map(|deployed| deployed.name).collect(),
        })
    }
}

impl Keep<RawRelease> for Release {
    fn keep(object: RawRelease) -> Option<Self> {
        Some(Self {
            meta: object.metadata.into(),
            history: object.status.history,
        })
    }
}
