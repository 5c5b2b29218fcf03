//! The typed client: one method a call, errors that keep the server's own words.

mod alerts;
mod calls;
pub(crate) mod logs;
mod metrics;
mod parts;
mod tail;
mod topology;
mod traces;

pub use alerts::AlertScope;
pub use calls::{MetricScope, Paging};
pub use logs::LogsAbout;
pub use metrics::SeriesScope;
pub use parts::PartEvent;
pub use tail::{TailEvent, TailOf};
pub use topology::PlaceScope;
pub use traces::TraceScope;

use std::fmt;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::wire::Problem;

/// Longest time for one call that is not a stream. Longer than the server's own limit, so that
/// the server's explanation arrives.
const CALL_LIMIT: Duration = Duration::from_secs(75);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server said no, and why.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// There is no server, or no connection to it.
    #[error("no connection to {url}: is Fleetscope running there? ({cause})")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        cause: String,
    },
    /// An answer that is not Fleetscope's.
    #[error("{url} answered {status} with something that is not Fleetscope's: check the address")]
    NotFleetscope {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The base URL can't be one.
    #[error("'{0}' is no base URL: write one such as http://127.0.0.1:8080")]
    BadUrl(String),
}

impl Error {
    /// The server's status, where the server said no.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            _ => None,
        }
    }
}

/// A client for one Fleetscope server. Cheap to clone; never prints its token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that calls `base` (with any path prefix) as the bearer of `token`.
    ///
    /// # Errors
    ///
    /// `BadUrl` where `base` is not an absolute `http` or `https` URL.
    #[expect(
        clippy::disallowed_methods,
        reason = "this client calls Fleetscope, not a cluster"
    )]
    pub fn new(base: &Url, token: Option<String>) -> Result<Self, Error> {
        if base.cannot_be_a_base() || !matches!(base.scheme(), "http" | "https") {
            return Err(Error::BadUrl(base.to_string()));
        }
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Error::Unreachable {
                url: base.to_string(),
                cause: error.to_string(),
            })?;
        Ok(Self { http, base, token })
    }

    /// The server's base URL, with a trailing slash.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// A request to a path of the server with the token, for what has no method of its own.
    ///
    /// # Errors
    ///
    /// `BadUrl` where the path can't be one.
    pub fn raw(&self, method: Method, path: &str) -> Result<RequestBuilder, Error> {
        self.request(method, path)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Error> {
        let url = self
            .base
            .join(path.trim_start_matches('/'))
            .map_err(|_| Error::BadUrl(self.base.to_string()))?;
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<reqwest::Response, Error> {
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let url = response.url().to_string();
        let body = response.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(Error::Refused(Box::new(problem))),
            Err(_) => Err(Error::NotFleetscope {
                url,
                status: status.as_u16(),
            }),
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = self.send(request.timeout(CALL_LIMIT)).await?;
        let (url, status) = (response.url().to_string(), response.status());
        let body = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&body).map_err(|_| Error::NotFleetscope {
            url,
            status: status.as_u16(),
        })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, Error> {
        self.json(self.request(Method::GET, path)?.query(query))
            .await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.json(self.request(Method::POST, path)?.json(body))
            .await
    }

    async fn delete(&self, path: &str) -> Result<(), Error> {
        let response = self
            .send(self.request(Method::DELETE, path)?.timeout(CALL_LIMIT))
            .await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(Error::NotFleetscope {
                url: response.url().to_string(),
                status: status.as_u16(),
            }),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Error::Unreachable {
            url: self.base.to_string(),
            cause: cause.to_string(),
        }
    }
}
