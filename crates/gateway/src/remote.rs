//! A role in another process, reached through its inner door.

mod link;
mod pool;
mod signed;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderValue, Method, StatusCode, Uri, Version};
use axum::response::Response;
use fleetscope_client::wire::Problem;
use fleetscope_identity::{AskRegistry, CallerTokens, Known, OwnToken};
use fleetscope_model::{AuditEntry, Caller, ErrorKind, Fault as _, Role, RoleHealth};
use fleetscope_ports::{AuditSink, Clock};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Instrument as _;
use url::Url;

use self::pool::Pool;
use self::signed::Signed;
use crate::edge::{headers, trace};
use crate::wire::{self, AUDIT, AUTHENTICATE, CALLER, GATEWAY, HEALTH, PEER, Question, READY};
use crate::{Error, Result};

/// How long a question of the gateway's own may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// More than any answer to the gateway's own questions.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// What a gateway needs to reach roles in other processes. Cheap to clone; all clones share their
/// connections.
#[derive(Debug, Clone)]
pub struct Peers {
    callers: CallerTokens,
    token: Option<OwnToken>,
    clock: Arc<dyn Clock>,
    pools: Arc<Mutex<Vec<(Authority, Pool)>>>,
    signed: Arc<Signed>,
}

impl Peers {
    /// Peers that accept what `callers` signs, at the time of `clock`.
    pub fn new(callers: CallerTokens, clock: Arc<dyn Clock>) -> Self {
        Self {
            callers,
            token: None,
            clock,
            pools: Arc::default(),
            signed: Arc::default(),
        }
    }

    /// Shows each of them the token by which this process is known.
    #[must_use]
    pub fn with_token(mut self, token: OwnToken) -> Self {
        self.token = Some(token);
        self
    }

    /// The role behind `url`, which is plain HTTP and has no path (the signature binds the path
    /// that both sides see).
    pub fn remote(&self, role: Role, url: &Url) -> Result<Remote> {
        let invalid = |what| Error::InvalidUrl { role, what };
        if url.scheme() != "http" {
            return Err(invalid(
                "is not plain HTTP, which is all that is spoken between roles: write it as \
                 http://HOST:PORT",
            ));
        }
        if url.path() != "/" || url.query().is_some() {
            return Err(invalid("has a path: write it as http://HOST:PORT"));
        }
        let nameless = "names no host: write it as http://HOST";
        let host = HeaderValue::try_from(url.authority()).map_err(|_| invalid(nameless))?;
        let authority = url.authority().parse::<Authority>();
        let authority = authority.map_err(|_| invalid(nameless))?;
        Ok(Remote {
            role,
            pool: self.pool(&authority),
            authority,
            host,
            peers: self.clone(),
        })
    }

    /// Roles of one process share their connections.
    fn pool(&self, authority: &Authority) -> Pool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pools.iter().find(|(known, _)| known == authority) {
            return pool.clone();
        }
        let pool = Pool::new(authority.clone());
        pools.push((authority.clone(), pool.clone()));
        pool
    }
}

/// One role in another process.
#[derive(Debug, Clone)]
pub struct Remote {
    role: Role,
    authority: Authority,
    host: HeaderValue,
    pool: Pool,
    peers: Peers,
}

impl Remote {
    /// Which role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the role's process answers and accepts our signature.
    pub async fn check(&self) -> Result<()> {
        let response = self.ask(Method::GET, READY, Body::empty()).await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(self.misbehaves(status)),
        }
    }

    /// How the roles of its process fare.
    pub(crate) async fn health(&self) -> Result<Vec<RoleHealth>> {
        let response = self.ask(Method::GET, HEALTH, Body::empty()).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), MOST_ANSWER_BYTES)
            .await
            .map_err(|error| Error::unavailable(self.role, error))?;
        let roles = serde_json::from_slice(&bytes).ok();
        roles
            .filter(|_| status == StatusCode::OK)
            .ok_or_else(|| self.misbehaves(status))
    }

    /// Whether the two roles are in one process.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.authority == other.authority
    }

    /// Sends the request on as `caller`'s, and gives the answer back as it comes: neither body is
    /// held up.
    pub(crate) async fn forward(&self, caller: &Caller, mut request: Request) -> Result<Response> {
        headers::keep_request_for_role(request.headers_mut());
        let response = self.send(caller, request).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // The caller is known here; it is this gateway that is not known there.
            return Err(Error::RoleRefuses { role: self.role });
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // Nobody asked it to: what follows is no HTTP, and would reach the caller unchecked.
            return Err(Error::RoleMisbehaves {
                role: self.role,
                what: "a request with another protocol".to_owned(),
            });
        }
        Ok(response)
    }

    /// A question of the gateway's own.
    async fn ask(&self, method: Method, path: &'static str, body: Body) -> Result<Response> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_static(path);
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        let gateway = Caller::system(GATEWAY);
        tokio::time::timeout(ASK_TIMEOUT, self.send(&gateway, request))
            .await
            .map_err(|elapsed| Error::unavailable(self.role, elapsed))?
    }

    async fn send(&self, caller: &Caller, mut request: Request) -> Result<Response> {
        let path = request.uri().path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let now = self.peers.clock.now();
        let asked = (request.method(), path.as_str());
        let callers = &self.peers.callers;
        let signed = self.peers.signed.header(callers, caller, asked, now)?;
        request.headers_mut().insert(CALLER, signed);
        if let Some(token) = &self.peers.token {
            let text = token.text().await?;
            let mut value = HeaderValue::from_str(text.expose_secret())
                .map_err(|error| Error::unavailable(self.role, error))?;
            value.set_sensitive(true);
            request.headers_mut().insert(PEER, value);
        }
        request.headers_mut().insert(HOST, self.host.clone());
        *request.uri_mut() = Uri::from(path);
        *request.version_mut() = Version::HTTP_11;
        // Extensions are this process's own affair.
        request.extensions_mut().clear();
        let span = trace::of_forwarding(self.role, request.headers_mut());
        let answered = self.pool.send(request).instrument(span).await;
        let mut response = answered.map_err(|error| Error::unavailable(self.role, error))?;
        if let Some(token) = self.peers.token.as_ref()
            && response.status() == StatusCode::UNAUTHORIZED
        {
            token.refused();
        }
        response.extensions_mut().clear();
        if let Some(touched) = wire::read_touched(response.headers()) {
            response.extensions_mut().insert(touched);
        }
        headers::keep_response(response.headers_mut());
        Ok(response)
    }

    fn misbehaves(&self, status: StatusCode) -> Error {
        if status == StatusCode::UNAUTHORIZED {
            return Error::RoleRefuses { role: self.role };
        }
        Error::RoleMisbehaves {
            role: self.role,
            what: format!("a gateway's own question with {status}"),
        }
    }

    async fn whose(&self, bearer: &SecretString) -> Result<Result<Known, Box<Problem>>> {
        let body = Body::from(Question::json(bearer));
        let response = self.ask(Method::POST, AUTHENTICATE, body).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), MOST_ANSWER_BYTES)
            .await
            .map_err(|error| Error::unavailable(self.role, error))?;
        if status == StatusCode::OK {
            let answer = serde_json::from_slice::<Known>(&bytes);
            return answer.map(Ok).map_err(|_| self.misbehaves(status));
        }
        let problem = serde_json::from_slice::<Box<Problem>>(&bytes).ok();
        match problem {
            Some(problem) if problem.code.starts_with("token_") => Ok(Err(problem)),
            _ => Err(self.misbehaves(status)),
        }
    }
}

#[async_trait]
impl AuditSink for Remote {
    async fn append(&self, entries: &[AuditEntry]) -> fleetscope_ports::Result<()> {
        let port = |error: Error| {
            let said = fleetscope_ports::Error::new(error.kind(), error.code(), error.message());
            said.because(error)
        };
        let body = serde_json::to_vec(entries).unwrap_or_default();
        let answered = self.ask(Method::POST, AUDIT, body.into()).await;
        match answered.map_err(port)?.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(port(self.misbehaves(status))),
        }
    }
}

#[async_trait]
impl AskRegistry for Remote {
    async fn authenticate(&self, bearer: &SecretString) -> fleetscope_ports::Result<Known> {
        let unknown = |problem: Box<Problem>| {
            let code = match problem.code.as_str() {
                "token_expired" => "token_expired",
                _ => "token_invalid",
            };
            let kind = ErrorKind::Unauthenticated;
            fleetscope_ports::Error::new(kind, code, problem.detail)
        };
        match self.whose(bearer).await {
            Ok(verdict) => verdict.map_err(unknown),
            Err(error) => {
                let port =
                    fleetscope_ports::Error::new(error.kind(), error.code(), error.message());
                Err(port.because(error))
            }
        }
    }
}
