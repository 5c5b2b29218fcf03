//! What a list and a watch of a resource say, as what is kept of it.

use k8s_openapi::Metadata;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Key;
use crate::custom::Resource;
use crate::gitops::{RawApplication, RawHelmRelease, RawKustomization};
use crate::upgrade::{RawOperator, RawRelease};
use crate::version::Partial;

const WHOLE: &str = "application/json";
const LIST_OF_METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// What is kept of an object; nothing where it is none of those that are followed.
pub(crate) trait Keep<K>: Sized {
    fn keep(object: K) -> Option<Self>;
}

impl<K, T: From<K>> Keep<K> for T {
    fn keep(object: K) -> Option<Self> {
        Some(object.into())
    }
}

/// Objects that have a name.
pub(crate) trait Named {
    fn meta(&self) -> &ObjectMeta;
}

impl<K: Metadata<Ty = ObjectMeta>> Named for K {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }
}

impl Named for Partial {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Named for RawOperator {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Named for RawApplication {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Named for RawKustomization {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Named for RawHelmRelease {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

impl Named for RawRelease {
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
}

/// How a resource is asked for and read.
#[derive(Debug)]
pub(crate) struct Decoder<T> {
    resource: Resource,
    metadata_only: bool,
    page: fn(&[u8]) -> Result<Page<T>, serde_json::Error>,
    put: fn(&[u8]) -> Result<Put<T>, serde_json::Error>,
}

/// Version, place, and what is kept.
type Put<T> = (String, Key, Option<T>);

/// One page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<(Key, T)>,
    pub(crate) version: String,
    pub(crate) next: String,
}

/// One line of a watch.
pub(crate) enum Frame<T> {
    Put(String, Key, Option<T>),
    Gone(String, Key),
    Bookmark(String),
    /// The code of a status.
    Error(i64),
    Other,
}

#[derive(Deserialize)]
struct List<K> {
    metadata: ListMeta,
    items: Vec<K>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    #[serde(default)]
    resource_version: String,
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Discovered {
    resources: Vec<DiscoveredResource>,
}

#[derive(Deserialize)]
struct DiscoveredResource {
    name: String,
}

#[derive(Deserialize)]
struct Kind<'l> {
    #[serde(rename = "type")]
    kind: &'l str,
}

#[derive(Deserialize)]
struct Line<K> {
    object: K,
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    metadata: PlaceMeta,
    #[serde(default)]
    code: i64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct PlaceMeta {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    resource_version: String,
}

impl<T> Decoder<T> {
    /// Objects of type `K`, of each of which `T` is kept.
    pub(crate) fn of<K>(resource: Resource) -> Self
    where
        K: DeserializeOwned + Named,
        T: Keep<K>,
    {
        Self {
            resource,
            metadata_only: false,
            page: page::<K, T>,
            put: put::<K, T>,
        }
    }

    /// Objects of which nothing but their metadata is asked for.
    pub(crate) fn of_metadata(resource: Resource) -> Self
    where
        T: Keep<Partial>,
    {
        Self {
            metadata_only: true,
            ..Self::of::<Partial>(resource)
        }
    }

    pub(crate) fn plural(&self) -> &'static str {
        self.resource.plural
    }

    pub(crate) fn path(&self) -> String {
        let Resource {
            group,
            version,
            plural,
            ..
        } = self.resource;
        if group.is_empty() {
            format!("/api/{version}/{plural}")
        } else {
            format!("/apis/{group}/{version}/{plural}")
        }
    }

    /// Where the server says which resources it has of the group; everybody who is known may ask.
    pub(crate) fn discovery_path(&self) -> String {
        let Resource { group, version, .. } = self.resource;
        format!("/apis/{group}/{version}")
    }

    /// Whether what the server says there lacks the resource.
    pub(crate) fn is_lacking(&self, body: &[u8]) -> bool {
        let found: Result<Discovered, _> = serde_json::from_slice(body);
        found.is_ok_and(|found| {
            let mut names = found.resources.iter().map(|one| one.name.as_str());
            names.all(|name| name != self.resource.plural)
        })
    }

    /// Whether a server may do without: what every API server has is missed where it is not found.
    pub(crate) fn may_be_absent(&self) -> bool {
        !matches!(self.resource.group, "" | "apps")
    }

    pub(crate) fn accept(&self) -> &'static str {
        if self.metadata_only { METADATA } else { WHOLE }
    }

    pub(crate) fn accept_list(&self) -> &'static str {
        if self.metadata_only {
            LIST_OF_METADATA
        } else {
            WHOLE
        }
    }

    pub(crate) fn page(&self, body: &[u8]) -> Result<Page<T>, serde_json::Error> {
        (self.page)(body)
    }

    pub(crate) fn frame(&self, line: &[u8]) -> Result<Frame<T>, serde_json::Error> {
        let Kind { kind } = serde_json::from_slice(line)?;
        match kind {
            "ADDED" | "MODIFIED" => {
                let (version, key, object) = (self.put)(line)?;
                Ok(Frame::Put(version, key, object))
            }
            "DELETED" | "BOOKMARK" | "ERROR" => {
                let Line { object } = serde_json::from_slice::<Line<Place>>(line)?;
                let version = object.metadata.resource_version;
                let key = Key {
                    namespace: object.metadata.namespace,
                    name: object.metadata.name,
                };
                Ok(match kind {
                    "DELETED" => Frame::Gone(version, key),
                    "BOOKMARK" => Frame::Bookmark(version),
                    _ => Frame::Error(object.code),
                })
            }
            _ => Ok(Frame::Other),
        }
    }
}

fn page<K: DeserializeOwned + Named, T: Keep<K>>(
    body: &[u8],
) -> Result<Page<T>, serde_json::Error> {
    let list: List<K> = serde_json::from_slice(body)?;
    let items = list.items.into_iter().filter_map(|object| {
        let key = key(object.meta());
        Some((key, T::keep(object)?))
    });
    Ok(Page {
        items: items.collect(),
        version: list.metadata.resource_version,
        next: list.metadata.next,
    })
}

fn put<K: DeserializeOwned + Named, T: Keep<K>>(line: &[u8]) -> Result<Put<T>, serde_json::Error> {
    let Line { object } = serde_json::from_slice::<Line<K>>(line)?;
    let (key, version) = (key(object.meta()), object.meta().resource_version.clone());
    Ok((version.unwrap_or_default(), key, T::keep(object)))
}

fn key(meta: &ObjectMeta) -> Key {
    Key {
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
    }
}
