//! What the server has: groups, versions, resources. Plain for old clients, aggregated for new ones.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::negotiate;
use super::resources::{Registry, Resource};
use super::status::Refusal;

/// What can be done with every resource here.
const VERBS: [&str; 3] = ["get", "list", "watch"];

/// Answers `/api`.
pub(crate) fn core(registry: &Registry, headers: &HeaderMap) -> Response {
    if let Some(version) = negotiate::aggregated_discovery(headers) {
        return aggregated(registry, headers, version, str::is_empty);
    }
    let addresses = json!([{ "clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443" }]);
    axum::Json(json!({
        "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses,
    }))
    .into_response()
}

/// Answers `/apis`.
pub(crate) fn groups(registry: &Registry, headers: &HeaderMap) -> Response {
    if let Some(version) = negotiate::aggregated_discovery(headers) {
        return aggregated(registry, headers, version, |group| !group.is_empty());
    }
    let groups: Vec<Value> = names(registry)
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| group_entry(registry, name))
        .collect();
    let list = json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups });
    axum::Json(list).into_response()
}

/// Answers `/apis/{group}`.
pub(crate) fn group(registry: &Registry, name: &str) -> Result<Response, Refusal> {
    if name.is_empty() || !names(registry).contains(&name) {
        return Err(Refusal::Page);
    }
    let mut group = group_entry(registry, name);
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    Ok(axum::Json(group).into_response())
}

/// Answers `/api/v1` and `/apis/{group}/{version}`.
pub(crate) fn resources(
    registry: &Registry,
    group: &str,
    version: &str,
) -> Result<Response, Refusal> {
    let members: Vec<Value> = members(registry, group)
        .filter(|resource| resource.spec.version == version)
        .map(|resource| plain_entry(resource))
        .collect();
    let Some(group_version) = members.first().map(|_| match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }) else {
        return Err(Refusal::Page);
    };
    let mut list = json!({
        "kind": "APIResourceList", "groupVersion": group_version, "resources": members,
    });
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    Ok(axum::Json(list).into_response())
}

fn aggregated(
    registry: &Registry,
    headers: &HeaderMap,
    version: &str,
    wanted: impl Fn(&str) -> bool,
) -> Response {
    let groups: Vec<Value> = names(registry)
        .into_iter()
        .filter(|name| wanted(name))
        .map(|name| aggregated_group(registry, name))
        .collect();
    let api_version = format!("apidiscovery.k8s.io/{version}");
    let kind = "APIGroupDiscoveryList";
    let body = json!({ "kind": kind, "apiVersion": api_version, "metadata": {}, "items": groups })
        .to_string();
    let tag = format!("\"{:016X}\"", fingerprint(body.as_bytes()));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let content_type =
        format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let told = response.headers_mut();
    told.insert(header::VARY, HeaderValue::from_static("Accept"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        told.insert(header::ETAG, tag);
    }
    response
}

fn aggregated_group(registry: &Registry, name: &str) -> Value {
    let versions: Vec<Value> = versions(registry, name)
        .into_iter()
        .map(|version| {
            let resources: Vec<Value> = members(registry, name)
                .filter(|resource| resource.spec.version == version)
                .map(|resource| aggregated_entry(resource))
                .collect();
            json!({ "version": version, "resources": resources, "freshness": "Current" })
        })
        .collect();
    let metadata = match name {
        "" => json!({}),
        name => json!({ "name": name }),
    };
    json!({ "metadata": metadata, "versions": versions })
}

fn aggregated_entry(resource: &Resource) -> Value {
    let spec = &resource.spec;
    // Built-in resources leave out the group and version that stand above them.
    let (group, version) = if resource.built_in {
        ("", "")
    } else {
        (spec.group.as_str(), spec.version.as_str())
    };
    let mut entry = json!({
        "resource": spec.plural,
        "responseKind": { "group": group, "version": version, "kind": spec.kind },
        "scope": if spec.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": spec.singular(),
        "verbs": VERBS,
    });
    add_names(&mut entry, resource);
    entry
}

fn plain_entry(resource: &Resource) -> Value {
    let spec = &resource.spec;
    let mut entry = json!({
        "name": spec.plural,
        "singularName": spec.singular(),
        "namespaced": spec.namespaced,
        "kind": spec.kind,
        "verbs": VERBS,
    });
    add_names(&mut entry, resource);
    entry
}

fn add_names(entry: &mut Value, resource: &Resource) {
    let spec = &resource.spec;
    if !spec.short_names.is_empty() {
        entry["shortNames"] = spec.short_names.clone().into();
    }
    if !spec.categories.is_empty() {
        entry["categories"] = spec.categories.clone().into();
    }
}

fn group_entry(registry: &Registry, name: &str) -> Value {
    let versions: Vec<Value> = versions(registry, name)
        .into_iter()
        .map(|version| json!({ "groupVersion": format!("{name}/{version}"), "version": version }))
        .collect();
    let preferred = versions.first().cloned().unwrap_or_default();
    json!({ "name": name, "versions": versions, "preferredVersion": preferred })
}

fn members<'a>(registry: &'a Registry, group: &str) -> impl Iterator<Item = &'a Arc<Resource>> {
    let resources = registry.resources().iter();
    resources.filter(move |resource| resource.spec.group == group)
}

/// The groups, in the order in which they became known.
fn names(registry: &Registry) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for resource in registry.resources() {
        if !names.contains(&resource.spec.group.as_str()) {
            names.push(&resource.spec.group);
        }
    }
    names
}

fn versions<'a>(registry: &'a Registry, group: &str) -> Vec<&'a str> {
    let mut versions: Vec<&str> = Vec::new();
    for resource in members(registry, group) {
        if !versions.contains(&resource.spec.version.as_str()) {
            versions.push(&resource.spec.version);
        }
    }
    versions
}

/// FNV-1a, 64 bits: the tag changes with the body, and is the same in every run.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
