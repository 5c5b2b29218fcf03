//! Writes that hold only where the object is still as its writer saw it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::KubeStore;
use crate::kubernetes::resources::Resource;
use crate::kubernetes::status::Refusal;

impl KubeStore {
    /// Adds an object; 409 `AlreadyExists` where there is one of the name.
    pub(crate) fn create_checked(
        &self,
        resource: &Resource,
        object: Value,
        at: Timestamp,
    ) -> Result<Arc<Value>, Refusal> {
        let (namespace, name) = place(&object);
        self.write(|state| {
            if state
                .get(resource, &resource.key(namespace.as_deref(), &name))
                .is_some()
            {
                return Err(Refusal::already_exists(&resource.spec.plural, &name));
            }
            state.apply(object, at).ok_or_else(nameless)
        })
    }

    /// Replaces an object; 404 where there is none, 409 `Conflict` where it has another version
    /// than the given one has.
    pub(crate) fn replace_checked(
        &self,
        resource: &Resource,
        object: Value,
        at: Timestamp,
    ) -> Result<Arc<Value>, Refusal> {
        let (namespace, name) = place(&object);
        let plural = &resource.spec.plural;
        self.write(|state| {
            let stored = state
                .get(resource, &resource.key(namespace.as_deref(), &name))
                .ok_or_else(|| Refusal::object_not_found("", plural, &name))?;
            let given = &object["metadata"]["resourceVersion"];
            if !given.is_null() && *given != stored["metadata"]["resourceVersion"] {
                return Err(Refusal::conflict(plural, &name));
            }
            state.apply(object, at).ok_or_else(nameless)
        })
    }

    /// Deletes an object and gives what it was; 404 where there is none.
    pub(crate) fn delete_checked(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Arc<Value>, Refusal> {
        self.write(|state| {
            let key = resource.key(namespace, name);
            let stored = state
                .get(resource, &key)
                .ok_or_else(|| Refusal::object_not_found("", &resource.spec.plural, name))?;
            state.delete(resource, &key);
            Ok(stored)
        })
    }
}

fn place(object: &Value) -> (Option<String>, String) {
    let text = |name: &str| object["metadata"][name].as_str().map(str::to_owned);
    (text("namespace"), text("name").unwrap_or_default())
}

fn nameless() -> Refusal {
    Refusal::bad_request("the object has no name")
}

/// What a deletion is answered with.
pub(crate) fn deleted(resource: &Resource, object: &Value) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": object["metadata"]["name"],
            "kind": resource.spec.plural,
            "uid": object["metadata"]["uid"],
        },
    })
}
