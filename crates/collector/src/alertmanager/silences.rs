//! Making and ending silences: on one cluster, where the caller may, so that a failure is an error.

use std::sync::Arc;

use bytes::Bytes;
use fleetscope_model::{
    Aspect, Caller, ClusterId, ClusterVerb, ErrorKind, GapKind, Matcher, NewSilence, Permission,
    Sight, Silence, SilenceState, Source,
};
use fleetscope_outbound::failure::printable;
use fleetscope_outbound::{Answer, Failure, Upstream};
use fleetscope_ports::{Error, Result};
use http::{Method, Request, header};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::{answer, matchers};
use crate::Collector;
use crate::range::invalid;
use crate::site::Site;

/// Characters of a comment.
const LONGEST: usize = 1_000;

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "silenceID")]
    id: String,
}

/// Makes a silence and reads it back.
pub(super) async fn create(
    collector: &Collector,
    caller: &Caller,
    cluster: ClusterId,
    new: &NewSilence,
) -> Result<Silence> {
    check(new)?;
    let place = open(collector, caller, cluster).await?;
    if !matchers::held_to(&place.sight, &new.matchers) {
        return Err(beyond());
    }
    let matchers: Vec<_> = new.matchers.iter().map(written).collect();
    let body = json!({
        "matchers": matchers, "startsAt": new.starts_at, "endsAt": new.ends_at,
        "createdBy": caller.name, "comment": new.comment,
    });
    let made = place
        .send(Method::POST, "/api/v2/silences", Some(body.to_string()))
        .await?;
    let made: Created = made.json().map_err(failed)?;
    place.silence(&made.id).await
}

/// Ends a silence; what has ended stays so.
pub(super) async fn expire(
    collector: &Collector,
    caller: &Caller,
    cluster: ClusterId,
    id: &str,
) -> Result<()> {
    let place = open(collector, caller, cluster).await?;
    let silence = place.silence(id).await?;
    // One that is held to no namespace that the caller sees is not shown to it.
    if !matchers::held_to(&place.sight, &silence.matchers) {
        return Err(Error::not_found("silence", &id));
    }
    if silence.state == SilenceState::Expired {
        return Ok(());
    }
    let path = format!("/api/v2/silence/{}", silence.id);
    place.send(Method::DELETE, &path, None).await.map(drop)
}

fn check(new: &NewSilence) -> Result<()> {
    matchers::check(&new.matchers)?;
    let says_nothing = |matcher: &Matcher| matcher.value.is_empty();
    if new.matchers.iter().all(says_nothing) {
        let message = "a silence needs a matcher with a value: without one it would keep every \
                       alert quiet";
        return Err(invalid("invalid_matcher", message));
    }
    if new.ends_at <= new.starts_at {
        let message = "the silence ends before it starts: move one of the two";
        return Err(invalid("invalid_range", message));
    }
    if new.comment.trim().is_empty() || new.comment.chars().count() > LONGEST {
        let message = format!("say why in 1 to {LONGEST} characters: whoever finds it will ask");
        return Err(invalid("invalid_comment", message));
    }
    Ok(())
}

fn written(matcher: &Matcher) -> serde_json::Value {
    json!({
        "name": matcher.name, "value": matcher.value,
        "isRegex": matcher.is_regex, "isEqual": matcher.is_equal,
    })
}

/// A cluster whose alerts the caller may silence, and which of them.
struct Place {
    cluster: ClusterId,
    upstream: Upstream,
    sight: Sight,
}

async fn open(collector: &Collector, caller: &Caller, id: ClusterId) -> Result<Place> {
    if !caller.may(Permission::Operate) {
        return Err(Error::forbidden(Permission::Operate.least_role()));
    }
    let cluster = collector.clusters.cluster(caller, id).await?;
    for verb in [ClusterVerb::Query, ClusterVerb::Silence] {
        if !collector.access.may(caller, id, verb).await? {
            let verb = verb.as_str();
            let message = format!(
                "you may see this cluster but not silence its alerts: ask for the verb {verb} on it"
            );
            return Err(Error::new(ErrorKind::Forbidden, "forbidden", message));
        }
    }
    let sight = collector
        .access
        .sight(caller, id, Aspect::Metrics, None)
        .await;
    let sight = sight.map_err(|unasked| {
        let message = format!("what you may see there can't be told: {}", unasked.detail);
        Error::new(ErrorKind::Unavailable, "rights_unknown", message)
    })?;
    let deadline = Instant::now() + collector.outbound.timeout();
    let site = Site::new(Arc::new(cluster), collector.outbound.clone(), deadline);
    let upstream = site.upstream(Source::Alertmanager).map_err(failed)?;
    Ok(Place {
        cluster: id,
        upstream,
        sight,
    })
}

impl Place {
    /// A silence by its id.
    async fn silence(&self, id: &str) -> Result<Silence> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
            return Err(Error::not_found("silence", &printable(id)));
        }
        let path = format!("/api/v2/silence/{id}");
        let answer = self.upstream.get(&path, &[]).await.map_err(failed)?;
        // Ids that are no UUID are refused as wrong: they name nothing either.
        if matches!(answer.status.as_u16(), 404 | 422) {
            return Err(Error::not_found("silence", &id));
        }
        let answer = answer.success().map_err(failed)?;
        answer::silence(&answer, self.cluster).map_err(failed)
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.unwrap_or_default()))
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "internal", "no request can be made").because(error)
            })?;
        let answer = self.upstream.send(request).await.map_err(failed)?;
        if answer.status.as_u16() == 400 {
            let said = printable(&String::from_utf8_lossy(&answer.body));
            return Err(invalid(
                "refused_by_alertmanager",
                format!("the cluster's Alertmanager refuses it: {said}"),
            ));
        }
        answer.success().map_err(failed)
    }
}

fn beyond() -> Error {
    Error::new(
        ErrorKind::Forbidden,
        "beyond_namespaces",
        "you see some namespaces of this cluster, and the silence would reach beyond: add a matcher \
         namespace=NAME of one that you see",
    )
}

/// What failed at the only cluster that was asked is the answer.
fn failed(failure: Failure) -> Error {
    let (kind, code) = match failure.kind {
        GapKind::NotConfigured => (ErrorKind::Conflict, "no_alertmanager"),
        GapKind::Timeout => (ErrorKind::Timeout, "alertmanager_timeout"),
        GapKind::Overloaded => (ErrorKind::TooManyRequests, "alertmanager_overloaded"),
        _ => (ErrorKind::Unavailable, "alertmanager_unavailable"),
    };
    Error::new(kind, code, failure.detail)
}
