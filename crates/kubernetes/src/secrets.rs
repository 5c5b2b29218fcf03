//! Secrets, read and written whole. What is in them is opaque here, and never part of a failure.
//!
//! An object is written back as it was read, so that fields which this version knows nothing of
//! stay; and only over the version that was read, so that of two writers one begins again.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fleetscope_model::GapKind;
use fleetscope_outbound::{Answer, Failure};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Kubernetes;

const JSON: &str = "application/json";

/// Secrets of one page of a list.
const PAGE: &str = "500";

/// Pages of one list: 20,000 Secrets.
const MOST_PAGES: usize = 40;

/// One Secret. Prints nothing of what is in it.
#[derive(Clone)]
pub struct Secret(Value);

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is so.
    Done,
    /// Somebody else wrote meanwhile: read again.
    Overtaken,
}

impl Secret {
    /// A new, empty one.
    pub fn new(name: &str, labels: &BTreeMap<&str, String>) -> Self {
        Self(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "labels": labels },
            "type": "Opaque",
            "data": {},
        }))
    }

    /// Its labels' values.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.0["metadata"]["labels"][name].as_str()
    }

    /// Gives a label a value where it has none.
    pub fn label_if_none(&mut self, name: &str, value: &str) {
        let labels = &mut self.0["metadata"]["labels"];
        if labels[name].is_null() {
            labels[name] = value.into();
        }
    }

    /// What is in it under a key.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        STANDARD.decode(self.0["data"][key].as_str()?).ok()
    }

    /// The keys that something is under.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let data = self.0["data"].as_object();
        data.into_iter().flatten().map(|(key, _)| key.as_str())
    }

    /// Puts something under a key.
    pub fn set(&mut self, key: &str, bytes: &[u8]) {
        if !self.0["data"].is_object() {
            self.0["data"] = json!({});
        }
        self.0["data"][key] = STANDARD.encode(bytes).into();
    }

    /// Takes away what is under a key.
    pub fn remove(&mut self, key: &str) {
        if let Some(data) = self.0["data"].as_object_mut() {
            data.remove(key);
        }
    }

    fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap_or_default()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secret").field(&self.name()).finish()
    }
}

impl Kubernetes {
    /// One Secret; none where there is none.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<Option<Secret>, Failure> {
        let answer = self.upstream.get(&path(namespace, Some(name)), &[]).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        succeeded(&answer)?.json().map(Secret).map(Some)
    }

    /// Adds a Secret; `Overtaken` where there is one of that name.
    pub async fn create_secret(
        &self,
        namespace: &str,
        secret: &Secret,
    ) -> Result<Written, Failure> {
        let body = secret.0.to_string();
        let answer = self.ask(Method::POST, &path(namespace, None), body).await?;
        written(&answer)
    }

    /// Writes a Secret back over the version that was read; `Overtaken` where it has another one
    /// by now, or is gone.
    pub async fn replace_secret(
        &self,
        namespace: &str,
        secret: &Secret,
    ) -> Result<Written, Failure> {
        let path = path(namespace, Some(secret.name()));
        let answer = self.ask(Method::PUT, &path, secret.0.to_string()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Written::Overtaken);
        }
        written(&answer)
    }

    /// Deletes a Secret; that it is gone already is no failure.
    pub async fn delete_secret(&self, namespace: &str, name: &str) -> Result<(), Failure> {
        let path = path(namespace, Some(name));
        let answer = self.ask(Method::DELETE, &path, String::new()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        succeeded(&answer).map(drop)
    }

    /// The Secrets with a label of this value, of which `keep` makes what is needed.
    pub async fn secrets<T>(
        &self,
        namespace: &str,
        (label, value): (&str, &str),
        keep: impl Fn(&Secret) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let (path, selector) = (path(namespace, None), format!("{label}={value}"));
        let (mut found, mut next) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let query = [
                ("labelSelector", selector.as_str()),
                ("limit", PAGE),
                ("continue", next.as_str()),
            ];
            let query = if next.is_empty() { &query[..2] } else { &query };
            let answer = self.upstream.get(&path, query).await?;
            let page: List = succeeded(&answer)?.json()?;
            found.extend(
                page.items
                    .into_iter()
                    .filter_map(|item| keep(&Secret(item))),
            );
            next = page.metadata.next.unwrap_or_default();
            if next.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> Result<Answer, Failure> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(ACCEPT, JSON).header(CONTENT_TYPE, JSON);
        let request = request.body(Bytes::from(body)).map_err(|_| {
            let place = self.upstream.place();
            let said = format!("a request to {place} could not be made: check the namespace");
            Failure::new(GapKind::BadAnswer, said)
        })?;
        self.upstream.send(request).await
    }
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(default)]
    items: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(rename = "continue", default)]
    next: Option<String>,
}

fn path(namespace: &str, name: Option<&str>) -> String {
    let all = format!("/api/v1/namespaces/{namespace}/secrets");
    name.map_or_else(|| all.clone(), |name| format!("{all}/{name}"))
}

fn written(answer: &Answer) -> Result<Written, Failure> {
    if answer.status == StatusCode::CONFLICT {
        return Ok(Written::Overtaken);
    }
    succeeded(answer).map(|_| Written::Done)
}

/// The answer if it is a success. Its words are left out: they may hold what was sent.
fn succeeded(answer: &Answer) -> Result<&Answer, Failure> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(answer.refusal(""))
}
