//! Whom an inner door trusts: gateways, by what they sign and by who they are.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use fleetscope_identity::{CallerTokens, Error as IdentityError, PeerTokens};
use fleetscope_model::Caller;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::wire::{CALLER, PEER};

/// What a request at an inner door must bring: a caller signed under the key that all processes
/// share, and, where the installation can tell them, the token of a gateway.
#[derive(Debug, Clone)]
pub struct Trust {
    callers: CallerTokens,
    peers: Option<PeerTokens>,
}

impl From<CallerTokens> for Trust {
    /// Whoever has the key is trusted.
    fn from(callers: CallerTokens) -> Self {
        Self {
            callers,
            peers: None,
        }
    }
}

impl Trust {
    /// Asks for the token of one of these peers too.
    #[must_use]
    pub fn with_peers(mut self, peers: PeerTokens) -> Self {
        self.peers = Some(peers);
        self
    }

    /// For whom the request is made, if a gateway makes it, for just this method and path. What
    /// shows it is taken off the request. The signature is checked first: it costs no question.
    pub(crate) async fn caller(
        &self,
        request: &mut Request,
        now: Timestamp,
    ) -> fleetscope_identity::Result<Caller> {
        let signed = one(request, &CALLER).map_err(refused)?;
        let signed = signed.to_str().map_err(|_| refused("it is not text"))?;
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", axum::http::uri::PathAndQuery::as_str);
        let method = request.method().as_str();
        let caller = self.callers.verify(signed, method, path, now)?;
        if let Some(peers) = &self.peers {
            let token = one(request, &PEER)
                .ok()
                .and_then(|value| value.to_str().ok());
            let token = token.map(SecretString::from);
            peers.check(token.as_ref()).await?;
        }
        request.headers_mut().remove(CALLER);
        request.headers_mut().remove(PEER);
        Ok(caller)
    }
}

/// The one value of a header.
fn one<'r>(request: &'r Request, name: &HeaderName) -> Result<&'r HeaderValue, &'static str> {
    let mut values = request.headers().get_all(name).iter();
    let value = values.next().ok_or("it is missing")?;
    match values.next() {
        None => Ok(value),
        Some(_) => Err("there is more than one"),
    }
}

fn refused(reason: &str) -> IdentityError {
    IdentityError::CallerRefused {
        reason: reason.to_owned(),
    }
}
