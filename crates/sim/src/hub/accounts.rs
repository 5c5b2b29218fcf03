//! Users, tokens, OAuth clients, and what the login is in the middle of.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

/// The audience of the API server itself.
pub const API_AUDIENCE: &str = "https://kubernetes.default.svc";

/// Where the names of service accounts begin.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Where the scopes of an OpenShift token stand in `extra`.
const SCOPES: &str = "scopes.authorization.openshift.io";

/// Somebody who may have tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// `alice`, or `system:serviceaccount:NAMESPACE:NAME`.
    pub name: String,
    /// None for users without a `User` object, such as `kube:admin`.
    pub uid: Option<String>,
    /// Groups beside those that the server adds.
    pub groups: Vec<String>,
    /// For the login page; none can't log in.
    pub password: Option<String>,
    /// Whether it may create `TokenReviews`.
    pub reviews_tokens: bool,
}

impl User {
    /// A person in these groups.
    pub fn person(name: &str, groups: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            uid: Some(format!("uid-of-{name}")),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// A service account.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let name = format!("{SERVICE_ACCOUNT}{namespace}:{name}");
        let uid = Some(format!("uid-of-{name}"));
        Self {
            name,
            uid,
            ..Self::default()
        }
    }

    fn is_service_account(&self) -> bool {
        self.name.starts_with(SERVICE_ACCOUNT)
    }
}

/// What a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// For a service account: whom the token is for; none is the API server.
    pub audiences: Vec<String>,
    /// For everybody else: what the token may be used for.
    pub scopes: Vec<String>,
    /// How long it holds.
    pub life: Duration,
}

impl Default for Terms {
    /// An hour, for the API server, with all rights of the user.
    fn default() -> Self {
        Self {
            audiences: Vec::new(),
            scopes: vec!["user:full".to_owned()],
            life: Duration::from_hours(1),
        }
    }
}

impl Terms {
    /// An hour for this audience.
    pub fn audience(audience: &str) -> Self {
        Self {
            audiences: vec![audience.to_owned()],
            ..Self::default()
        }
    }

    /// An hour with these scopes.
    pub fn scopes(scopes: &[&str]) -> Self {
        Self {
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            ..Self::default()
        }
    }
}

/// An OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// For a service account its user name.
    pub id: String,
    /// None where it is a service account: each of its tokens for the API server will do.
    pub secret: Option<String>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
}

/// A token that was issued.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) user: String,
    pub(super) audiences: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) expires: Timestamp,
    id: String,
}

/// A code that waits to be exchanged.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) user: String,
}

/// All of it.
pub(super) struct Accounts {
    random: StdRng,
    users: BTreeMap<String, User>,
    clients: BTreeMap<String, Client>,
    tokens: HashMap<String, Issued>,
    pub(super) codes: HashMap<String, Code>,
    /// Who has logged in, by the value of the session cookie.
    pub(super) sessions: HashMap<String, String>,
    /// The values of `csrf` cookies that were given out.
    pub(super) csrf: Vec<String>,
}

impl Accounts {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            users: BTreeMap::new(),
            clients: BTreeMap::new(),
            tokens: HashMap::new(),
            codes: HashMap::new(),
            sessions: HashMap::new(),
            csrf: Vec::new(),
        }
    }

    pub(super) fn add_user(&mut self, user: User) {
        self.users.insert(user.name.clone(), user);
    }

    pub(super) fn remove_user(&mut self, name: &str) {
        self.users.remove(name);
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    pub(super) fn add_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.get(id)
    }

    /// 32 bytes in base64url.
    pub(super) fn random_text(&mut self) -> String {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn issue(&mut self, user: &str, terms: &Terms, now: Timestamp) -> String {
        let expires = now.checked_add(terms.life).unwrap_or(Timestamp::MAX);
        let id = self.random_text();
        let is_service_account = self.user(user).is_some_and(User::is_service_account);
        let audiences = if is_service_account && !terms.audiences.is_empty() {
            terms.audiences.clone()
        } else {
            vec![API_AUDIENCE.to_owned()]
        };
        let text = if is_service_account {
            jwt(user, &audiences, (now, expires), &id)
        } else {
            format!("sha256~{id}")
        };
        let issued = Issued {
            user: user.to_owned(),
            audiences,
            scopes: terms.scopes.clone(),
            expires,
            id,
        };
        self.tokens.insert(text.clone(), issued);
        text
    }

    pub(super) fn revoke(&mut self, token: &str) -> Option<Issued> {
        self.tokens.remove(token)
    }

    /// The token, if it was issued and not revoked, and its user, if it is still there.
    pub(super) fn find(&self, token: &str) -> Option<(&Issued, &User)> {
        let issued = self.tokens.get(token)?;
        Some((issued, self.user(&issued.user)?))
    }

    /// The token of which this is the name of the `OAuthAccessToken`.
    pub(super) fn token_named(&self, name: &str) -> Option<String> {
        let name_of =
            |token: &str| Some(format!("sha256~{}", digest(token.strip_prefix("sha256~")?)));
        self.tokens
            .keys()
            .find(|token| name_of(token).as_deref() == Some(name))
            .cloned()
    }

    /// The secret of a client, by the rules of its kind.
    pub(super) fn is_secret_of(&self, client: &Client, secret: &str, now: Timestamp) -> bool {
        match &client.secret {
            Some(own) => own == secret,
            None => self.find(secret).is_some_and(|(issued, user)| {
                user.name == client.id && issued.is_for(API_AUDIENCE) && now < issued.expires
            }),
        }
    }
}

impl Issued {
    pub(super) fn is_for(&self, audience: &str) -> bool {
        self.audiences.iter().any(|one| one == audience)
    }

    /// Who bears it, as `UserInfo`.
    pub(super) fn user_info(&self, user: &User) -> Value {
        let mut groups = Vec::new();
        let mut extra = json!({});
        if let Some(rest) = user.name.strip_prefix(SERVICE_ACCOUNT) {
            let namespace = rest.split(':').next().unwrap_or_default();
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
            extra["authentication.kubernetes.io/credential-id"] =
                json!([format!("JTI={}", self.id)]);
        } else {
            groups.push("system:authenticated:oauth".to_owned());
            extra[SCOPES] = json!(self.scopes);
        }
        groups.extend(user.groups.iter().cloned());
        groups.push("system:authenticated".to_owned());
        let mut info = json!({ "username": user.name, "groups": groups, "extra": extra });
        if let Some(uid) = &user.uid {
            info["uid"] = json!(uid);
        }
        info
    }
}

/// SHA-256 in base64url.
pub(crate) fn digest(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// A token of the form of a service account's. Its signature is random: whoever asks has no key to
/// check it with, and this server looks the whole text up.
fn jwt(
    user: &str,
    audiences: &[String],
    (now, expires): (Timestamp, Timestamp),
    id: &str,
) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encode(&json!({ "alg": "RS256", "kid": "sim" }));
    let claims = encode(&json!({
        "aud": audiences,
        "exp": expires.as_second(),
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "iss": API_AUDIENCE,
        "jti": id,
        "sub": user,
    }));
    format!("{head}.{claims}.{}", digest(id))
}
