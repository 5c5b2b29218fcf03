//! API tokens of local mode: made, listed, revoked, recognised.

pub mod random;
pub(crate) mod secret;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use fleetscope_model::{
    AccessRole, ApiToken, Caller, EventKind, NewEvent, Page, PageRequest, Permission, TokenId,
};
use fleetscope_ports::{Clock, IdSource, TokenStore};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::{Authenticator, Error, Known, Result, TokenRandom};

/// The name of the token that the first start makes.
pub const BOOTSTRAP: &str = "bootstrap";

/// How tokens begin that are made for whoever has lost the others.
const RECOVERY: &str = "recovery";

/// How many tokens are read at once where all are looked through.
const SCAN_PAGE: u32 = 500;

/// A token that was just made: the only time that it is known here.
#[derive(Debug)]
pub struct NewToken {
    /// The token itself, to be shown once. Its `Debug` prints nothing of it.
    pub token: SecretString,
    /// What is kept of it.
    pub record: ApiToken,
}

/// The API tokens of this installation. Cheap to clone. Nothing is kept in memory here: a revoked
/// token is refused from the next question on.
#[derive(Clone)]
pub struct LocalTokens {
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    random: Arc<dyn TokenRandom>,
    /// Held while a token is revoked: two revocations at once must not each take the other's
    /// token for the admin token that remains.
    revoking: Arc<Mutex<()>>,
    /// Grows with each revocation: what was known before it may not be known any more.
    revocations: Arc<AtomicU64>,
}

impl LocalTokens {
    /// Tokens kept in `tokens`; their randomness comes from `random`
    /// ([`crate::SystemTokenRandom`] outside of tests).
    pub fn new(
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        random: Arc<dyn TokenRandom>,
    ) -> Self {
        Self {
            tokens,
            clock,
            ids,
            random,
            revoking: Arc::default(),
            revocations: Arc::default(),
        }
    }

    /// Makes the first admin token if there is no token at all, and returns it to be shown once;
    /// none where there are tokens.
    pub async fn bootstrap(&self) -> Result<Option<SecretString>> {
        if self.tokens.count().await? > 0 {
            return Ok(None);
        }
        let actor = Caller::system(BOOTSTRAP);
        let new = self
            .make(&actor, BOOTSTRAP.to_owned(), AccessRole::Admin, None)
            .await?;
        Ok(Some(new.token))
    }

    /// Makes one more admin token, to be shown once: for whoever holds the data itself and has
    /// lost every other. The event log tells of it.
    pub async fn recover(&self) -> Result<SecretString> {
        let name = format!("{RECOVERY}-{}", self.clock.now().as_second());
        let new = self
            .make(&Caller::system(RECOVERY), name, AccessRole::Admin, None)
            .await?;
        Ok(new.token)
    }

    /// Makes a token named `name` (1 to 63 lower-case letters, digits and inner hyphens, unique)
    /// that is refused from `expires_at` on, or never. For administrators.
    pub async fn create_token(
        &self,
        caller: &Caller,
        name: &str,
        role: AccessRole,
        expires_at: Option<Timestamp>,
    ) -> Result<NewToken> {
        demand_admin(caller)?;
        if !is_name(name) {
            return Err(Error::InvalidName);
        }
        if let Some(at) = expires_at.filter(|at| *at <= self.clock.now()) {
            return Err(Error::ExpiryInPast(at));
        }
        self.make(caller, name.to_owned(), role, expires_at).await
    }

    /// Tokens by name, expired ones included. For administrators.
    pub async fn tokens(&self, caller: &Caller, page: &PageRequest) -> Result<Page<ApiToken>> {
        demand_admin(caller)?;
        Ok(self.tokens.list(page).await?)
    }

    /// Revokes a token: it is refused from the next request on. The last usable admin token is
    /// `last_admin_token`, as nobody could make another. For administrators.
    pub async fn revoke_token(&self, caller: &Caller, id: TokenId) -> Result<()> {
        demand_admin(caller)?;
        let _alone = self.revoking.lock().await;
        let (found, others) = self.scan(id).await?;
        let token = found.ok_or_else(|| fleetscope_ports::Error::not_found("token", &id))?;
        if self.is_usable_admin(&token) && others == 0 {
            return Err(Error::LastAdminToken(token.name));
        }
        let event = self.event(caller, EventKind::TokenRevoked, &token, "revoked");
        let deleted = self.tokens.delete(id, &event).await;
        // Also where it failed: it may have been done all the same.
        self.revocations.fetch_add(1, Ordering::SeqCst);
        Ok(deleted?)
    }

    /// How many tokens this process has revoked. Whoever keeps what [`Authenticator`] said keeps
    /// this number with it, read before the question: once it has grown the answer is void.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::SeqCst)
    }

    async fn make(
        &self,
        caller: &Caller,
        name: String,
        role: AccessRole,
        expires_at: Option<Timestamp>,
    ) -> Result<NewToken> {
        let mut bytes = [0; secret::RANDOM_BYTES];
        self.random.fill(&mut bytes)?;
        let token = secret::from_random(&bytes);
        let created_at = self.clock.now();
        let record = ApiToken {
            id: TokenId::new(self.ids.next(created_at)),
            name,
            role,
            created_at,
            expires_at,
        };
        let event = self.event(caller, EventKind::TokenCreated, &record, "created");
        let digest = secret::digest_of(&token);
        self.tokens.insert(&record, &digest, &event).await?;
        Ok(NewToken { token, record })
    }

    /// The token with this id, and how many *other* tokens could administer now.
    async fn scan(&self, id: TokenId) -> Result<(Option<ApiToken>, usize)> {
        let (mut found, mut others, mut after) = (None, 0, None);
        loop {
            let request = PageRequest {
                after,
                limit: SCAN_PAGE,
            };
            let page = self.tokens.list(&request).await?;
            for token in page.items {
                if token.id == id {
                    found = Some(token);
                } else if self.is_usable_admin(&token) {
                    others += 1;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((found, others));
            }
        }
    }

    fn is_usable_admin(&self, token: &ApiToken) -> bool {
        token.role == AccessRole::Admin && !self.is_expired(token)
    }

    fn is_expired(&self, token: &ApiToken) -> bool {
        token.expires_at.is_some_and(|at| at <= self.clock.now())
    }

    fn event(&self, by: &Caller, kind: EventKind, token: &ApiToken, verb: &str) -> NewEvent {
        NewEvent {
            at: self.clock.now(),
            kind,
            subject: token.id.to_string(),
            actor: by.name.clone(),
            summary: format!(
                "API token '{}' with the role {} {verb}",
                token.name,
                token.role.as_str()
            ),
            places: Vec::new(),
        }
    }
}

impl std::fmt::Debug for LocalTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalTokens").finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for LocalTokens {
    async fn authenticate(&self, bearer: &SecretString, _: Option<IpAddr>) -> Result<Known> {
        if !secret::is_well_formed(bearer) {
            return Err(Error::UnknownToken);
        }
        let digest = secret::digest_of(bearer);
        let token = self.tokens.find(&digest).await?;
        let token = token.ok_or(Error::UnknownToken)?;
        match token.expires_at {
            Some(at) if self.is_expired(&token) => Err(Error::ExpiredToken(at)),
            until => Ok(Known {
                caller: Caller {
                    uid: Some(token.id.to_string()),
                    ..Caller::local(format!("token:{}", token.name), token.role)
                },
                until,
            }),
        }
    }
}

fn demand_admin(caller: &Caller) -> Result<()> {
    let needed = Permission::Administer;
    if caller.may(needed) {
        return Ok(());
    }
    Err(fleetscope_ports::Error::forbidden(needed.least_role()).into())
}

/// Token names stand in logs and event lines, so they are held to what cannot be mistaken there.
fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_words_joined_by_hyphens() {
        for good in ["a", "ci", "build-7", &"x".repeat(63)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a\n", "ä", &"x".repeat(64)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
