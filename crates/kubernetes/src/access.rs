//! Access reviews: whether somebody may do something, by the API server's word.

use fleetscope_model::{Action, GapKind, Question};
use fleetscope_outbound::Failure;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use k8s_openapi::api::authorization::v1 as authorization;
use k8s_openapi::api::core::v1 as core;

use crate::Kubernetes;
use crate::listing::refusal;
use crate::meta::Meta;

const PATH: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

impl Kubernetes {
    /// Whether the API server allows what is asked. A failure says that it gave no answer; it is
    /// never to be taken for a yes, nor remembered as a no. The answer repeats the question and
    /// is not logged.
    pub async fn allows(&self, question: &Question) -> Result<bool, Failure> {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        let review = authorization::SubjectAccessReview {
            spec: spec(question),
            ..Default::default()
        };
        let body = serde_json::to_vec(&review).map_err(|_| self.connection.odd())?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .body(body)
            .map_err(|_| self.connection.odd())?;
        let answer = self.connection.answer(request).await?;
        if answer.status != StatusCode::CREATED && answer.status != StatusCode::OK {
            return Err(match answer.status {
                StatusCode::FORBIDDEN => may_not_ask(&answer.place),
                _ => refusal(&answer, "subjectaccessreviews"),
            });
        }
        let review: authorization::SubjectAccessReview = answer.json()?;
        let status = review.status.ok_or_else(|| self.connection.odd())?;
        Ok(status.allowed && status.denied != Some(true))
    }

    /// The names of all namespaces.
    pub async fn namespaces(&self) -> Result<Vec<String>, Failure> {
        let listed = self
            .connection
            .list::<core::Namespace, _>(|object| Some(Meta::from(object.metadata).name))
            .await;
        match listed.failure {
            Some(failure) => Err(failure),
            None => Ok(listed.items),
        }
    }
}

fn may_not_ask(place: &str) -> Failure {
    Failure::new(
        GapKind::Forbidden,
        format!(
            "{place} does not let Fleetscope ask about rights: bind the ClusterRole \
             system:auth-delegator to its service account there"
        ),
    )
}

fn spec(question: &Question) -> authorization::SubjectAccessReviewSpec {
    authorization::SubjectAccessReviewSpec {
        user: Some(question.user.clone()),
        uid: question.uid.clone(),
        groups: Some(question.groups.clone()).filter(|groups| !groups.is_empty()),
        extra: Some(question.extra.clone()).filter(|extra| !extra.is_empty()),
        resource_attributes: Some(attributes(&question.action)),
        non_resource_attributes: None,
    }
}

fn attributes(action: &Action) -> authorization::ResourceAttributes {
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    authorization::ResourceAttributes {
        group: said(action.group),
        resource: said(action.resource),
        subresource: said(action.subresource),
        verb: said(action.verb),
        name: said(&action.name),
        namespace: said(&action.namespace),
        ..Default::default()
    }
}
