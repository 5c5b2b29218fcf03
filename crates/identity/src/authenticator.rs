//! The one question of this crate: whose token is this?

use async_trait::async_trait;
use fleetscope_model::Caller;
use secrecy::SecretString;

use crate::Result;

/// Tells who bears a token. [`crate::LocalTokens`] and [`crate::RemoteTokens`] pass the same
/// conformance suite.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The caller whose token `bearer` is. `token_invalid` where nobody's is (also where it is
    /// malformed), `token_expired` where it was somebody's until now; any other error says that
    /// the question could not be answered.
    async fn authenticate(&self, bearer: &SecretString) -> Result<Caller>;
}
