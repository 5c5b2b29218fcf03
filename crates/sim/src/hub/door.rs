//! What happens to every request, and who is asking.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::accounts::API_AUDIENCE;
use super::{Hub, Outage};

/// Who asks the API server.
pub(super) struct Asker {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) info: Value,
    pub(super) scopes: Vec<String>,
    pub(super) reviews_tokens: bool,
}

/// Delays, refuses or holds a request, as the server is told to behave.
pub(super) async fn behave(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let _under_way = UnderWay::begin(&hub);
    let behaviour = hub.behaviour();
    if !behaviour.latency.is_zero() {
        tokio::time::sleep(behaviour.latency).await;
    }
    let mut behaviours = hub.inner.behaviour.subscribe();
    // The sender lives as long as the hub.
    let _ = behaviours
        .wait_for(|behaviour| behaviour.outage != Outage::Hangs)
        .await;
    drop(behaviours);
    if let Outage::Answers(status) = hub.behaviour().outage {
        let said = authorization(request.headers()).unwrap_or_default();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return (status, format!("no backend for a request with {said}\n")).into_response();
    }
    next.run(request).await
}

pub(super) async fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// Counts a request while it is there.
struct UnderWay(Hub);

impl UnderWay {
    fn begin(hub: &Hub) -> Self {
        hub.count(|counts| {
            counts.under_way += 1;
            counts.most_at_once = counts.most_at_once.max(counts.under_way);
        });
        Self(hub.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.count(|counts| counts.under_way -= 1);
    }
}

impl Hub {
    /// The bearer of the request's token; none without a token, which makes the caller anonymous.
    pub(super) fn asker(&self, headers: &HeaderMap) -> Result<Option<Asker>, Box<Response>> {
        let Some(text) = authorization(headers) else {
            return Ok(None);
        };
        let token = text.strip_prefix("Bearer ").unwrap_or_default();
        let now = (self.inner.now)();
        let accounts = self.accounts();
        let (issued, user) = accounts
            .find(token)
            .ok_or_else(|| Box::new(unauthorized()))?;
        if !issued.is_for(API_AUDIENCE) || issued.expires <= now {
            return Err(Box::new(unauthorized()));
        }
        Ok(Some(Asker {
            name: user.name.clone(),
            token: token.to_owned(),
            info: issued.user_info(user),
            scopes: issued.scopes.clone(),
            reviews_tokens: user.reviews_tokens,
        }))
    }
}

fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?;
    value.to_str().ok().map(str::to_owned)
}

fn unauthorized() -> Response {
    let code = StatusCode::UNAUTHORIZED;
    status(code, "Unauthorized", "Unauthorized", None)
}

/// A `Status` that refuses the creation or reading of something.
pub(super) fn forbidden(
    verb: &str,
    (group, kind, name): (&str, &str, Option<&str>),
    who: &str,
    why: &str,
) -> Response {
    let named = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let message = format!(
        "{kind}.{group}{named} is forbidden: User \"{who}\" cannot {verb} resource \"{kind}\" in API group \
         \"{group}\" at the cluster scope{why}"
    );
    let mut details = json!({ "group": group, "kind": kind });
    if let Some(name) = name {
        details["name"] = json!(name);
    }
    status(StatusCode::FORBIDDEN, "Forbidden", &message, Some(details))
}

/// A `Status` of a failure.
pub(super) fn status(
    code: StatusCode,
    reason: &str,
    message: &str,
    details: Option<Value>,
) -> Response {
    let mut body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code.as_u16(),
    });
    if let Some(details) = details {
        body["details"] = details;
    }
    (code, axum::Json(body)).into_response()
}
