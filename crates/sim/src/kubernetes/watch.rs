//! Watches: a stream of frames, one line of JSON each.
//!
//! A watch sleeps until the store has something new, its bookmark is due or its time is up;
//! it never polls. It reads the store's log from where it last was, so a slow reader costs the
//! server nothing, and one that is too slow is told `410 Expired`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::body::{self, Writer};
use super::list::{Scope, reached};
use super::negotiate::{Form, IncludeObject};
use super::options::{AskedVersion, ListOptions};
use super::status::Refusal;
use super::store::{Compacted, KubeStore, LogEntry, Progress, in_namespace};

/// How long a watch lives that names no time: the least that a real server picks.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(30);
/// How often a bookmark comes.
const BOOKMARK_PERIOD: Duration = Duration::from_mins(1);
/// How long before the end the last bookmark comes.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// The annotation of the bookmark behind the objects that were there before.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Answers a watch. What is wrong with the request was refused before; what goes wrong from here
/// is told in an `ERROR` frame.
pub(crate) fn watch(
    store: &KubeStore,
    scope: Scope,
    options: &ListOptions,
    form: Form,
) -> Response {
    let watch = Watch::new(store.clone(), scope, options, form);
    let frames = futures::stream::unfold(watch, |mut watch| async {
        let frame = watch.next().await?;
        Some((Ok::<_, Infallible>(frame), watch))
    });
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (content_type, Body::from_stream(frames)).into_response()
}

/// Where a watch begins.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// With all the objects there are.
    Objects { not_older_than: u64, bookmark: bool },
    /// With what comes after this revision.
    After(u64),
    /// With what comes from now on.
    Now,
}

struct Watch {
    store: KubeStore,
    scope: Scope,
    form: Form,
    include: IncludeObject,
    /// Nothing once the watch has begun.
    start: Option<Start>,
    /// The revision up to which all is told.
    seen: u64,
    pending: VecDeque<Bytes>,
    /// Whether nothing comes after the pending frames.
    over: bool,
    told_columns: bool,
    progress: Receiver<Progress>,
    epoch: u64,
    deadline: Instant,
    bookmark: Option<Instant>,
}

impl Watch {
    fn new(store: KubeStore, scope: Scope, options: &ListOptions, form: Form) -> Self {
        let progress = store.progress();
        let epoch = progress.borrow().epoch;
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let now = Instant::now();
        let deadline = now + timeout;
        Self {
            store,
            scope,
            form,
            include: options.include_object,
            start: Some(Start::of(options)),
            seen: 0,
            pending: VecDeque::new(),
            over: false,
            told_columns: false,
            progress,
            epoch,
            deadline,
            bookmark: options
                .bookmarks
                .then(|| next_bookmark(now, deadline))
                .flatten(),
        }
    }

    /// The next frame; nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(start) = self.start.take() {
            self.begin(start).await;
        }
        loop {
            if let Some(frame) = self.pending.pop_front() {
                return Some(frame);
            }
            if self.over || self.progress.borrow_and_update().epoch != self.epoch {
                return None;
            }
            self.read_log();
            if self.pending.is_empty() && !self.over {
                self.sleep().await;
            }
        }
    }

    async fn begin(&mut self, start: Start) {
        let (not_older_than, bookmark) = match start {
            Start::After(revision) => {
                self.seen = revision;
                return;
            }
            Start::Now => {
                self.seen = self.store.resource_version();
                return;
            }
            Start::Objects {
                not_older_than,
                bookmark,
            } => (not_older_than, bookmark),
        };
        if let Err(refusal) = reached(&self.store, not_older_than).await {
            self.fail(&refusal);
            return;
        }
        let namespace = self.scope.namespace.as_deref();
        let snapshot = self.store.snapshot(&self.scope.resource, namespace);
        self.seen = snapshot.revision;
        for (_, object) in &snapshot.objects {
            if self.scope.selector.matches(object) {
                self.push("ADDED", object);
            }
        }
        if bookmark {
            self.push_bookmark(json!({ INITIAL_EVENTS_END: "true" }));
        }
    }

    /// Takes over what was written since the last look.
    fn read_log(&mut self) {
        match self.store.changes_since(&self.scope.resource, self.seen) {
            Err(Compacted { oldest }) => {
                let message = format!("too old resource version: {} ({oldest})", self.seen);
                self.fail(&Refusal::expired(message, None));
            }
            Ok((entries, progressed)) => {
                for entry in entries {
                    self.take(&entry);
                }
                // A version from the future stays the one to wait for.
                self.seen = self.seen.max(progressed.revision);
                self.over = !progressed.still_served;
            }
        }
    }

    /// Tells one write as the selector sees it.
    fn take(&mut self, entry: &LogEntry) {
        let Scope {
            resource,
            namespace,
            selector,
        } = &self.scope;
        if !in_namespace(&entry.key, namespace.as_deref()) {
            return;
        }
        let matching = |object: &Option<Arc<Value>>| {
            let object = resource.present(object.as_ref()?);
            selector.matches(&object).then_some(object)
        };
        match (matching(&entry.before), matching(&entry.after)) {
            (None, Some(object)) => self.push("ADDED", &object),
            (Some(_), Some(object)) => self.push("MODIFIED", &object),
            // Also where the object is still there and only left the selector.
            (Some(_), None) => {
                if let Some(last) = entry.last_state() {
                    let last = self.scope.resource.present(&last);
                    self.push("DELETED", &last);
                }
            }
            (None, None) => {}
        }
    }

    /// Waits for a write or the next bookmark; ends the watch where its time is up.
    async fn sleep(&mut self) {
        let wake = self
            .bookmark
            .map_or(self.deadline, |due| due.min(self.deadline));
        tokio::select! {
            changed = self.progress.changed() => {
                self.over = changed.is_err();
            }
            () = sleep_until(wake) => {
                if wake == self.deadline {
                    self.over = true;
                } else {
                    self.bookmark = next_bookmark(wake, self.deadline);
                    self.push_bookmark(Value::Null);
                }
            }
        }
    }

    fn push(&mut self, kind: &str, object: &Value) {
        let writer = Writer {
            resource: &self.scope.resource,
            form: self.form,
            include: self.include,
            now: self.store.now(),
        };
        let frame = writer.frame(kind, object, !self.told_columns);
        self.told_columns = true;
        self.pending.push_back(frame);
    }

    /// A bookmark tells that all up to this version was told, and nothing else.
    fn push_bookmark(&mut self, annotations: Value) {
        let spec = &self.scope.resource.spec;
        let mut bookmark = json!({
            "kind": spec.kind,
            "apiVersion": spec.api_version(),
            "metadata": { "resourceVersion": self.seen.to_string() },
        });
        if !annotations.is_null() {
            bookmark["metadata"]["annotations"] = annotations;
        }
        self.push("BOOKMARK", &bookmark);
    }

    fn fail(&mut self, refusal: &Refusal) {
        self.pending
            .push_back(body::frame("ERROR", &refusal.object()));
        self.over = true;
    }
}

impl Start {
    fn of(options: &ListOptions) -> Self {
        let asked = match options.version {
            AskedVersion::At(revision) => revision,
            AskedVersion::Latest | AskedVersion::Any => 0,
        };
        match (options.initial_events, options.version) {
            (Some(true), _) => Self::Objects {
                not_older_than: asked,
                bookmark: options.bookmarks,
            },
            (_, AskedVersion::At(revision)) => Self::After(revision),
            (Some(false), _) => Self::Now,
            (None, _) => Self::Objects {
                not_older_than: 0,
                bookmark: false,
            },
        }
    }
}

/// When the next bookmark is due; nothing where the last one has been.
fn next_bookmark(now: Instant, deadline: Instant) -> Option<Instant> {
    let last = deadline.checked_sub(LAST_BOOKMARK)?;
    (now < last).then(|| (now + BOOKMARK_PERIOD).min(last))
}
