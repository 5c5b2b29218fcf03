//! The identity side of an API server: who has which token, and an OAuth server beside it.
//!
//! A [`Hub`] answers `TokenReview`, `SelfSubjectReview`, reviews of access over seeded roles, OpenShift's `users/~` and its OAuth
//! server (metadata, login page, authorization codes with PKCE, tokens, revocation) as recorded
//! answers of real servers do. It can be made to fail: out of order, slow, or deaf to audiences as
//! old API servers are. It counts what it is asked, as the point of a cache is that it is not.
//!
//! Everything but the passage of `latency` goes by the clock that is passed in, and all tokens
//! come from the seed.

mod access;
mod accounts;
mod door;
mod oauth;
mod reviews;
mod serve;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use tokio::sync::watch;

use crate::Now;
use crate::kubernetes::Access;
use accounts::Accounts;

pub(crate) use accounts::digest;
pub use accounts::{API_AUDIENCE, Client, Terms, User};
pub use serve::Served;

/// An API server's identity side. A cheap handle: clones are the same server.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    now: Now,
    accounts: Mutex<Accounts>,
    access: Access,
    counts: Mutex<Counts>,
    behaviour: watch::Sender<Behaviour>,
}

/// How the server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// Whether it answers at all.
    pub outage: Outage,
    /// How long it thinks before it answers, by the machine's own time.
    pub latency: Duration,
    /// Whether it does as servers from before audiences: accepts any token that it knows, and
    /// says nothing of audiences.
    pub ignores_audiences: bool,
    /// Whether it has OpenShift's OAuth server and users.
    pub openshift: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            outage: Outage::None,
            latency: Duration::ZERO,
            ignores_audiences: false,
            openshift: true,
        }
    }
}

/// How the server is out of order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outage {
    /// It is not.
    #[default]
    None,
    /// Every request is answered with this status and a text that repeats the request's
    /// `Authorization`, as careless proxies do.
    Answers(u16),
    /// Requests are taken and not answered while this lasts.
    Hangs,
}

/// What the server was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// `TokenReviews`, refused ones included.
    pub token_reviews: usize,
    /// `SelfSubjectReviews`.
    pub self_reviews: usize,
    /// `users/~`.
    pub users: usize,
    /// The most requests that were under way at once.
    pub most_at_once: usize,
    /// Requests of any kind at this moment.
    pub under_way: usize,
}

impl Hub {
    /// A server without users.
    pub fn new(seed: u64, now: Now) -> Self {
        Self {
            inner: Arc::new(Inner {
                now,
                accounts: Mutex::new(Accounts::new(seed)),
                access: Access::default(),
                counts: Mutex::default(),
                behaviour: watch::Sender::new(Behaviour::default()),
            }),
        }
    }

    /// Adds a user, or changes the one of that name.
    pub fn add_user(&self, user: User) {
        self.accounts().add_user(user);
    }

    /// Takes a user away: all its tokens are refused from now on.
    pub fn remove_user(&self, name: &str) {
        self.accounts().remove_user(name);
    }

    /// Adds an OAuth client.
    pub fn add_client(&self, client: Client) {
        self.accounts().add_client(client);
    }

    /// A new token of a user. That of a service account is a JWT, that of anybody else an opaque
    /// `sha256~…`, which knows no audience but the server's own.
    pub fn token(&self, user: &str, terms: &Terms) -> String {
        let now = (self.inner.now)();
        self.accounts().issue(user, terms, now)
    }

    /// Revokes a token: it is refused from now on.
    pub fn revoke(&self, token: &str) {
        self.accounts().revoke(token);
    }

    /// Its roles and bindings, and its reviews of access.
    pub fn access(&self) -> &Access {
        &self.inner.access
    }

    /// Changes how the server behaves; requests that hang are answered once they may be.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        self.inner.behaviour.send_modify(change);
    }

    /// What it was asked so far.
    pub fn counts(&self) -> Counts {
        *lock(&self.inner.counts)
    }

    /// The server's routes. Whatever else is asked is `404 page not found`.
    pub fn router(&self) -> Router {
        let reviews_of_access = access::REVIEWS.into_iter();
        reviews_of_access
            .fold(Router::new(), |router, path| {
                router.route(path, post(access::review))
            })
            .route(reviews::TOKEN_REVIEWS, post(reviews::token_review))
            .route(reviews::SELF_REVIEWS, post(reviews::self_review))
            .route(reviews::OWN_USER, get(reviews::own_user))
            .route(oauth::METADATA, get(oauth::metadata))
            .route(oauth::AUTHORIZE, get(oauth::authorize::authorize))
            .route(
                oauth::LOGIN,
                get(oauth::login::page).post(oauth::login::log_in),
            )
            .route(
                oauth::TOKEN,
                get(oauth::token::by_get).post(oauth::token::exchange),
            )
            .route(oauth::ACCESS_TOKENS, delete(oauth::token::revoke))
            .fallback(door::nothing_here)
            .layer(from_fn_with_state(self.clone(), door::behave))
            .with_state(self.clone())
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.inner.accounts)
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.inner.counts));
    }

    fn behaviour(&self) -> Behaviour {
        self.inner.behaviour.borrow().clone()
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
