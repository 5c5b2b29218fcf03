//! One endpoint of one cluster, and the one place where bytes leave and come in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fleetscope_model::{ClusterId, Endpoint, GapKind, Source};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Method, StatusCode};
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use crate::answer::Answer;
use crate::base::{parse, place};
use crate::bearer::Bearer;
use crate::failure::{self, Failure, printable};
use crate::{OutboundOptions, Parts, trace};

/// How much of an error's body is read: enough for any message.
const ERROR_BODY: u64 = 64 * 1024;

/// The header by which Loki, Tempo and Mimir tell tenants apart.
const TENANT: HeaderName = HeaderName::from_static("x-scope-orgid");

/// One endpoint of one cluster. Cheap to clone.
#[derive(Clone)]
pub struct Upstream {
    parts: Arc<Parts>,
    cluster: ClusterId,
    source: Source,
    base: Url,
    tenant: Option<HeaderValue>,
    bearer: Option<Bearer>,
    place: String,
    deadline: Option<Instant>,
}

impl Upstream {
    pub(crate) fn new(
        parts: Arc<Parts>,
        cluster: ClusterId,
        source: Source,
        endpoint: &Endpoint,
    ) -> Result<Self, Failure> {
        let unreachable = |detail: String| Failure::new(GapKind::Unreachable, detail);
        let base = parse(&endpoint.url).map_err(unreachable)?;
        parts
            .pools
            .check_literal(&base)
            .map_err(|refused| unreachable(refused.to_string()))?;
        let tenant = endpoint
            .tenant
            .as_deref()
            .map(HeaderValue::from_str)
            .transpose()
            .map_err(|_| {
                unreachable("the tenant holds characters that no header may hold".to_owned())
            })?;
        let place = place(&base);
        Ok(Self {
            parts,
            cluster,
            source,
            base,
            tenant,
            bearer: None,
            place,
            deadline: None,
        })
    }

    /// The same endpoint with an end to all its calls, beside the time limit of each.
    #[must_use]
    pub fn by(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same endpoint, whose requests bear a token.
    #[must_use]
    pub fn bearing(mut self, bearer: Bearer) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// The cluster it belongs to.
    pub fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// Host and port, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The time that a call beginning now may take.
    pub fn time_left(&self) -> Duration {
        self.limit().duration_since(Instant::now())
    }

    /// GET of a path (after the endpoint's own path) with query parameters.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let target = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", encode(query))
        };
        self.call(Method::GET, &target, Bytes::new(), None).await
    }

    /// POST of form fields to a path: a read whose parameters may be too long for a URL.
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, Failure> {
        const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.call(Method::POST, path, encode(form).into(), Some(FORM))
            .await
    }

    /// Sends a request whose URI is a path with a query, after the endpoint's own path. Of its
    /// headers only `Accept` and `Content-Type` are passed on.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<Answer, Failure> {
        let (head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("/", |t| t.as_str());
        let mut outgoing = self.outgoing(head.method, target)?;
        for name in [ACCEPT, CONTENT_TYPE] {
            if let Some(value) = head.headers.get(&name) {
                outgoing.headers_mut().insert(name, value.clone());
            }
        }
        *outgoing.body_mut() = Some(body.into());
        self.exchange(outgoing).await
    }

    async fn call(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
        content_type: Option<HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut outgoing = self.outgoing(method, target)?;
        let headers = outgoing.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
            *outgoing.body_mut() = Some(body.into());
        }
        self.exchange(outgoing).await
    }

    fn outgoing(&self, method: Method, target: &str) -> Result<reqwest::Request, Failure> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{target}")).map_err(|_| {
            Failure::new(
                GapKind::Unreachable,
                format!("no URL can be made of the address of {}", self.place),
            )
        })?;
        let mut request = reqwest::Request::new(method, url);
        if let Some(tenant) = &self.tenant {
            request.headers_mut().insert(TENANT, tenant.clone());
        }
        Ok(request)
    }

    /// Waits for a place, sends, reads the whole answer; all before the deadline.
    async fn exchange(&self, mut request: reqwest::Request) -> Result<Answer, Failure> {
        let started = Instant::now();
        let limit = self.limit();
        let span = trace::of_read(self.source, &self.place, &mut request);
        let result = self.turn(request, limit).instrument(span.clone()).await;
        trace::ended(&span, &result);
        let elapsed = started.elapsed();
        self.parts.metrics.record(self.source, &result, elapsed);
        tracing::debug!(
            cluster = %self.cluster,
            source = self.source.title(),
            place = self.place,
            status = result.as_ref().map_or(0, |answer| answer.status.as_u16()),
            failure = result.as_ref().err().map(|failure| failure.detail.as_str()),
            elapsed_ms = elapsed.as_millis() as u64,
            "outside read"
        );
        result
    }

    async fn turn(&self, request: reqwest::Request, limit: Instant) -> Result<Answer, Failure> {
        // A call that got its place in the second half of its time has little chance to end in
        // time, and would only add load.
        let wait = limit.duration_since(Instant::now()) / 2;
        let _place = self.parts.limits.enter(self.cluster, wait).await?;
        tokio::time::timeout_at(limit, self.transfer(request))
            .await
            .unwrap_or_else(|_| {
                Err(Failure::new(
                    GapKind::Timeout,
                    format!(
                        "no complete answer from {} in time: ask for less, or look at its load",
                        self.place
                    ),
                ))
            })
    }

    async fn transfer(&self, mut request: reqwest::Request) -> Result<Answer, Failure> {
        if let Some(bearer) = &self.bearer {
            let header = bearer.header().await?;
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        self.parts.renew_trust().await;
        let client = self.parts.pools.client(&self.base);
        let response = client.execute(request).await.map_err(|error| {
            if let (Some(roots), true) = (&self.parts.roots, failure::is_distrust(&error)) {
                roots.doubt();
            }
            failure::no_answer(&error, &self.place)
        })?;
        if response.status().is_redirection() {
            return Err(self.redirected(&response));
        }
        let status = response.status();
        if let Some(bearer) = self
            .bearer
            .as_ref()
            .filter(|_| status == StatusCode::UNAUTHORIZED)
        {
            bearer.refused();
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_ascii_lowercase)
            .unwrap_or_default();
        let body = if status.is_success() {
            self.body(response).await?
        } else {
            self.error_body(response).await
        };
        Ok(Answer {
            status,
            content_type,
            body,
            place: self.place.clone(),
        })
    }

    /// The whole body, or `Truncated` as soon as it is known to be larger than the cap.
    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, Failure> {
        let cap = self.parts.options.max_response;
        if response.content_length().is_some_and(|length| length > cap) {
            return Err(too_large(&self.place, &self.parts.options));
        }
        let mut body = Vec::new();
        loop {
            let chunk = response
                .chunk()
                .await
                .map_err(|error| failure::broken_body(&error, &self.place, body.len()))?;
            let Some(chunk) = chunk else {
                return Ok(body.into());
            };
            if (body.len() + chunk.len()) as u64 > cap {
                return Err(too_large(&self.place, &self.parts.options));
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// What there is of an error's text; a broken or endless one is simply cut.
    async fn error_body(&self, mut response: reqwest::Response) -> Bytes {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = (ERROR_BODY as usize).saturating_sub(body.len());
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if room <= chunk.len() {
                break;
            }
        }
        body.into()
    }

    fn redirected(&self, response: &reqwest::Response) -> Failure {
        let target = response
            .headers()
            .get(http::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| self.base.join(text).ok())
            // The rest of a location may carry a token.
            .map(|url| format!(" to {}", printable(&place(&url))))
            .unwrap_or_default();
        Failure::new(
            GapKind::BadAnswer,
            format!(
                "{} redirects{target}, and redirects are not followed: register the final URL",
                self.place
            ),
        )
    }

    fn limit(&self) -> Instant {
        let own = Instant::now() + self.parts.options.timeout;
        self.deadline.map_or(own, |deadline| deadline.min(own))
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("cluster", &self.cluster)
            .field("source", &self.source)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn too_large(place: &str, options: &OutboundOptions) -> Failure {
    let cap = options.max_response;
    Failure::new(
        GapKind::Truncated,
        format!(
            "the answer of {place} is larger than {cap} bytes and none of it is used: ask for \
             fewer series or a shorter range, or raise outbound.max_response"
        ),
    )
}
