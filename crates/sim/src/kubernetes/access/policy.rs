//! Roles and bindings, as manifests say them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// All roles and bindings of a cluster, by namespace (empty for the cluster's own) and name.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    roles: BTreeMap<(String, String), Vec<Rule>>,
    bindings: BTreeMap<(String, String), Binding>,
}

/// What a role allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) api_groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_names: Vec<String>,
    #[serde(
        default,
        rename = "nonResourceURLs",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(crate) paths: Vec<String>,
}

/// To whom a role is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Binding {
    #[serde(default)]
    pub(crate) subjects: Vec<BoundTo>,
    pub(crate) role_ref: RoleRef,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BoundTo {
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) namespace: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RoleRef {
    pub(crate) kind: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Manifest {
    kind: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Rules {
    #[serde(default)]
    rules: Vec<Rule>,
}

impl Policy {
    pub(crate) fn apply(&mut self, manifest: &Value) -> bool {
        let Ok(Manifest { kind, metadata }) = Manifest::deserialize(manifest) else {
            return false;
        };
        let namespaced = matches!(kind.as_str(), "Role" | "RoleBinding");
        if namespaced == metadata.namespace.is_empty() {
            return false;
        }
        let key = (metadata.namespace, metadata.name);
        match kind.as_str() {
            "ClusterRole" | "Role" => match Rules::deserialize(manifest) {
                Ok(role) => {
                    self.roles.insert(key, role.rules);
                    true
                }
                Err(_) => false,
            },
            "ClusterRoleBinding" | "RoleBinding" => match Binding::deserialize(manifest) {
                Ok(binding) => {
                    self.bindings.insert(key, binding);
                    true
                }
                Err(_) => false,
            },
            _ => false,
        }
    }

    pub(crate) fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> bool {
        let key = (namespace.to_owned(), name.to_owned());
        match kind {
            "ClusterRole" | "Role" => self.roles.remove(&key).is_some(),
            "ClusterRoleBinding" | "RoleBinding" => self.bindings.remove(&key).is_some(),
            _ => false,
        }
    }

    /// A role's rules: the cluster's own where the namespace is empty.
    pub(crate) fn role(&self, namespace: &str, name: &str) -> Option<&[Rule]> {
        let key = (namespace.to_owned(), name.to_owned());
        self.roles.get(&key).map(Vec::as_slice)
    }

    /// The bindings that hold in a namespace, the cluster's own first, each with its namespace
    /// and name and the rules that it gives. One whose role is missing gives none.
    pub(crate) fn bindings_in(
        &self,
        namespace: &str,
    ) -> impl Iterator<Item = (&str, &str, &Binding, &[Rule])> {
        let here = namespace.to_owned();
        self.bindings
            .iter()
            .filter_map(move |((at, name), binding)| {
                if !at.is_empty() && *at != here {
                    return None;
                }
                let role_at = if binding.role_ref.kind == "Role" {
                    at.as_str()
                } else {
                    ""
                };
                let rules = self.role(role_at, &binding.role_ref.name)?;
                Some((at.as_str(), name.as_str(), binding, rules))
            })
    }
}
