//! Several authenticators, tried in order, behind one cache.

mod gate;
mod keys;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fleetscope_ports::Clock;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use crate::access::Roles;
use crate::cache::{Cache, Found};
use crate::providers::Provider;
use crate::{Authenticator, Error, Known, Result};
use gate::Gate;
pub(crate) use gate::{Budgets, network};
use keys::{TokenKey, TokenKeys};

pub use gate::Limits;

/// How long an answer is kept at most. A revoked token works for no longer than this, plus what
/// the API server itself keeps (10 s for tokens of service accounts; two minutes for those of
/// OpenShift, by its default).
pub const MOST_KEPT: Duration = Duration::from_mins(1);

/// How long a refusal is kept. It spares the reviewer a client that tries again at once, and is
/// over before a person who has just been given a token can try it.
pub const REFUSAL_KEPT: Duration = Duration::from_secs(2);

/// How many answers are kept.
const CAPACITY: usize = 20_000;

/// The longest token that is looked at. Service accounts' have about 1,200 bytes, and those of
/// issuers with many groups some thousand.
const LONGEST: usize = 16 * 1024;

/// Authenticators in their configured order. The first that knows a token says whose it is; it is
/// nobody's only where all that could know it say no. Cheap to clone.
///
/// Answers are kept for as long as their authenticator allows, a minute at most and never beyond
/// the token's own end; refusals for two seconds; failures never. However many requests bear one
/// token, one question about it is under way. Of a token nothing is kept but a keyed hash.
#[derive(Clone)]
pub struct Authenticators {
    inner: Arc<Inner>,
    roles: Option<Roles>,
}

struct Inner {
    providers: Vec<Provider>,
    keys: TokenKeys,
    cache: Cache<TokenKey, Kept, Arc<Error>>,
    gate: Gate,
    clock: Arc<dyn Clock>,
}

/// What is kept of an answer.
#[derive(Clone)]
enum Kept {
    Known {
        known: Arc<Known>,
        by: usize,
        revocations: u64,
    },
    Refused(Arc<Error>),
}

impl Authenticators {
    /// Asks `providers` in this order, within `limits`. Whom they know has the least role, until
    /// [`Self::with_roles`].
    pub fn new(providers: Vec<Provider>, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner {
                providers,
                keys: TokenKeys::new()?,
                cache: Cache::new(CAPACITY, Arc::clone(&clock)),
                gate: Gate::new(limits, Arc::clone(&clock)),
                clock,
            }),
            roles: None,
        })
    }

    /// The same, with whom they know given the role that `roles` says. A role is no part of what is
    /// kept: it is looked up for each request.
    #[must_use]
    pub fn with_roles(self, roles: Roles) -> Self {
        Self {
            roles: Some(roles),
            ..self
        }
    }

    /// Forgets what is known of a token: its bearer has logged out.
    pub fn forget(&self, bearer: &SecretString) {
        self.inner.cache.forget(&self.inner.keys.of(bearer));
    }
}

#[async_trait]
impl Authenticator for Authenticators {
    async fn authenticate(&self, bearer: &SecretString, source: Option<IpAddr>) -> Result<Known> {
        let known = self.who(bearer, source).await?;
        match &self.roles {
            Some(roles) => roles.assign(known).await,
            None => Ok(known),
        }
    }

    fn revoked(&self) {
        self.inner.providers.iter().for_each(Provider::revoked);
    }
}

impl Authenticators {
    async fn who(&self, bearer: &SecretString, source: Option<IpAddr>) -> Result<Known> {
        if !is_token(bearer) {
            return Err(Error::UnknownToken);
        }
        let inner = &self.inner;
        let key = inner.keys.of(bearer);
        if let Some(kept) = inner.cache.peek(&key) {
            if inner.holds(&kept) {
                return kept.into();
            }
            inner.cache.forget(&key);
        }
        let ask = || Arc::clone(inner).ask(bearer.clone(), source);
        // In a box of its own: who is known needs none of its room.
        Box::pin(inner.cache.get(key, ask)).await?.into()
    }
}

impl Inner {
    /// Whether what is kept still holds: a local token may have been revoked meanwhile.
    fn holds(&self, kept: &Kept) -> bool {
        match kept {
            Kept::Known {
                by, revocations, ..
            } => self.providers.get(*by).map(Provider::revocations) == Some(*revocations),
            Kept::Refused(_) => true,
        }
    }

    async fn ask(
        self: Arc<Self>,
        token: SecretString,
        source: Option<IpAddr>,
    ) -> Result<Found<Kept>, Arc<Error>> {
        let mut refusal = Error::UnknownToken;
        let mut failure = None;
        let mut pass = None;
        for (by, provider) in self.providers.iter().enumerate() {
            if !provider.may_know(&token) {
                continue;
            }
            if pass.is_none() && provider.asks_others() {
                pass = Some(self.gate.enter(source).await?);
            }
            let revocations = provider.revocations();
            match provider.authenticate(&token).await {
                Ok(known) => {
                    let keep = self.keep(provider, &known);
                    let known = Arc::new(known);
                    let kept = Kept::Known {
                        known,
                        by,
                        revocations,
                    };
                    return Ok(Found::new(kept, keep));
                }
                Err(error) if error.is_verdict() => {
                    if !matches!(error, Error::UnknownToken) {
                        refusal = error;
                    }
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(failure) = failure {
            let cause = std::error::Error::source(&failure).map(ToString::to_string);
            tracing::warn!(error = %failure, cause, "a token can't be checked");
            return Err(Arc::new(failure));
        }
        if let Some(pass) = pass {
            pass.spend();
        }
        Ok(Found::new(Kept::Refused(Arc::new(refusal)), REFUSAL_KEPT))
    }

    fn keep(&self, provider: &Provider, known: &Known) -> Duration {
        let most = provider.most_kept();
        let Some(until) = known.until else {
            return most;
        };
        let left = until.duration_since(self.clock.now());
        Duration::try_from(left.max(SignedDuration::ZERO)).map_or(most, |left| left.min(most))
    }
}

impl From<Kept> for Result<Known> {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Known { known, .. } => Ok(Known::clone(&known)),
            Kept::Refused(error) => Err(error.into()),
        }
    }
}

/// Whether the text can be a token at all (RFC 6750, 2.1, and the `~` of OpenShift is in it).
fn is_token(bearer: &SecretString) -> bool {
    let text = bearer.expose_secret();
    (1..=LONGEST).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/=:".contains(&b))
}

impl std::fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticators").finish_non_exhaustive()
    }
}
