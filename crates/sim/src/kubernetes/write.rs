//! What can be written here: Secrets, whole. Everything else follows from the world.

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::Value;

use super::path::ResourcePath;
use super::resources::Resource;
use super::status::Refusal;
use super::store::{KubeStore, deleted};

/// Whether a resource's objects can be written.
pub(super) fn writable(resource: &Resource) -> bool {
    resource.is("", "secrets")
}

/// Creates, replaces or deletes an object.
pub(super) fn write(
    store: &KubeStore,
    resource: &Resource,
    path: &ResourcePath,
    method: &Method,
    body: &[u8],
) -> Result<Response, Refusal> {
    let (namespace, at) = (path.namespace.as_deref(), store.now());
    match (method, path.name.as_deref()) {
        (&Method::POST, None) => {
            let object = object(resource, namespace, None, body)?;
            let stored = store.create_checked(resource, object, at)?;
            Ok((StatusCode::CREATED, axum::Json(Value::clone(&stored))).into_response())
        }
        (&Method::PUT, Some(name)) => {
            let object = object(resource, namespace, Some(name), body)?;
            let stored = store.replace_checked(resource, object, at)?;
            Ok(axum::Json(Value::clone(&stored)).into_response())
        }
        (&Method::DELETE, Some(name)) => {
            let stored = store.delete_checked(resource, namespace, name)?;
            Ok(axum::Json(deleted(resource, &stored)).into_response())
        }
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// The object of a body, in its place.
fn object(
    resource: &Resource,
    namespace: Option<&str>,
    name: Option<&str>,
    body: &[u8],
) -> Result<Value, Refusal> {
    let kind = resource.spec.kind.as_str();
    let mut object: Value = serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Refusal::bad_request("the object provided is unrecognized"))?;
    if !object["metadata"].is_object() {
        return Err(Refusal::bad_request("name is required"));
    }
    let own = object["metadata"]["name"].as_str();
    if own.is_none() || name.is_some_and(|name| own != Some(name)) {
        let said = "the name of the object does not match the name on the URL";
        return Err(Refusal::bad_request(said));
    }
    object["apiVersion"] = resource.spec.api_version().into();
    object["kind"] = kind.into();
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    fill_in(kind, &mut object)?;
    Ok(object)
}

/// What a server does with a Secret's fields before it keeps it.
fn fill_in(kind: &str, object: &mut Value) -> Result<(), Refusal> {
    for data in object["data"].as_object().into_iter().flatten() {
        let text = data.1.as_str().unwrap_or_default();
        if STANDARD.decode(text).is_err() {
            return Err(Refusal::bad_request(format!(
                "{kind} in version \"v1\" cannot be handled as a {kind}: illegal base64 data"
            )));
        }
    }
    if let Some(texts) = object
        .as_object_mut()
        .and_then(|all| all.remove("stringData"))
    {
        for (key, text) in texts.as_object().into_iter().flatten() {
            let text = text.as_str().unwrap_or_default();
            object["data"][key] = STANDARD.encode(text).into();
        }
    }
    if object["type"].is_null() {
        object["type"] = "Opaque".into();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_opaque_and_its_texts_become_data() {
        let mut object = serde_json::json!({ "stringData": { "a": "x" } });
        fill_in("Secret", &mut object).unwrap();
        assert_eq!(object["data"]["a"], "eA==");
        assert_eq!(object["type"], "Opaque");
        assert!(object.get("stringData").is_none());
        let mut wrong = serde_json::json!({ "data": { "a": "not base64!" } });
        assert!(fill_in("Secret", &mut wrong).is_err());
    }
}
