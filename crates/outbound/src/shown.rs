//! What endpoints of clusters are shown to be let in: fetched when it is needed, kept for a short
//! while, and forgotten as soon as it is known to be another one.

mod repeated;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_model::{ClusterId, Fault as _, GapKind, Role, Source};
use fleetscope_ports::{Credentials, Opened};
use http::HeaderValue;
use secrecy::SecretString;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{ClientCertificate, Failure};

/// The least time between two fetches because of a refusal: a cluster that refuses everything is
/// read many times a minute, and each fetch is written down in the audit log. That a credential was
/// replaced is told by an event, which this does not hold up.
const BETWEEN: Duration = Duration::from_secs(5);

/// What was fetched. Cheap to clone; it prints nothing, and its header is marked as sensitive.
#[derive(Clone)]
pub(crate) enum Proof {
    /// Nothing is shown.
    None,
    /// The value of the `Authorization` header.
    Header(HeaderValue),
    /// A client certificate.
    Certificate(ClientCertificate),
}

impl Proof {
    /// Whether a text repeats what was shown.
    pub(crate) fn is_repeated_in(&self, text: &[u8]) -> bool {
        match self {
            Self::Header(header) => repeated::repeats(text, header),
            Self::None | Self::Certificate(_) => false,
        }
    }
}

impl PartialEq for Proof {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Header(one), Self::Header(other)) => one == other,
            (Self::Certificate(one), Self::Certificate(other)) => one == other,
            _ => false,
        }
    }
}

/// Credentials by endpoint, each for a short while. Cheap to clone; clones share what is kept.
#[derive(Clone)]
pub struct Shown(Arc<Inner>);

struct Inner {
    credentials: Arc<dyn Credentials>,
    by: Role,
    keep: Duration,
    places: Mutex<HashMap<To, Place>>,
}

/// Who is shown something. An endpoint that moved is another one: what is kept of the old one is
/// not for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct To {
    pub(crate) cluster: ClusterId,
    pub(crate) source: Source,
    /// As [`fleetscope_model::Endpoint::reach`] says it.
    pub(crate) reach: Arc<str>,
}

/// One endpoint's; locked while it is fetched, so that a hundred readers fetch it once.
type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    fetched: Instant,
    proof: Proof,
}

impl Shown {
    /// What `credentials` opens for a role, kept no longer than this.
    pub fn new(credentials: Arc<dyn Credentials>, by: Role, keep: Duration) -> Self {
        Self(Arc::new(Inner {
            credentials,
            by,
            keep,
            places: Mutex::default(),
        }))
    }

    /// A cluster's credentials are others now, or gone.
    pub fn forget(&self, cluster: ClusterId) {
        self.places().retain(|to, _| to.cluster != cluster);
    }

    /// Every credential may be another one now: events were missed.
    pub fn forget_all(&self) {
        self.places().clear();
    }

    /// What is shown to this endpoint now.
    pub(crate) async fn proof(&self, to: &To) -> Result<Proof, Failure> {
        let place = self.place(to);
        let mut kept = place.lock().await;
        if let Some(kept) = kept.as_ref()
            && kept.fetched.elapsed() < self.0.keep
        {
            return Ok(kept.proof.clone());
        }
        *kept = None;
        let proof = self.fetch(to).await?;
        *kept = Some(Kept {
            fetched: Instant::now(),
            proof: proof.clone(),
        });
        Ok(proof)
    }

    /// The endpoint refused what it was shown: what it is to be shown instead, if that is another.
    pub(crate) async fn instead(&self, to: &To, refused: &Proof) -> Option<Proof> {
        let place = self.place(to);
        {
            let mut kept = place.lock().await;
            let stale = kept
                .as_ref()
                .is_some_and(|kept| kept.proof == *refused && kept.fetched.elapsed() >= BETWEEN);
            if stale {
                *kept = None;
            }
        }
        let proof = self.proof(to).await.ok()?;
        (proof != *refused).then_some(proof)
    }

    async fn fetch(&self, to: &To) -> Result<Proof, Failure> {
        let Inner {
            credentials, by, ..
        } = &*self.0;
        let opened = credentials.shown(to.cluster, to.source, &to.reach, *by);
        let opened = opened.await;
        let opened = opened.map_err(|error| {
            let detail = format!("the credential can't be had: {}", error.message());
            Failure::new(GapKind::Unauthenticated, detail)
        })?;
        match opened.as_deref() {
            None => Ok(Proof::None),
            Some(Opened::Token(token)) => header("Bearer ", token.expose()),
            Some(Opened::Basic { username, password }) => {
                let pair = Zeroizing::new(format!("{}:{}", username.expose(), password.expose()));
                header("Basic ", &Zeroizing::new(STANDARD.encode(pair.as_bytes())))
            }
            Some(Opened::ClientCertificate { certificate, key }) => {
                let pem = format!("{}\n{}", certificate.expose(), key.expose());
                ClientCertificate::pem(&SecretString::from(pem)).map(Proof::Certificate)
            }
        }
    }

    fn place(&self, to: &To) -> Place {
        let mut places = self.places();
        Arc::clone(places.entry(to.clone()).or_default())
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashMap<To, Place>> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

fn header(scheme: &str, text: &str) -> Result<Proof, Failure> {
    let whole = Zeroizing::new(format!("{scheme}{text}"));
    let mut value = HeaderValue::from_str(&whole).map_err(|_| {
        let said = "the credential holds characters that no header may hold: write it anew";
        Failure::new(GapKind::Unauthenticated, said)
    })?;
    value.set_sensitive(true);
    Ok(Proof::Header(value))
}

#[cfg(test)]
mod tests;
