//! The issuer's discovery document and its keys.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::{Authority, ClusterId, Endpoint, GapKind, Source};
use fleetscope_outbound::{Answer, Failure, Outbound};
use fleetscope_ports::Clock;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Header};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use crate::cache::{Cache, Found};
use crate::{Error, Result};

/// How long keys are used before they are fetched again: a key that the issuer has withdrawn is
/// not believed for longer.
const KEYS_KEPT: Duration = Duration::from_hours(1);

/// How often keys are fetched at most because a token names one that is not known: anybody can
/// make such tokens.
const UNKNOWN_KEY_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The queue of the way out that issuers share; it is no cluster's.
const QUEUE: ClusterId = ClusterId::new(Uuid::nil());

/// Where a browser logs in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// Where the browser is sent.
    pub authorization_endpoint: String,
    /// Where a code is exchanged for tokens.
    pub token_endpoint: String,
    issuer: String,
    jwks_uri: String,
}

/// One of the issuer's public keys.
pub(super) struct SigningKey {
    kid: Option<String>,
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

impl SigningKey {
    /// Keys that we can't use are left out: an issuer may have others beside.
    fn new(jwk: &Jwk) -> Option<Self> {
        let signs = jwk.common.public_key_use.as_ref();
        if signs.is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        Some(Self {
            kid: jwk.common.key_id.clone(),
            algorithm: jwk.common.key_algorithm,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }

    /// Whether a token with this head may be signed by this key. A head that names no key fits
    /// each, and the signature decides.
    pub(super) fn fits(&self, head: &Header) -> bool {
        let named = head.kid.is_none() || head.kid == self.kid;
        let algorithm = self.algorithm.is_none_or(|algorithm| {
            algorithm
                .to_string()
                .parse::<jsonwebtoken::Algorithm>()
                .is_ok_and(|algorithm| algorithm == head.alg)
        });
        named && algorithm && self.key.family() == head.alg.family()
    }
}

type Keys = Arc<Vec<SigningKey>>;

/// An issuer, reached over the way out.
pub(super) struct Issuer {
    name: String,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    keys: Cache<(), Keys, Arc<Error>>,
    asked_for_unknown: Mutex<Option<Timestamp>>,
}

impl Issuer {
    pub(super) fn new(name: String, outbound: Outbound, clock: Arc<dyn Clock>) -> Self {
        Self {
            name,
            outbound,
            keys: Cache::new(1, Arc::clone(&clock)),
            clock,
            asked_for_unknown: Mutex::default(),
        }
    }

    /// The discovery document.
    pub(super) async fn endpoints(&self) -> Result<Endpoints> {
        discover(&self.outbound, &self.name).await
    }

    /// The first key that fits. Where none does, the keys are fetched again, once a minute at
    /// most: the issuer may have a new one.
    pub(super) async fn key(
        &self,
        fits: impl Fn(&SigningKey) -> bool,
    ) -> Result<Option<DecodingKey>> {
        let find = |keys: &Keys| keys.iter().find(|key| fits(key)).map(|key| key.key.clone());
        if let Some(key) = find(&self.keys().await?) {
            return Ok(Some(key));
        }
        if !self.may_ask_for_unknown() {
            return Ok(None);
        }
        self.keys.forget(&());
        Ok(find(&self.keys().await?))
    }

    async fn keys(&self) -> Result<Keys> {
        let ask = || {
            let (outbound, name) = (self.outbound.clone(), self.name.clone());
            async move {
                let keys = fetch(&outbound, &name).await?;
                Ok(Found::new(Arc::new(keys), KEYS_KEPT))
            }
        };
        Ok(self.keys.get((), ask).await?)
    }

    fn may_ask_for_unknown(&self) -> bool {
        let now = self.clock.now();
        let mut asked = self
            .asked_for_unknown
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let recently = asked.is_some_and(|asked| now.duration_since(asked) < UNKNOWN_KEY_EVERY);
        if !recently {
            *asked = Some(now);
        }
        !recently
    }
}

async fn discover(outbound: &Outbound, issuer: &str) -> Result<Endpoints> {
    let answer = get(outbound, issuer, "/.well-known/openid-configuration").await?;
    let endpoints: Endpoints = answer.json().map_err(unavailable)?;
    // OpenID Connect Discovery, 4.3: else anybody's document could stand in for the issuer's.
    if endpoints.issuer != issuer {
        let said = "its discovery document is another issuer's: write identity.oidc.issuer exactly \
                    as the issuer writes it";
        return Err(unavailable(Failure::new(GapKind::BadAnswer, said)));
    }
    Ok(endpoints)
}

async fn fetch(outbound: &Outbound, issuer: &str) -> Result<Vec<SigningKey>, Arc<Error>> {
    let endpoints = discover(outbound, issuer).await?;
    let answer = get(outbound, &endpoints.jwks_uri, "").await?;
    let set: JwkSet = answer.json().map_err(unavailable)?;
    Ok(set.keys.iter().filter_map(SigningKey::new).collect())
}

/// GET of a path below a URL, which may have a query of its own.
async fn get(outbound: &Outbound, url: &str, path: &str) -> Result<Answer> {
    let mut base = Url::parse(url).map_err(|_| {
        let said = "the issuer names an address that is no URL: look at its discovery document";
        unavailable(Failure::new(GapKind::BadAnswer, said))
    })?;
    let query: Vec<_> = base.query_pairs().into_owned().collect();
    base.set_query(None);
    let query: Vec<_> = query
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let endpoint = Endpoint::at(base.to_string());
    let upstream = outbound.upstream(QUEUE, Source::Kubernetes, &endpoint);
    let answer = upstream.map_err(unavailable)?.get(path, &query).await;
    let answer = answer.map_err(unavailable)?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(unavailable(answer.refusal("")))
}

fn unavailable(cause: Failure) -> Error {
    Error::unavailable(Authority::Oidc, cause)
}
