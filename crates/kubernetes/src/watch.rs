//! Following a resource: its objects once, and then every change. Each call makes one step, so
//! that whoever follows sees how it fares and waits as it likes.

mod decode;

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use fleetscope_model::GapKind;
use fleetscope_outbound::{Answer, Failure, Lines, Upstream};
use http::header::ACCEPT;
use http::{Request, StatusCode};

use crate::Kubernetes;
use crate::listing::refusal;
use decode::Frame;
pub(crate) use decode::{Decoder, Keep};

/// How long the server keeps one watch open; then it is opened again where it ended.
const LASTS: &str = "290";

/// Bookmarks come once a minute, and shortly before the end: longer silence is a dead connection.
pub const SILENCE: Duration = Duration::from_secs(150);

/// Objects a page of the list that a watch begins with.
const PAGE: &str = "500";

/// Where an object is: its namespace, empty for what has none, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// What one step of a watch told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told<T> {
    /// These are all there are; whatever was known before is forgotten.
    All(Vec<(Key, T)>),
    /// The server has no such resource: there is none of it.
    Absent,
    /// This object is new, or changed.
    Put(Key, T),
    /// This object is gone, or no longer one of those that are followed.
    Gone(Key),
    /// The connection is open; what happened since it was last open comes next.
    Opened,
    /// All that has happened up to now was told.
    Still,
    /// The connection has ended as connections do, and the next step opens it where it ended.
    Ended,
    /// The server has forgotten what happened since, and the next step lists everything anew.
    Forgotten,
    /// There are more than are followed; the next step lists them anew.
    TooMany,
}

/// A resource that is followed in all namespaces.
#[derive(Debug)]
pub struct Watch<T> {
    upstream: Upstream,
    decoder: Decoder<T>,
    /// More objects than this are not followed.
    most: usize,
    /// The last version that was seen; none where everything is to be listed.
    version: Option<String>,
    lines: Option<Lines>,
    /// Whether the connection has brought anything.
    heard: bool,
    /// Whether the one before it has not.
    silent: bool,
}

impl Kubernetes {
    pub(crate) fn follow<T>(&self, decoder: Decoder<T>, most: usize) -> Watch<T> {
        Watch {
            upstream: self.upstream.clone(),
            decoder,
            most,
            version: None,
            lines: None,
            heard: false,
            silent: false,
        }
    }
}

impl<T> Watch<T> {
    /// More than this are not followed.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The plural of the resource.
    pub fn resource(&self) -> &'static str {
        self.decoder.plural()
    }

    /// Begins anew with all objects.
    pub fn restart(&mut self) {
        self.version = None;
        self.lines = None;
    }

    /// The next step; waits for one. After a failure the watch goes on where it was.
    pub async fn next(&mut self) -> Result<Told<T>, Failure> {
        let Some(version) = self.version.clone() else {
            return self.list().await;
        };
        let Some(mut lines) = self.lines.take() else {
            return self.open(&version).await;
        };
        let Some(line) = lines.next().await? else {
            return Ok(self.ended());
        };
        self.heard = true;
        // What can't be read here may be read in a list, and is not asked for again and again.
        let told = self.step(&line);
        if told.is_err() {
            self.version = None;
        }
        let told = told?;
        if self.version.is_some() {
            self.lines = Some(lines);
        }
        Ok(told)
    }

    /// Two connections in a row that brought nothing, not even a bookmark, may have been opened at
    /// a version that the server will reach some day: one that was restored is silent until then.
    fn ended(&mut self) -> Told<T> {
        let again = self.silent && !self.heard;
        self.silent = !self.heard && !again;
        if again {
            return self.forgotten();
        }
        Told::Ended
    }

    /// All pages of the list. One that has expired begins the list anew, once.
    async fn list(&mut self) -> Result<Told<T>, Failure> {
        let (mut items, mut next, mut restarted) = (Vec::new(), String::new(), false);
        loop {
            let answer = self.page(&next).await?;
            if answer.status == StatusCode::GONE && !restarted {
                restarted = true;
                items.clear();
                next.clear();
                continue;
            }
            if answer.status == StatusCode::NOT_FOUND && self.decoder.may_be_absent() {
                return Ok(Told::Absent);
            }
            if answer.status == StatusCode::FORBIDDEN && self.is_absent().await {
                return Ok(Told::Absent);
            }
            if !answer.status.is_success() {
                return Err(refusal(&answer, self.resource()));
            }
            let page = self.decoder.page(&answer.body);
            let page = page.map_err(|_| self.unread(&answer))?;
            items.extend(page.items);
            if items.len() > self.most {
                return Ok(Told::TooMany);
            }
            next = page.next;
            if next.is_empty() {
                self.version = Some(page.version);
                self.lines = None;
                return Ok(Told::All(items));
            }
        }
    }

    /// Whether the server says that it has nothing of the kind. One that does not let us list a
    /// resource refuses to before it looks whether there is such a thing.
    async fn is_absent(&self) -> bool {
        if !self.decoder.may_be_absent() {
            return false;
        }
        let path = self.decoder.discovery_path();
        let found = self.upstream.get(&path, &[]);
        found.await.is_ok_and(|found| {
            let lacks = found.status.is_success() && self.decoder.is_lacking(&found.body);
            found.status == StatusCode::NOT_FOUND || lacks
        })
    }

    async fn page(&self, next: &str) -> Result<Answer, Failure> {
        let path = self.decoder.path();
        let mut target = format!("{path}?limit={PAGE}");
        if !next.is_empty() {
            target.push_str("&continue=");
            target.push_str(&encoded(next));
        }
        let request = Request::get(target).header(ACCEPT, self.decoder.accept_list());
        let request = request.body(Bytes::new()).map_err(|_| self.odd())?;
        self.upstream.send(request).await
    }

    async fn open(&mut self, version: &str) -> Result<Told<T>, Failure> {
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", LASTS),
            ("resourceVersion", version),
        ];
        let (path, accept) = (self.decoder.path(), self.decoder.accept());
        let opened = self.upstream.lines_as(&path, &query, SILENCE, accept);
        match opened.await? {
            Ok(lines) => {
                self.heard = false;
                self.lines = Some(lines);
                Ok(Told::Opened)
            }
            Err(answer) if answer.status == StatusCode::GONE => Ok(self.forgotten()),
            Err(answer) => Err(refusal(&answer, self.resource())),
        }
    }

    fn step(&mut self, line: &[u8]) -> Result<Told<T>, Failure> {
        match self.decoder.frame(line).map_err(|_| self.odd())? {
            Frame::Put(version, key, object) => {
                self.seen(version);
                // What is no longer kept may have been before.
                Ok(match object {
                    Some(object) => Told::Put(key, object),
                    None => Told::Gone(key),
                })
            }
            Frame::Gone(version, key) => {
                self.seen(version);
                Ok(Told::Gone(key))
            }
            Frame::Bookmark(version) => {
                self.seen(version);
                Ok(Told::Still)
            }
            // "Too old" comes as a frame of a good answer.
            Frame::Error(410) => Ok(self.forgotten()),
            Frame::Error(_) => Err(self.odd()),
            Frame::Other => Ok(Told::Still),
        }
    }

    fn seen(&mut self, version: String) {
        if !version.is_empty() {
            self.version = Some(version);
        }
    }

    fn forgotten(&mut self) -> Told<T> {
        self.version = None;
        Told::Forgotten
    }

    /// What is wrong with an answer that is no list.
    fn unread(&self, answer: &Answer) -> Failure {
        let json = answer.json::<serde::de::IgnoredAny>();
        json.err().unwrap_or_else(|| self.odd())
    }

    fn odd(&self) -> Failure {
        let (place, plural) = (self.upstream.place(), self.resource());
        let detail = format!("the watch of {plural} by {place} went wrong: it is opened again");
        Failure::new(GapKind::BadAnswer, detail)
    }
}

/// A token of the server's as a query says it.
fn encoded(token: &str) -> String {
    let mut text = String::new();
    for byte in token.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
