//! Tokens of an OpenID Connect issuer, checked here against the issuer's keys.

mod claims;
mod issuer;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fleetscope_outbound::Outbound;
use fleetscope_ports::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Known, Result};
use claims::Claims;
use issuer::{Issuer, SigningKey};

pub use issuer::Endpoints;

/// What is accepted of an issuer, and how its claims are read.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// The issuer, exactly as tokens name it.
    pub issuer: String,
    /// Whom tokens must be for: one of these.
    pub audiences: Vec<String>,
    /// The algorithms that are accepted, by their names: `RS256`. None that is symmetric can be.
    pub algorithms: Vec<String>,
    /// The claim that names the user.
    pub username_claim: String,
    /// What is put before the name.
    pub username_prefix: String,
    /// The claim that lists groups, if any does.
    pub groups_claim: Option<String>,
    /// What is put before each group.
    pub groups_prefix: String,
    /// How far the issuer's clock may be from ours.
    pub skew: Duration,
}

/// Tokens of one issuer. Cheap to clone; clones share the issuer's keys.
#[derive(Clone)]
pub struct OidcTokens {
    inner: Arc<Inner>,
}

struct Inner {
    options: OidcOptions,
    algorithms: Vec<Algorithm>,
    issuer: Issuer,
    clock: Arc<dyn Clock>,
}

impl OidcTokens {
    /// Tokens under these rules; keys are fetched over `outbound` when they are first needed.
    /// `oidc_algorithm_unknown` where an algorithm is not known or is symmetric: then whoever
    /// knows the public key could sign.
    pub fn new(options: OidcOptions, outbound: Outbound, clock: Arc<dyn Clock>) -> Result<Self> {
        let algorithms = options.algorithms.iter().map(|name| algorithm(name));
        let algorithms = algorithms.collect::<Result<Vec<_>>>()?;
        let issuer = Issuer::new(options.issuer.clone(), outbound, Arc::clone(&clock));
        Ok(Self {
            inner: Arc::new(Inner {
                options,
                algorithms,
                issuer,
                clock,
            }),
        })
    }

    /// Where a browser logs in, by the issuer's own discovery document.
    pub async fn endpoints(&self) -> Result<Endpoints> {
        self.inner.issuer.endpoints().await
    }

    /// Fails where the issuer's discovery document can't be had.
    pub async fn alive(&self) -> Result<()> {
        self.endpoints().await.map(drop)
    }

    /// Whether the token says of itself that it is this issuer's. It is not believed yet.
    pub(crate) fn may_know(&self, token: &SecretString) -> bool {
        #[derive(Deserialize)]
        struct Said {
            iss: String,
        }
        let claims = token.expose_secret().split('.').nth(1);
        let said = claims
            .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
            .and_then(|claims| serde_json::from_slice::<Said>(&claims).ok());
        said.is_some_and(|said| said.iss == self.inner.options.issuer)
    }

    pub(crate) async fn authenticate(&self, token: &SecretString) -> Result<Known> {
        let claims = self.claims(token).await?;
        let (options, now) = (&self.inner.options, self.inner.clock.now());
        let until = claims.check_time(now, options.skew)?;
        Ok(Known {
            caller: claims.caller(options)?,
            until: Some(until),
        })
    }

    /// The claims of a token that the issuer has signed for us; their times are not checked yet.
    pub(crate) async fn claims(&self, token: &SecretString) -> Result<Claims> {
        let text = token.expose_secret();
        let head = decode_header(text).map_err(|_| Error::UnknownToken)?;
        if !self.inner.algorithms.contains(&head.alg) {
            return Err(Error::UnknownToken);
        }
        let key = self.key(&head).await?;
        let validation = self.validation(head.alg);
        let claims = decode::<Value>(text, &key, &validation).map_err(|_| Error::UnknownToken)?;
        Claims::new(claims.claims)
    }

    async fn key(&self, head: &Header) -> Result<DecodingKey> {
        let fits = |key: &SigningKey| key.fits(head);
        self.inner
            .issuer
            .key(fits)
            .await?
            .ok_or(Error::UnknownToken)
    }

    /// Everything but time, which the library would read from the machine's clock.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let options = &self.inner.options;
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&options.issuer]);
        validation.set_audience(&options.audiences);
        validation
    }
}

impl std::fmt::Debug for OidcTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcTokens")
            .field("issuer", &self.inner.options.issuer)
            .finish_non_exhaustive()
    }
}

fn algorithm(name: &str) -> Result<Algorithm> {
    let unknown = || Error::UnknownAlgorithm(name.to_owned());
    let algorithm: Algorithm = name.parse().map_err(|_| unknown())?;
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Err(unknown()),
        asymmetric => Ok(asymmetric),
    }
}
