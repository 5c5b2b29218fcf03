//! Logs of containers, as far as their nodes still hold them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use fleetscope_outbound::{Failure, Lines};
use http::header::ACCEPT;
use http::{Request, StatusCode};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use crate::Kubernetes;
use crate::exec::is_name;
use crate::listing::{Listed, refusal};

/// A pod, as far as its logs are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The node it was put on.
    pub node: Option<String>,
    /// Its containers, init containers left out.
    pub containers: Vec<String>,
    /// Those of them that run.
    pub running: Vec<String>,
}

/// Which lines of which container.
#[derive(Debug, Clone, Copy)]
pub struct PodLog<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
    /// From when on, to the second.
    pub since: Timestamp,
    /// At most this many lines, the newest.
    pub lines: u32,
    /// At most this many bytes.
    pub bytes: u64,
}

/// A line of a container; both of its streams are one here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLine {
    /// When it was written.
    pub at: Timestamp,
    /// The text.
    pub text: String,
}

/// Lines of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLines {
    /// Oldest first.
    pub lines: Vec<PodLine>,
    /// Whether they were more bytes than were asked for: the newest are missing.
    pub cut: bool,
}

impl From<core::Pod> for LogPod {
    fn from(object: core::Pod) -> Self {
        let spec = object.spec.unwrap_or_default();
        let statuses = object.status.and_then(|status| status.container_statuses);
        let runs = |status: &core::ContainerStatus| {
            status.state.as_ref().is_some_and(|s| s.running.is_some())
        };
        Self {
            namespace: object.metadata.namespace.unwrap_or_default(),
            name: object.metadata.name.unwrap_or_default(),
            labels: object.metadata.labels.unwrap_or_default(),
            node: spec.node_name,
            containers: spec.containers.into_iter().map(|c| c.name).collect(),
            running: statuses
                .unwrap_or_default()
                .into_iter()
                .filter(runs)
                .map(|status| status.name)
                .collect(),
        }
    }
}

impl Kubernetes {
    /// Pods of all namespaces.
    pub async fn log_pods(&self) -> Listed<LogPod> {
        self.connection
            .list::<core::Pod, _>(|object| Some(object.into()))
            .await
    }

    /// The lines of a container, oldest first. A container that has not begun has none. What was
    /// cut in the middle, at either end of what the node holds, is left out.
    pub async fn pod_log(&self, of: &PodLog<'_>) -> Result<PodLines, Failure> {
        let answer = self.upstream.send(request(of, self)?).await?;
        match answer.status {
            StatusCode::OK => Ok(PodLines {
                cut: answer.body.len() as u64 >= of.bytes,
                lines: lines(&answer.body),
            }),
            // Not put on a node yet; or its container waits, or is none of the pod's.
            StatusCode::NO_CONTENT | StatusCode::BAD_REQUEST => Ok(PodLines {
                lines: Vec::new(),
                cut: false,
            }),
            _ => Err(refusal(&answer, "pods/log")),
        }
    }
}

/// Longer lines are cut: sixty-four of the parts that a runtime writes.
const LONGEST_LINE: usize = 1024 * 1024;

/// The lines of a container as they are written.
#[derive(Debug)]
pub struct FollowedLog {
    lines: Lines,
}

impl FollowedLog {
    /// The next line; none where the container has ended. `Timeout` after a long silence, which
    /// may be a dead connection or a quiet container; `Truncated` where the connection breaks off.
    pub async fn next(&mut self) -> Result<Option<PodLine>, Failure> {
        while let Some(line) = self.lines.next().await? {
            // One without its time is a part of one that was cut by the node.
            let Some(mut known) = one(&String::from_utf8_lossy(&line)) else {
                continue;
            };
            if line.len() >= LONGEST_LINE {
                known
                    .text
                    .push_str(" (cut here: the line is longer than 1 MiB)");
            }
            return Ok(Some(known));
        }
        Ok(None)
    }
}

impl Kubernetes {
    /// Follows a container from an instant on, the newest `lines` of before now first; none where
    /// it has no log yet, or is there no more. Silence longer than `idle` ends it.
    pub async fn follow_log(
        &self,
        of: &PodLog<'_>,
        idle: Duration,
    ) -> Result<Option<FollowedLog>, Failure> {
        let (path, since, lines) = (path(of, self)?, since(of), of.lines.to_string());
        let query = [
            ("container", of.container),
            ("timestamps", "true"),
            ("follow", "true"),
            ("sinceTime", &since),
            ("tailLines", &lines),
        ];
        match self.upstream.lines(&path, &query, idle).await? {
            Ok(lines) => Ok(Some(FollowedLog {
                lines: lines.cut_at(LONGEST_LINE),
            })),
            Err(answer) => match answer.status {
                StatusCode::NO_CONTENT | StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
                    Ok(None)
                }
                _ => Err(refusal(&answer, "pods/log")),
            },
        }
    }
}

/// Where a container's log is.
fn path(of: &PodLog<'_>, kubernetes: &Kubernetes) -> Result<String, Failure> {
    let (namespace, pod) = (of.namespace, of.pod);
    if !is_name(namespace) || !is_name(pod) || !is_name(of.container) {
        return Err(kubernetes.connection.odd());
    }
    Ok(format!("/api/v1/namespaces/{namespace}/pods/{pod}/log"))
}

/// Fractions of a second are taken, too, but not by every kubelet.
fn since(of: &PodLog<'_>) -> String {
    of.since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn request(of: &PodLog<'_>, kubernetes: &Kubernetes) -> Result<Request<Bytes>, Failure> {
    let (path, since) = (path(of, kubernetes)?, since(of));
    let (container, lines, bytes) = (of.container, of.lines, of.bytes);
    Request::get(format!(
        "{path}?container={container}&timestamps=true&sinceTime={since}&tailLines={lines}\
         &limitBytes={bytes}"
    ))
    .header(ACCEPT, "text/plain, application/json, */*")
    .body(Bytes::new())
    .map_err(|_| kubernetes.connection.odd())
}

/// `2026-11-22T13:00:00.123456789Z text`, line by line. A line without its time is the end of one
/// that was cut, or the begin of one that is.
fn lines(body: &[u8]) -> Vec<PodLine> {
    let text = String::from_utf8_lossy(body);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(one).collect()
}

fn one(line: &str) -> Option<PodLine> {
    let (at, text) = line.split_once(' ').unwrap_or((line, ""));
    Some(PodLine {
        at: at.parse().ok()?,
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_times_and_what_is_cut_is_left_out() {
        let body = b"2026-11-22T13:00:00.5Z first one\n2026-11-22T13:00:01Z \n\
                     half of a line\n2026-11-22T13:00:02Z cut in the mid";
        let lines = lines(body);
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["first one", ""]);
        assert_eq!(lines[0].at.as_millisecond() % 1000, 500);
    }
}
