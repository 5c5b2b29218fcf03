//! A token for a code.

use fleetscope_model::{ClusterId, Endpoint, GapKind, Source};
use fleetscope_outbound::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use super::server::Server;
use super::{Inner, Underway, same};
use crate::{Error, Result};

/// The queue on the way out.
const QUEUE: ClusterId = ClusterId::new(Uuid::nil());

/// The server's answer. Only one of the two tokens is of use: the one that says who it is.
#[derive(Deserialize)]
struct Answer {
    access_token: Option<SecretString>,
    id_token: Option<SecretString>,
}

/// The token that a code stands for.
pub(super) async fn token(
    login: &Inner,
    server: &Server,
    underway: &Underway,
    code: &str,
) -> Result<SecretString> {
    let answer = ask(login, server, underway, code).await?;
    let nothing = || {
        let said = "the login server's answer holds no token that says who it is";
        Error::unavailable(server.authority(), Failure::new(GapKind::BadAnswer, said))
    };
    let Some(issuer) = server.issuer() else {
        return answer.access_token.ok_or_else(nothing);
    };
    let token = answer.id_token.ok_or_else(nothing)?;
    // The token must have been made for this login, and not for one that somebody has watched.
    let claims = issuer.claims(&token).await?;
    let nonce = claims.text("nonce").unwrap_or_default();
    if !same(nonce, &underway.nonce) {
        return Err(Error::LoginRefused("the token belongs to another login"));
    }
    Ok(token)
}

async fn ask(login: &Inner, server: &Server, underway: &Underway, code: &str) -> Result<Answer> {
    let unavailable = |cause: Failure| Error::unavailable(server.authority(), cause);
    let redirect_uri = login.redirect_uri();
    let secret = match &login.options.client_secret {
        Some(secret) => Some(secret.text().await.map_err(unavailable)?),
        None => None,
    };
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri.as_str()),
        ("code_verifier", underway.verifier.as_str()),
        ("client_id", login.options.client_id.as_str()),
    ];
    if let Some(secret) = &secret {
        form.push(("client_secret", secret.expose_secret()));
    }
    let endpoint = Endpoint::at(&server.token_endpoint);
    let upstream = login
        .outbound
        .upstream(QUEUE, Source::Kubernetes, &endpoint)
        .map_err(unavailable)?;
    let answer = upstream.post_form("", &form).await.map_err(unavailable)?;
    // A wrong code and a wrong client secret can't be told apart on OpenShift, and neither answer
    // says anything to a person.
    let status = answer.status.as_u16();
    if matches!(status, 400 | 401) {
        tracing::warn!(
            status,
            "the login server refuses a code: if each is refused, check identity.login.client_id, \
             its secret, and that its redirect URI is registered"
        );
        return Err(Error::LoginRefused("the login server refused the code"));
    }
    if !answer.status.is_success() {
        return Err(unavailable(answer.refusal("")));
    }
    answer.json().map_err(unavailable)
}
