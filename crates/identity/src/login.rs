//! How a browser logs in: the OAuth authorization code flow with PKCE (RFC 7636), and the session
//! that comes of it. Nothing is kept here: what must be remembered travels sealed with the
//! browser, so that any gateway can go on where another began.

mod exchange;
mod seal;
mod server;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_outbound::{Bearer, Outbound};
use fleetscope_ports::Clock;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use url::Url;

use crate::authenticators::{Budgets, network};
use crate::{Authenticator, Authenticators, Error, Result};
use seal::{Seal, random_text};
use server::{Server, Servers};

pub use seal::{SealKey, SealKeys};
pub use server::LoginVia;

/// How long a login may take from its beginning to its end: a person looks for a password.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many codes are exchanged at once. Anybody may ask for it.
const EXCHANGES: usize = 8;

/// How many logins one address may begin at once, and how many more each second. Anybody may, and
/// a whole office may share an address.
const BEGINNINGS: f64 = 60.0;
const BEGINNINGS_PER_SECOND: f64 = 5.0;

/// The longest cookie that browsers keep is 4,096 bytes with name and attributes.
const LONGEST_COOKIE: usize = 3_800;

/// How browsers log in.
#[derive(Debug, Clone)]
pub struct LoginOptions {
    /// The address of this installation in the browser, without a path.
    pub public_url: Url,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret, where it has one.
    pub client_secret: Option<Bearer>,
    /// What is asked for; where it is empty, what says who somebody is.
    pub scopes: Vec<String>,
    /// How long a session lasts at most.
    pub session: Duration,
}

/// Logs browsers in. Cheap to clone.
#[derive(Clone)]
pub struct Login {
    inner: Arc<Inner>,
}

struct Inner {
    options: LoginOptions,
    servers: Servers,
    outbound: Outbound,
    seal: Seal,
    beginnings: Budgets,
    people: Authenticators,
    exchanges: Semaphore,
    clock: Arc<dyn Clock>,
}

/// A login that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser is to go.
    pub location: String,
    /// What it must bring back.
    pub cookie: SecretString,
    /// For how long it is good.
    pub life: Duration,
}

/// A login that has ended well.
#[derive(Debug)]
pub struct Finished {
    /// The session, sealed.
    pub cookie: SecretString,
    /// How long the session lasts.
    pub life: Duration,
    /// Where the browser was to go in the end: a path of ours.
    pub return_to: String,
}

/// An open session.
#[derive(Debug, Clone)]
pub struct Session {
    /// The token of who has logged in.
    pub token: SecretString,
    /// What a request that changes something must bring beside the cookie.
    pub csrf: SecretString,
    /// When the session ends.
    pub until: Timestamp,
}

/// What travels with the browser during a login.
#[derive(Serialize, Deserialize)]
struct Underway {
    state: String,
    verifier: String,
    nonce: String,
    return_to: String,
    until: Timestamp,
}

/// What travels with the browser during a session.
#[derive(Serialize, Deserialize)]
struct Sealed {
    token: String,
    csrf: String,
    until: Timestamp,
}

impl Login {
    /// Logs browsers in `via` a server reached over `outbound`; sessions are sealed under `keys`,
    /// and are of those whom `people` know.
    pub fn new(
        options: LoginOptions,
        (via, outbound): (LoginVia, Outbound),
        keys: SealKeys,
        people: Authenticators,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                servers: Servers::new(via, Arc::clone(&clock)),
                outbound,
                seal: Seal::new(keys),
                beginnings: Budgets::new(BEGINNINGS, BEGINNINGS_PER_SECOND, Arc::clone(&clock)),
                people,
                exchanges: Semaphore::new(EXCHANGES),
                clock,
            }),
        }
    }

    /// Seals sessions under other keys from now on; whether they are others than before.
    pub fn reseal(&self, keys: SealKeys) -> bool {
        self.inner.seal.replace(keys)
    }

    /// Begins a login that ends at `return_to`, a path of ours; any other text ends at `/`.
    /// `too_many_logins` where `source` begins more than people do.
    pub async fn begin(&self, return_to: &str, source: Option<IpAddr>) -> Result<Begun> {
        let inner = &self.inner;
        if !inner.beginnings.take(network(source)) {
            return Err(Error::TooManyLogins);
        }
        let server = inner.servers.server().await?;
        let underway = Underway {
            state: random_text()?,
            verifier: random_text()?,
            nonce: random_text()?,
            return_to: own_path(return_to).to_owned(),
            until: inner.later(PATIENCE),
        };
        let location = inner.authorize_url(&server, &underway)?;
        Ok(Begun {
            location,
            cookie: inner.seal.close(Purpose::Login, &underway)?,
            life: PATIENCE,
        })
    }

    /// Ends a login: `cookie` is what [`Login::begin`] has given, `state` and `code` what the
    /// server has sent the browser back with. `login_refused` where they do not belong together.
    pub async fn finish(&self, cookie: &str, state: &str, code: &str) -> Result<Finished> {
        let inner = &self.inner;
        let underway: Underway =
            inner
                .seal
                .open(Purpose::Login, cookie)
                .ok_or(Error::LoginRefused(
                    "the login was not begun in this browser",
                ))?;
        if underway.until <= inner.clock.now() {
            return Err(Error::LoginRefused("the login took too long"));
        }
        if !same(&underway.state, state) {
            return Err(Error::LoginRefused("the answer belongs to another login"));
        }
        let _place = inner
            .exchanges
            .try_acquire()
            .map_err(|_| Error::TooManyReviews)?;
        let server = inner.servers.server().await?;
        let token = exchange::token(inner, &server, &underway, code).await?;
        let known = inner.people.authenticate(&token, None).await?;
        let most = inner.later(inner.options.session);
        let until = known.until.map_or(most, |until| until.min(most));
        let sealed = Sealed {
            token: token.expose_secret().to_owned(),
            csrf: random_text()?,
            until,
        };
        let cookie = inner.seal.close(Purpose::Session, &sealed)?;
        if cookie.expose_secret().len() > LONGEST_COOKIE {
            return Err(Error::SessionTooLarge);
        }
        let life = until.duration_since(inner.clock.now());
        Ok(Finished {
            cookie,
            life: Duration::try_from(life).unwrap_or_default(),
            return_to: underway.return_to,
        })
    }

    /// The session of a cookie, if it is one of ours and has not ended.
    pub fn session(&self, cookie: &str) -> Option<Session> {
        let sealed: Sealed = self.inner.seal.open(Purpose::Session, cookie)?;
        let session = Session {
            token: sealed.token.into(),
            csrf: sealed.csrf.into(),
            until: sealed.until,
        };
        (session.until > self.inner.clock.now()).then_some(session)
    }

    /// Ends a session: its token is revoked where the server can do that, and forgotten here. The
    /// browser has to be told to drop the cookie.
    pub async fn end(&self, session: &Session) {
        let inner = &self.inner;
        if let Ok(server) = inner.servers.server().await
            && let Err(error) = server.revoke(&session.token).await
        {
            tracing::warn!(%error, "the token of a session that ended can't be revoked");
        }
        inner.people.forget(&session.token);
    }
}

impl Session {
    /// Whether the text is what a request that changes something must bring.
    pub fn allows(&self, csrf: &str) -> bool {
        same(self.csrf.expose_secret(), csrf)
    }
}

/// What a sealed text is for; one does not open as the other.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Login,
    Session,
}

impl Inner {
    fn later(&self, length: Duration) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(length).unwrap_or(now)
    }

    fn redirect_uri(&self) -> String {
        format!("{}auth/callback", self.options.public_url)
    }

    fn scope(&self, server: &Server) -> String {
        if self.options.scopes.is_empty() {
            server.scope().to_owned()
        } else {
            self.options.scopes.join(" ")
        }
    }

    fn authorize_url(&self, server: &Server, underway: &Underway) -> Result<String> {
        let mut url = Url::parse(&server.authorization_endpoint)
            .map_err(|_| Error::LoginRefused("the server names no URL to log in at"))?;
        let challenge = seal::digest(&underway.verifier);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &self.scope(server))
            .append_pair("state", &underway.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if server.is_oidc() {
            url.query_pairs_mut().append_pair("nonce", &underway.nonce);
        }
        Ok(url.into())
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

/// A path of ours: anything else would make us send people wherever a link says.
fn own_path(text: &str) -> &str {
    let starts = text.starts_with('/') && !text.starts_with("//");
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if starts && plain && text.len() <= 1_000 {
        text
    } else {
        "/"
    }
}

/// Compares in constant time.
fn same(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_ends_at_a_path_of_ours_whatever_a_link_says() {
        for good in ["/", "/clusters?limit=5", "/a/b#c"] {
            assert_eq!(own_path(good), good);
        }
        for bad in [
            "",
            "clusters",
            "//evil.example.com",
            "/\\evil.example.com",
            "https://evil.example.com",
            "/a\r\nSet-Cookie: b",
            "/ä",
        ] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }
}
