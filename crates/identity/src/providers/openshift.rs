//! The opaque tokens of OpenShift's OAuth server.

use fleetscope_kubernetes::{Kubernetes, Reviewed, UserInfo};
use fleetscope_model::{Authority, GapKind};
use secrecy::SecretString;

use super::kubernetes::caller;
use crate::{Error, Known, Result};

/// Where each of these tokens begins.
pub(crate) const PREFIX: &str = "sha256~";

/// Tokens of OpenShift's OAuth server, reviewed by the API server for its own audience, as they
/// know no other. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OpenshiftTokens {
    hub: Kubernetes,
}

impl OpenshiftTokens {
    /// Tokens that `hub` knows.
    pub fn new(hub: Kubernetes) -> Self {
        Self { hub }
    }

    pub(crate) async fn authenticate(&self, token: &SecretString) -> Result<Known> {
        let user = match self.hub.review_token(token, &[]).await {
            Ok(Reviewed::Good { user, .. }) => user,
            Ok(Reviewed::Bad) => return Err(Error::UnknownToken),
            // We may not ask about tokens; whoever bears one may ask about itself.
            Err(failure) if failure.kind == GapKind::Forbidden => self.ask_as_bearer(token).await?,
            Err(failure) => return Err(unavailable(failure)),
        };
        let user = self.enriched(user, token).await;
        Ok(Known::from(caller(user, Authority::Openshift)?))
    }

    async fn ask_as_bearer(&self, token: &SecretString) -> Result<UserInfo> {
        match self.hub.bearer_of(token).await {
            Ok(user) => user.ok_or(Error::UnknownToken),
            // It may be good, and nobody can say so.
            Err(failure) if failure.kind == GapKind::Forbidden => Err(Error::TokenUnverifiable),
            Err(failure) => Err(unavailable(failure)),
        }
    }

    /// Adds what a review may leave out. Whatever goes wrong here changes nothing: the review has
    /// said who it is.
    async fn enriched(&self, mut user: UserInfo, token: &SecretString) -> UserInfo {
        if user.uid.is_some() {
            return user;
        }
        if let Ok(Some(record)) = self.hub.own_user(token).await
            && record.name == user.name
        {
            user.uid = record.uid;
        }
        user
    }
}

fn unavailable(cause: fleetscope_outbound::Failure) -> Error {
    Error::unavailable(Authority::Openshift, cause)
}
