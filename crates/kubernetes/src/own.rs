//! What the credential that calls may do itself.

use fleetscope_model::Right;
use fleetscope_outbound::Failure;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Kubernetes;
use crate::listing::refusal;

const ACCESS: &str = "selfsubjectaccessreviews";
const RULES: &str = "selfsubjectrulesreviews";

/// What a rule allows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `*` is all.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// `*` is all.
    #[serde(default)]
    pub api_groups: Vec<String>,
    /// With subresources after a slash; `*` is all.
    #[serde(default)]
    pub resources: Vec<String>,
    /// None is all.
    #[serde(default)]
    pub resource_names: Vec<String>,
}

#[derive(Deserialize)]
struct Reviewed<T> {
    status: T,
}

#[derive(Deserialize)]
struct Allowed {
    #[serde(default)]
    allowed: bool,
    #[serde(default)]
    denied: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    #[serde(default)]
    resource_rules: Vec<Rule>,
}

impl Kubernetes {
    /// Whether the credential has a right. `Refused` where the API server knows nobody behind the
    /// request.
    pub async fn has_right(&self, right: &Right) -> Result<bool, Failure> {
        let (resource, subresource) = right
            .resource
            .split_once('/')
            .unwrap_or((&right.resource, ""));
        let spec = json!({ "resourceAttributes": {
            "verb": right.verb, "group": right.group, "resource": resource,
            "subresource": subresource, "name": right.name, "namespace": right.namespace,
        }});
        let review: Reviewed<Allowed> =
            self.review(ACCESS, "SelfSubjectAccessReview", spec).await?;
        Ok(review.status.allowed && !review.status.denied)
    }

    /// The rules that hold for the credential in a namespace, those of the whole cluster among
    /// them. An API server may leave some out, so that nothing is to be concluded from an absence.
    pub async fn own_rules(&self, namespace: &str) -> Result<Vec<Rule>, Failure> {
        let spec = json!({ "namespace": namespace });
        let review: Reviewed<Rules> = self.review(RULES, "SelfSubjectRulesReview", spec).await?;
        Ok(review.status.resource_rules)
    }

    async fn review<T: DeserializeOwned>(
        &self,
        plural: &str,
        kind: &str,
        spec: Value,
    ) -> Result<T, Failure> {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": kind, "metadata": {}, "spec": spec,
        });
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/apis/authorization.k8s.io/v1/{plural}"))
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .body(review.to_string().into_bytes())
            .map_err(|_| self.connection.odd())?;
        let answer = self.connection.answer(request).await?;
        if answer.status != StatusCode::CREATED && answer.status != StatusCode::OK {
            return Err(refusal(&answer, plural));
        }
        answer.json()
    }
}
