//! What all objects have in common.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Identity, age and owner of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Its namespace; none for nodes.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its identity for life; a replaced object of the same name has another one.
    pub uid: String,
    /// When it was created; the epoch where the server does not say.
    pub created_at: Timestamp,
    /// The controller that made it.
    pub owner: Option<Owner>,
}

impl Meta {
    /// Namespace (empty for what has none) and name.
    pub fn place(&self) -> (&str, &str) {
        (self.namespace.as_deref().unwrap_or_default(), &self.name)
    }
}

/// The controller of an object, always in the object's own namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// For example `ReplicaSet`, `StatefulSet`, `Node`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its identity.
    pub uid: String,
}

impl From<ObjectMeta> for Meta {
    fn from(meta: ObjectMeta) -> Self {
        let owner = meta
            .owner_references
            .into_iter()
            .flatten()
            .find(|owner| owner.controller == Some(true))
            .map(|owner| Owner {
                kind: owner.kind,
                name: owner.name,
                uid: owner.uid,
            });
        Self {
            namespace: meta.namespace,
            name: meta.name.unwrap_or_default(),
            uid: meta.uid.unwrap_or_default(),
            created_at: meta
                .creation_timestamp
                .map_or(Timestamp::UNIX_EPOCH, |time| time.0),
            owner,
        }
    }
}
