//! Whose token is this? `TokenReview`, `SelfSubjectReview` and OpenShift's `users/~`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Hub;
use super::accounts::{API_AUDIENCE, Issued, User};
use super::door::{Asker, forbidden, nothing_here, status};

pub(super) const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
pub(super) const SELF_REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
pub(super) const OWN_USER: &str = "/apis/user.openshift.io/v1/users/~";

const GROUP: &str = "authentication.k8s.io";
const USER_GROUP: &str = "user.openshift.io";
const ANONYMOUS: &str = "system:anonymous";

/// 201 also where the token is bad: `status.authenticated` is then absent.
pub(super) async fn token_review(
    State(hub): State<Hub>,
    headers: HeaderMap,
    Json(mut review): Json<Value>,
) -> Response {
    hub.count(|counts| counts.token_reviews += 1);
    let asker = match hub.asker(&headers) {
        Ok(asker) => asker,
        Err(refusal) => return *refusal,
    };
    if !asker.as_ref().is_some_and(|asker| asker.reviews_tokens) {
        let who = asker.map_or(ANONYMOUS.to_owned(), |asker| asker.name);
        return forbidden("create", (GROUP, "tokenreviews", None), &who, "");
    }
    let token = review["spec"]["token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if token.is_empty() {
        let message = "token is required for TokenReview in authentication";
        return status(StatusCode::BAD_REQUEST, "BadRequest", message, None);
    }
    let asked = texts(&review["spec"]["audiences"]);
    review["metadata"] = json!({});
    review["status"] = hub.verdict(&token, &asked);
    (StatusCode::CREATED, Json(review)).into_response()
}

/// Who bears the request's own token.
pub(super) async fn self_review(State(hub): State<Hub>, headers: HeaderMap) -> Response {
    hub.count(|counts| counts.self_reviews += 1);
    let what = (GROUP, "selfsubjectreviews", None);
    let asker = match hub.asker(&headers) {
        Ok(Some(asker)) => asker,
        Ok(None) => return forbidden("create", what, ANONYMOUS, ""),
        Err(refusal) => return *refusal,
    };
    if let Some(why) = asker.prevented() {
        return forbidden("create", what, &asker.name, &why);
    }
    let now = (hub.inner.now)();
    let body = json!({
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": { "creationTimestamp": seconds(now) },
        "status": { "userInfo": asker.info },
    });
    (StatusCode::CREATED, Json(body)).into_response()
}

/// The `User` of the request's own token; one without a uid where there is no such object.
pub(super) async fn own_user(State(hub): State<Hub>, headers: HeaderMap) -> Response {
    hub.count(|counts| counts.users += 1);
    if !hub.behaviour().openshift {
        return nothing_here().await;
    }
    let asker = match hub.asker(&headers) {
        Ok(Some(asker)) => asker,
        Ok(None) => return forbidden("get", (USER_GROUP, "users", Some("~")), ANONYMOUS, ""),
        Err(refusal) => return *refusal,
    };
    let mut groups = texts(&asker.info["groups"]);
    groups.sort();
    let mut body = json!({
        "kind": "User",
        "apiVersion": "user.openshift.io/v1",
        "metadata": { "name": asker.name },
        "groups": groups,
    });
    if let Some(uid) = asker.info["uid"].as_str() {
        body["metadata"]["uid"] = json!(uid);
        body["identities"] = json!([format!("htpasswd:{}", asker.name)]);
    }
    Json(body).into_response()
}

impl Hub {
    /// The `status` of a `TokenReview`.
    fn verdict(&self, token: &str, asked: &[String]) -> Value {
        let own = [API_AUDIENCE.to_owned()];
        let targets = if asked.is_empty() { &own[..] } else { asked };
        let accounts = self.accounts();
        let found = accounts.find(token);
        if self.behaviour().ignores_audiences {
            return match found {
                Some((issued, user)) => {
                    json!({ "authenticated": true, "user": issued.user_info(user) })
                }
                None => no("[invalid bearer token, token lookup failed]"),
            };
        }
        let now = (self.inner.now)();
        match found {
            Some((issued, user)) => reviewed((issued, user), targets, now),
            None => no(&looked_up("invalid bearer token", targets)),
        }
    }
}

fn reviewed((issued, user): (&Issued, &User), targets: &[String], now: Timestamp) -> Value {
    let is_jwt = user.name.starts_with("system:serviceaccount:");
    let met: Vec<_> = targets
        .iter()
        .filter(|target| issued.is_for(target))
        .collect();
    if met.is_empty() {
        let said = if is_jwt {
            let (of, to) = (json!(issued.audiences), json!(targets));
            format!(
                "invalid bearer token, token audiences {of} is invalid for the target audiences {to}"
            )
        } else {
            "invalid bearer token".to_owned()
        };
        return no(&looked_up(&said, targets));
    }
    if issued.expires <= now {
        let said = if is_jwt {
            "invalid bearer token, service account token has expired"
        } else {
            "invalid bearer token"
        };
        return no(&looked_up(said, targets));
    }
    json!({ "authenticated": true, "user": issued.user_info(user), "audiences": met })
}

fn no(error: &str) -> Value {
    json!({ "user": {}, "error": error })
}

/// The token webhook is asked last, and only for the server's own audience.
fn looked_up(said: &str, targets: &[String]) -> String {
    if targets.iter().any(|target| target == API_AUDIENCE) {
        format!("[{said}, token lookup failed]")
    } else if said.contains(',') {
        format!("[{said}]")
    } else {
        said.to_owned()
    }
}

impl Asker {
    /// Why the scopes of the token keep its bearer from asking about itself; nothing where they
    /// do not.
    fn prevented(&self) -> Option<String> {
        let opaque = self.token.starts_with("sha256~");
        let full = self.scopes.iter().any(|scope| scope == "user:full");
        (opaque && !full)
            .then(|| format!(": scopes [{}] prevent this action", self.scopes.join(" ")))
    }
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn seconds(at: Timestamp) -> String {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    at.to_string()
}
