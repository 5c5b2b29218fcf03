//! What a review asks about: somebody, and something to be done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Somebody, as an API server knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The user's name: `alice`, `system:serviceaccount:shop:viewer`.
    pub user: String,
    /// The groups, as they were given: no group is looked up or added.
    pub groups: Vec<String>,
    /// What else is known, such as the scopes of an OpenShift token.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What is to be done. One of the two is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attributes {
    Resource(ResourceAttributes),
    Path(PathAttributes),
}

/// A verb on a resource. What is empty is left out of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceAttributes {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) verb: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) subresource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field_selector: Option<FieldSelector>,
}

/// Which fields the objects of a list have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FieldSelector {
    pub(crate) requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Requirement {
    pub(crate) key: String,
    pub(crate) operator: String,
    pub(crate) values: Vec<String>,
}

/// A verb on a path that is no resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PathAttributes {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) verb: String,
}

impl Attributes {
    /// The namespace that it is done in; empty for the whole cluster.
    pub(crate) fn namespace(&self) -> &str {
        match self {
            Self::Resource(resource) => &resource.namespace,
            Self::Path(_) => "",
        }
    }
}
