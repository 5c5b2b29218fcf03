//! Resources that operators bring, whose types are not known here.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::Kubernetes;
use crate::listing::refusal;

/// Objects a page, and pages of one list: what is custom comes a few a node at most.
const PAGE: &str = "500";
const MAX_PAGES: usize = 10;

/// A resource by its place in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// The API group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// The plural.
    pub plural: &'static str,
    /// The kind.
    pub kind: &'static str,
}

/// An object of such a resource.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Custom {
    /// Its name and place.
    pub metadata: CustomMeta,
    /// What is wanted; null where it says nothing.
    #[serde(default)]
    pub spec: Value,
    /// What is so; null where it says nothing.
    #[serde(default)]
    pub status: Value,
}

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CustomMeta {
    /// Its name.
    pub name: String,
    /// Empty for what has none.
    #[serde(default)]
    pub namespace: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    items: Vec<Custom>,
}

#[derive(Deserialize)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

impl Kubernetes {
    /// The version that the API server says of itself.
    pub async fn version(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            git_version: String,
        }
        let answer = self.upstream.get("/version", &[]).await?.success()?;
        Ok(answer.json::<Version>()?.git_version)
    }

    /// The names of the API groups that the server has. Everybody who is known may ask.
    pub async fn groups(&self) -> Result<BTreeSet<String>, Failure> {
        let answer = self.upstream.get("/apis", &[]).await?.success()?;
        let groups: Groups = answer.json()?;
        Ok(groups.groups.into_iter().map(|group| group.name).collect())
    }

    /// All objects of a resource, at most 5,000; none where the server has no such resource.
    pub async fn custom(&self, resource: Resource) -> Result<Option<Vec<Custom>>, Failure> {
        let Resource {
            group,
            version,
            plural,
            ..
        } = resource;
        let path = format!("/apis/{group}/{version}/{plural}");
        let mut items = Vec::new();
        let mut next = String::new();
        for _ in 0..MAX_PAGES {
            let mut query = vec![("limit", PAGE)];
            if !next.is_empty() {
                query.push(("continue", &next));
            }
            let answer = self.upstream.get(&path, &query).await?;
            if answer.status == StatusCode::NOT_FOUND {
                return Ok(None);
            }
            if !answer.status.is_success() {
                return Err(refusal(&answer, plural));
            }
            let list: List = answer.json()?;
            items.extend(list.items);
            next = list.metadata.next;
            if next.is_empty() {
                return Ok(Some(items));
            }
        }
        let (place, read) = (self.upstream.place(), items.len());
        Err(Failure::new(
            GapKind::Truncated,
            format!("{place} has more than {read} {plural}: they are not looked at"),
        ))
    }
}
