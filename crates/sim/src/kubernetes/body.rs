//! Answers with objects: one, a list, or a frame of a watch, in the form that is asked for.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::negotiate::{Form, IncludeObject};
use super::paging::Page;
use super::resources::Resource;
use super::table;

/// The version that tables and partial metadata are of.
const META_API: &str = "meta.k8s.io/v1";
const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// Writes objects of one resource for one caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) form: Form,
    pub(crate) include: IncludeObject,
    /// What ages are told against.
    pub(crate) now: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    kind: &'a str,
    api_version: &'a str,
    metadata: Value,
    items: Vec<Item<'a>>,
}

/// An item of a list. The server leaves out what the list already says.
enum Item<'a> {
    Whole(&'a Value),
    WithoutKind(&'a Value),
    Metadata(&'a Value),
}

impl Writer<'_> {
    /// One object as an answer.
    pub(crate) fn object(&self, object: &Value) -> Response {
        (JSON, self.shown(object, true).to_string()).into_response()
    }

    /// A page of a list as an answer.
    pub(crate) fn list(&self, page: &Page) -> Response {
        let metadata = self.list_metadata(page);
        let items = page.items.iter().map(|object| &**object);
        if self.form == Form::Table {
            let rows: Vec<Value> = items.map(|object| self.row(object)).collect();
            return (JSON, self.table(&metadata, true, &rows).to_string()).into_response();
        }
        let spec = &self.resource.spec;
        let (kind, api_version) = if self.form == Form::Metadata {
            ("PartialObjectMetadataList".to_owned(), META_API.to_owned())
        } else {
            (format!("{}List", spec.kind), spec.api_version())
        };
        let item = match self.form {
            Form::Metadata => Item::Metadata,
            _ if self.resource.built_in => Item::WithoutKind,
            _ => Item::Whole,
        };
        let body = ListBody {
            kind: &kind,
            api_version: &api_version,
            metadata,
            items: items.map(item).collect(),
        };
        (JSON, serde_json::to_string(&body).unwrap_or_default()).into_response()
    }

    /// A line of a watch. The first row of a table brings the columns.
    pub(crate) fn frame(&self, kind: &str, object: &Value, first: bool) -> Bytes {
        frame(kind, &self.shown(object, first))
    }

    fn shown(&self, object: &Value, with_columns: bool) -> Value {
        match self.form {
            Form::Objects => object.clone(),
            Form::Metadata => partial_metadata(object),
            Form::Table => {
                let version = &object["metadata"]["resourceVersion"];
                let metadata = json!({ "resourceVersion": version });
                self.table(&metadata, with_columns, &[self.row(object)])
            }
        }
    }

    fn row(&self, object: &Value) -> Value {
        table::row(self.resource, object, self.include, self.now)
    }

    fn table(&self, metadata: &Value, with_columns: bool, rows: &[Value]) -> Value {
        let columns = if with_columns {
            table::columns(self.resource)
        } else {
            Value::Null
        };
        json!({
            "kind": "Table", "apiVersion": META_API, "metadata": metadata,
            "columnDefinitions": columns, "rows": rows,
        })
    }

    fn list_metadata(&self, page: &Page) -> Value {
        let mut metadata = json!({ "resourceVersion": page.revision.to_string() });
        if let Some(token) = &page.next {
            metadata["continue"] = token.as_str().into();
        } else if !self.resource.built_in && self.form == Form::Objects {
            // Lists of custom resources always carry the field.
            metadata["continue"] = "".into();
        }
        if let Some(remaining) = page.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        metadata
    }
}

/// A line of a watch, with an object written as it is.
pub(crate) fn frame(kind: &str, object: &Value) -> Bytes {
    let mut line = json!({ "type": kind, "object": object }).to_string();
    line.push('\n');
    line.into()
}

/// The metadata of an object as an object of its own.
pub(crate) fn partial_metadata(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": META_API,
        "metadata": object["metadata"],
    })
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(object) => object.serialize(serializer),
            Self::Metadata(object) => partial_metadata(object).serialize(serializer),
            Self::WithoutKind(object) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in object.as_object().into_iter().flatten() {
                    if name != "kind" && name != "apiVersion" {
                        map.serialize_entry(name, value)?;
                    }
                }
                map.end()
            }
        }
    }
}
