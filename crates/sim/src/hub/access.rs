//! Who may do what, by the hub's word: reviews of access over its roles and bindings.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri};

use super::Hub;
use super::door::{Asker, forbidden, nothing_here};
use super::reviews::texts;
use crate::kubernetes::{Review, Subject};

/// The reviews, by path.
pub(super) const REVIEWS: [&str; 3] = [
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
];

const GROUP: &str = "authorization.k8s.io";

/// Nobody asks without a token; who may review tokens may review access too, as the cluster role
/// `system:auth-delegator` has it.
pub(super) async fn review(
    State(hub): State<Hub>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(review) = Review::at(uri.path()) else {
        return nothing_here().await;
    };
    let asker = match hub.asker(&headers) {
        Ok(Some(asker)) => asker,
        Ok(None) => {
            let what = (GROUP, review.plural(), None);
            return forbidden("create", what, "system:anonymous", "");
        }
        Err(refusal) => return *refusal,
    };
    let delegated = review == Review::Subject && asker.reviews_tokens;
    let subject = subject(&asker);
    let asker = (!delegated).then_some(&subject);
    let answer = review.answer(hub.access(), asker, &body).await;
    answer.unwrap_or_else(IntoResponse::into_response)
}

fn subject(asker: &Asker) -> Subject {
    let extra = asker.info["extra"].as_object();
    let extra: BTreeMap<String, Vec<String>> = extra
        .into_iter()
        .flatten()
        .map(|(name, values)| (name.clone(), texts(values)))
        .collect();
    Subject {
        user: asker.name.clone(),
        groups: texts(&asker.info["groups"]),
        extra,
    }
}
