//! Following a resource: its objects once, and then every change.

use std::time::Duration;

use fleetscope_model::GapKind;
use fleetscope_outbound::{Failure, Lines, Upstream};
use serde::Deserialize;
use serde_json::Value;

use crate::Kubernetes;
use crate::custom::{Custom, Resource};
use crate::listing::refusal;

/// How long the server keeps one watch open; then it is opened again where it ended.
const LASTS: &str = "290";

/// Bookmarks come once a minute, and shortly before the end: longer silence is a dead connection.
const SILENCE: Duration = Duration::from_mins(5);

/// What was learnt of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These are all there are; whatever was known before is forgotten.
    All(Vec<Custom>),
    /// This object is new, or changed.
    Put(Custom),
    /// This object is gone, or no longer one of those that are followed.
    Gone(Custom),
}

/// A resource that is followed. It begins with all of its objects, and again with all of them
/// whenever the server has forgotten what happened in between (410).
#[derive(Debug)]
pub struct Watch {
    upstream: Upstream,
    resource: Resource,
    /// The last version that was seen; none where everything is to be read anew.
    version: Option<String>,
    lines: Option<Lines>,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

#[derive(Deserialize)]
struct List {
    metadata: Version,
    items: Vec<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(default)]
    resource_version: String,
}

/// What a frame means for the watch.
enum Step {
    Tell(Box<Change>),
    Wait,
    Anew,
}

impl Kubernetes {
    /// Follows a resource in all namespaces. Whoever follows holds one connection.
    pub fn watch(&self, resource: Resource) -> Watch {
        Watch {
            upstream: self.upstream.clone(),
            resource,
            version: None,
            lines: None,
        }
    }
}

impl Watch {
    /// The next change; waits for one. After a failure the watch goes on where it was: it is for
    /// whoever follows to wait before asking again.
    pub async fn next(&mut self) -> Result<Change, Failure> {
        loop {
            let Some(version) = self.version.clone() else {
                return self.list().await;
            };
            let mut lines = match self.lines.take() {
                Some(lines) => lines,
                None => match self.open(&version).await? {
                    Some(lines) => lines,
                    None => continue,
                },
            };
            // A connection that broke is opened again where it ended; nothing is lost.
            let Some(line) = lines.next().await? else {
                continue;
            };
            match self.step(&line)? {
                Step::Tell(change) => {
                    self.lines = Some(lines);
                    return Ok(*change);
                }
                Step::Wait => self.lines = Some(lines),
                Step::Anew => self.version = None,
            }
        }
    }

    async fn list(&mut self) -> Result<Change, Failure> {
        let answer = self.upstream.get(&self.path(), &[]).await?;
        if !answer.status.is_success() {
            return Err(refusal(&answer, self.resource.plural));
        }
        let list: List = answer.json()?;
        self.version = Some(list.metadata.resource_version);
        self.lines = None;
        Ok(Change::All(list.items))
    }

    /// None where the version is too old for the server to go on from.
    async fn open(&mut self, version: &str) -> Result<Option<Lines>, Failure> {
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", LASTS),
            ("resourceVersion", version),
        ];
        match self.upstream.lines(&self.path(), &query, SILENCE).await? {
            Ok(lines) => Ok(Some(lines)),
            Err(answer) if answer.status == http::StatusCode::GONE => {
                self.version = None;
                Ok(None)
            }
            Err(answer) => Err(refusal(&answer, self.resource.plural)),
        }
    }

    fn step(&mut self, line: &[u8]) -> Result<Step, Failure> {
        let frame: Frame = serde_json::from_slice(line).map_err(|_| self.odd())?;
        if frame.kind == "ERROR" {
            // "Too old" comes as a frame of a good answer.
            return match frame.object["code"].as_u64() {
                Some(410) => Ok(Step::Anew),
                _ => Err(self.odd()),
            };
        }
        let version = frame.object["metadata"]["resourceVersion"].as_str();
        if let Some(version) = version {
            self.version = Some(version.to_owned());
        }
        if frame.kind == "BOOKMARK" {
            return Ok(Step::Wait);
        }
        let object: Custom = serde_json::from_value(frame.object).map_err(|_| self.odd())?;
        Ok(match frame.kind.as_str() {
            "ADDED" | "MODIFIED" => Step::Tell(Box::new(Change::Put(object))),
            "DELETED" => Step::Tell(Box::new(Change::Gone(object))),
            _ => Step::Wait,
        })
    }

    fn path(&self) -> String {
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

    fn odd(&self) -> Failure {
        let (place, plural) = (self.upstream.place(), self.resource.plural);
        let detail = format!("the watch of {plural} by {place} went wrong: it is begun anew");
        Failure::new(GapKind::BadAnswer, detail)
    }
}
