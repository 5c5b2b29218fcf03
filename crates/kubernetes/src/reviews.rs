//! Questions about tokens: whose is it, says the API server.
//!
//! The answers repeat the question, and with it the token; and an upstream that is not the API
//! server may repeat anything. So nothing of an answer is kept but what is named here, and no
//! failure carries a server's words.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use fleetscope_model::GapKind;
use fleetscope_outbound::{Answer, Bearer, Failure, Upstream};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Kubernetes;

const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const SELF_REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const OWN_USER: &str = "/apis/user.openshift.io/v1/users/~";
const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
const OAUTH_TOKENS: &str = "/apis/oauth.openshift.io/v1/oauthaccesstokens";
const JSON: &str = "application/json";

/// Who bears a token, in the API server's words: what an access review wants to hear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UserInfo {
    /// The user name; never empty here.
    #[serde(rename = "username")]
    pub name: String,
    /// The user's key, where there is one.
    pub uid: Option<String>,
    /// Groups.
    #[serde(deserialize_with = "nullable")]
    pub groups: Vec<String>,
    /// What else an authenticator said, such as the scopes of the token.
    #[serde(deserialize_with = "nullable")]
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What a `TokenReview` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewed {
    /// The token is good.
    Good {
        /// Whose it is.
        user: UserInfo,
        /// Which of the audiences that were asked for it is meant for. Empty where the server
        /// knows nothing of audiences: then it is not known to be meant for us.
        audiences: Vec<String>,
    },
    /// It is not.
    Bad,
}

/// OpenShift's record of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnUser {
    /// The user name.
    pub name: String,
    /// None for users without a record, such as `kube:admin`.
    pub uid: Option<String>,
    /// Groups, as far as they are kept with the user.
    pub groups: Vec<String>,
}

/// Where a browser logs in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OAuthServer {
    /// Who issues the tokens.
    pub issuer: String,
    /// Where the browser is sent.
    pub authorization_endpoint: String,
    /// Where a code is exchanged for a token.
    pub token_endpoint: String,
    /// The methods of PKCE (RFC 7636).
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
}

impl Kubernetes {
    /// Asks whose token this is, and whether it is meant for one of `audiences` (none: for the API
    /// server itself). `Forbidden` where we may not ask.
    pub async fn review_token(
        &self,
        token: &SecretString,
        audiences: &[&str],
    ) -> Result<Reviewed, Failure> {
        let mut spec = json!({ "token": token.expose_secret() });
        if !audiences.is_empty() {
            spec["audiences"] = json!(audiences);
        }
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": spec,
        });
        let answer = create(&self.upstream, TOKEN_REVIEWS, &review).await?;
        let status = succeeded(&answer)?.json::<TokenReview>()?.status;
        Ok(match (status.authenticated, status.user) {
            (true, Some(user)) if !user.name.is_empty() => Reviewed::Good {
                user,
                audiences: status.audiences,
            },
            _ => Reviewed::Bad,
        })
    }

    /// Asks with the token itself whose it is; none where the API server does not know it.
    /// `Forbidden` where its scopes keep it from asking.
    pub async fn bearer_of(&self, token: &SecretString) -> Result<Option<UserInfo>, Failure> {
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "SelfSubjectReview",
        });
        let answer = create(&self.as_bearer(token)?, SELF_REVIEWS, &review).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        let user = succeeded(&answer)?.json::<SelfReview>()?.status.user;
        Ok(Some(user).filter(|user| !user.name.is_empty()))
    }

    /// What OpenShift has on record of the token's bearer; none where it is no OpenShift.
    pub async fn own_user(&self, token: &SecretString) -> Result<Option<OwnUser>, Failure> {
        let answer = self.as_bearer(token)?.get(OWN_USER, &[]).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let user = succeeded(&answer)?.json::<UserRecord>()?;
        Ok(Some(OwnUser {
            name: user.metadata.name,
            uid: user.metadata.uid,
            groups: user.groups,
        }))
    }

    /// Where the cluster's own OAuth server is; none where it has none.
    pub async fn oauth_server(&self) -> Result<Option<OAuthServer>, Failure> {
        let answer = self.upstream.get(OAUTH_METADATA, &[]).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        succeeded(&answer)?.json().map(Some)
    }

    /// Deletes an OpenShift token with the token itself. One that is gone already is no failure.
    pub async fn revoke_own_token(&self, token: &SecretString) -> Result<(), Failure> {
        let secret = token.expose_secret();
        let secret = secret.strip_prefix("sha256~").unwrap_or(secret);
        let digest = URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
        let path = format!("{OAUTH_TOKENS}/sha256~{digest}");
        let request = request(Method::DELETE, &path, Bytes::new());
        let upstream = self.as_bearer(token)?;
        let answer = upstream
            .send(request.ok_or_else(|| unsendable(&upstream))?)
            .await?;
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => Ok(()),
            _ => succeeded(&answer).map(drop),
        }
    }

    fn as_bearer(&self, token: &SecretString) -> Result<Upstream, Failure> {
        Ok(self.upstream.clone().bearing(Bearer::token(token)?))
    }
}

async fn create(upstream: &Upstream, path: &str, body: &Value) -> Result<Answer, Failure> {
    let request = request(Method::POST, path, body.to_string().into());
    upstream
        .send(request.ok_or_else(|| unsendable(upstream))?)
        .await
}

fn request(method: Method, path: &str, body: Bytes) -> Option<Request<Bytes>> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(ACCEPT, JSON).header(CONTENT_TYPE, JSON);
    request.body(body).ok()
}

fn unsendable(upstream: &Upstream) -> Failure {
    let said = format!("a request to {} could not be made", upstream.place());
    Failure::new(GapKind::BadAnswer, said)
}

/// The answer if it is a success. Its words are left out: they may hold the token.
fn succeeded(answer: &Answer) -> Result<&Answer, Failure> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(answer.refusal(""))
}

fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct TokenReview {
    status: TokenReviewStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenReviewStatus {
    authenticated: bool,
    user: Option<UserInfo>,
    #[serde(deserialize_with = "nullable")]
    audiences: Vec<String>,
}

#[derive(Deserialize)]
struct SelfReview {
    status: SelfReviewStatus,
}

#[derive(Deserialize)]
struct SelfReviewStatus {
    #[serde(rename = "userInfo")]
    user: UserInfo,
}

#[derive(Deserialize)]
struct UserRecord {
    metadata: UserMetadata,
    #[serde(default, deserialize_with = "nullable")]
    groups: Vec<String>,
}

#[derive(Deserialize)]
struct UserMetadata {
    name: String,
    uid: Option<String>,
}
