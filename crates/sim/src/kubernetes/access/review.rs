//! The reviews over HTTP: `SubjectAccessReview` and those of oneself.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::status::Refusal;
use super::attributes::{PathAttributes, ResourceAttributes};
use super::{Access, Attributes, Decision, Subject, rules};

const GROUP: &str = "authorization.k8s.io";

/// Which review is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    /// Of somebody that the question names.
    Subject,
    /// Of whoever asks.
    Own,
    /// The rules of whoever asks.
    Rules,
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    user: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
    resource_attributes: Option<ResourceAttributes>,
    non_resource_attributes: Option<PathAttributes>,
    namespace: String,
}

impl Review {
    /// The review behind a path, if it is one.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path.strip_prefix("/apis/authorization.k8s.io/v1/")? {
            "subjectaccessreviews" => Some(Self::Subject),
            "selfsubjectaccessreviews" => Some(Self::Own),
            "selfsubjectrulesreviews" => Some(Self::Rules),
            _ => None,
        }
    }

    /// The plural under which the review itself is a right.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Subject => "subjectaccessreviews",
            Self::Own => "selfsubjectaccessreviews",
            Self::Rules => "selfsubjectrulesreviews",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Subject => "SubjectAccessReview",
            Self::Own => "SelfSubjectAccessReview",
            Self::Rules => "SelfSubjectRulesReview",
        }
    }

    /// Answers a review that `asker` (where it is known) sent.
    pub(crate) async fn answer(
        self,
        access: &Access,
        asker: Option<&Subject>,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        if !access.switches().pass().await {
            return Err(Refusal::internal("the authorizers are out of order"));
        }
        let question: Question = serde_json::from_slice(body)
            .map_err(|_| Refusal::bad_request("the object provided is unrecognized"))?;
        self.may_be_asked(access, asker)?;
        let (spec, status) = match self {
            Self::Subject => subject_review(access, question.spec)?,
            Self::Own => own_review(access, asker, question.spec)?,
            Self::Rules => rules_review(access, asker, &question.spec)?,
        };
        let answer = json!({
            "kind": self.kind(), "apiVersion": "authorization.k8s.io/v1", "metadata": {},
            "spec": spec, "status": status,
        });
        Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
    }

    /// Reviews of somebody else are a right of their own; where nobody is known to ask, the
    /// cluster looks at no token, and everybody has it.
    fn may_be_asked(self, access: &Access, asker: Option<&Subject>) -> Result<(), Refusal> {
        let Some(asker) = asker else { return Ok(()) };
        let wanted = Attributes::Resource(ResourceAttributes {
            verb: "create".to_owned(),
            group: GROUP.to_owned(),
            resource: self.plural().to_owned(),
            ..ResourceAttributes::default()
        });
        // Every authenticated caller may ask about itself, by the role `system:basic-user`.
        if self != Self::Subject || matches!(access.decide(asker, &wanted), Decision::Allowed(_)) {
            return Ok(());
        }
        Err(Refusal::forbidden_create(GROUP, self.plural(), &asker.user))
    }
}

fn subject_review(access: &Access, spec: Spec) -> Result<(Value, Value), Refusal> {
    if spec.user.is_empty() && spec.groups.is_empty() {
        let told = "Invalid value: \"\": at least one of user or group must be specified";
        return Err(Refusal::invalid_review(GROUP, "spec.user", told));
    }
    let (mut shown, attributes) =
        attributes(spec.resource_attributes, spec.non_resource_attributes)?;
    if !spec.user.is_empty() {
        shown["user"] = spec.user.as_str().into();
    }
    if !spec.groups.is_empty() {
        shown["groups"] = json!(spec.groups);
    }
    if !spec.extra.is_empty() {
        shown["extra"] = json!(spec.extra);
    }
    if !spec.uid.is_empty() {
        shown["uid"] = spec.uid.into();
    }
    let subject = Subject {
        user: spec.user,
        groups: spec.groups,
        extra: spec.extra,
    };
    Ok((shown, status(&access.decide(&subject, &attributes))))
}

fn own_review(
    access: &Access,
    asker: Option<&Subject>,
    spec: Spec,
) -> Result<(Value, Value), Refusal> {
    let asker = asker.ok_or_else(nobody)?;
    let (shown, attributes) = attributes(spec.resource_attributes, spec.non_resource_attributes)?;
    Ok((shown, status(&access.decide(asker, &attributes))))
}

fn rules_review(
    access: &Access,
    asker: Option<&Subject>,
    spec: &Spec,
) -> Result<(Value, Value), Refusal> {
    let asker = asker.ok_or_else(nobody)?;
    if spec.namespace.is_empty() {
        return Err(Refusal::bad_request("no namespace on request"));
    }
    let status = access.read(|policy| rules::status(policy, asker, &spec.namespace));
    Ok((json!({}), status))
}

/// A cluster that looks at no token knows nobody.
fn nobody() -> Refusal {
    Refusal::bad_request("no user on request")
}

/// The attributes, and how the answer repeats them.
fn attributes(
    resource: Option<ResourceAttributes>,
    path: Option<PathAttributes>,
) -> Result<(Value, Attributes), Refusal> {
    match (resource, path) {
        (Some(resource), None) => Ok((
            json!({ "resourceAttributes": resource }),
            Attributes::Resource(resource),
        )),
        (None, Some(path)) => Ok((
            json!({ "nonResourceAttributes": path }),
            Attributes::Path(path),
        )),
        (Some(_), Some(path)) => {
            let value = json!({ "Path": path.path, "Verb": path.verb });
            let told = format!(
                "Invalid value: {value}: cannot be specified in combination with resourceAttributes"
            );
            let field = "spec.nonResourceAttributes";
            Err(Refusal::invalid_review(GROUP, field, &told))
        }
        (None, None) => {
            let told = "Invalid value: null: exactly one of nonResourceAttributes or \
                        resourceAttributes must be specified";
            let field = "spec.resourceAttributes";
            Err(Refusal::invalid_review(GROUP, field, told))
        }
    }
}

fn status(decision: &Decision) -> Value {
    match decision {
        Decision::Allowed(None) => json!({ "allowed": true }),
        Decision::Allowed(Some(reason)) => json!({ "allowed": true, "reason": reason }),
        Decision::NoOpinion => json!({ "allowed": false }),
        Decision::Denied(reason) => json!({ "allowed": false, "denied": true, "reason": reason }),
    }
}
