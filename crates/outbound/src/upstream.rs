//! One endpoint of one cluster.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fleetscope_model::{ClusterId, Endpoint, GapKind, Source};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue};
use http::{HeaderMap, HeaderName, Method};
use tokio::time::Instant;
use url::Url;

use crate::answer::Answer;
use crate::base::{parse, place};
use crate::bearer::Bearer;
use crate::breaker::Key;
use crate::certificate::ClientCertificate;
use crate::failure::{Cause, Failure};
use crate::limits::Lane;
use crate::shown::To;
use crate::way::Way;
use crate::{Parts, Shown};

/// The header by which Loki, Tempo and Mimir tell tenants apart.
const TENANT: HeaderName = HeaderName::from_static("x-scope-orgid");

/// One endpoint of one cluster. Cheap to clone.
#[derive(Clone)]
pub struct Upstream {
    pub(crate) parts: Arc<Parts>,
    pub(crate) key: Key,
    pub(crate) base: Url,
    /// What requests are made to: the base, with the name on the certificate in it.
    target: Url,
    pub(crate) way: Way,
    reach: Arc<str>,
    headers: HeaderMap,
    pub(crate) bearer: Option<Bearer>,
    pub(crate) shown: Option<Shown>,
    deadline: Option<Instant>,
    pub(crate) probing: bool,
    /// Whether a POST is a read, which may be repeated.
    pub(crate) reads_only: bool,
    pub(crate) lane: Lane,
    /// What is asked, without its time, where that is known.
    pub(crate) question: Option<Arc<str>>,
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
        let (way, target) = Way::to(endpoint, &base).map_err(unreachable)?;
        let refused = parts.pools.check(&base, &way).err();
        if let Some(refused) = refused {
            return Err(unreachable(refused.to_string()).at(Cause::Address));
        }
        let headers = headers(endpoint, &base, &target).ok_or_else(|| {
            unreachable("the tenant holds characters that no header may hold".to_owned())
        })?;
        let key = Key {
            cluster,
            source,
            place: place(&base).into(),
        };
        Ok(Self {
            parts,
            key,
            base,
            target,
            way,
            reach: endpoint.reach().into(),
            headers,
            bearer: None,
            shown: None,
            deadline: None,
            probing: false,
            reads_only: false,
            lane: Lane::People,
            question: None,
        })
    }

    /// The same endpoint with an end to all its calls, beside the time limit of each.
    #[must_use]
    pub fn by(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Who it is that a credential is shown to here.
    pub(crate) fn to(&self) -> To {
        To {
            cluster: self.key.cluster,
            source: self.key.source,
            reach: Arc::clone(&self.reach),
        }
    }

    pub(crate) fn showing(self, shown: Option<Shown>) -> Self {
        Self { shown, ..self }
    }

    /// The same endpoint, whose requests bear a token and nothing else that its cluster has.
    #[must_use]
    pub fn bearing(mut self, bearer: Bearer) -> Self {
        self.bearer = Some(bearer);
        self.shown = None;
        self
    }

    /// The same endpoint, to whose server this certificate is shown. Without TLS it is not.
    #[must_use]
    pub fn presenting(mut self, certificate: ClientCertificate) -> Self {
        self.way.presenting(certificate);
        self.shown = None;
        self
    }

    /// The same endpoint, called once and even where it is left alone, to learn how it fares.
    #[must_use]
    pub fn probing(mut self) -> Self {
        self.probing = true;
        self
    }

    /// The same endpoint, in the lane of those for whom it is called.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// The same endpoint, asked something that may come again at another time: what takes it long
    /// is not asked by a schedule again and again.
    #[must_use]
    pub fn asking(mut self, question: &str) -> Self {
        self.question = Some(question.into());
        self
    }

    /// The same endpoint, where every request is a read and may be repeated.
    #[must_use]
    pub(crate) fn reading(mut self) -> Self {
        self.reads_only = true;
        self
    }

    /// The cluster it belongs to.
    pub fn cluster(&self) -> ClusterId {
        self.key.cluster
    }

    /// Host and port, for messages.
    pub fn place(&self) -> &str {
        &self.key.place
    }

    /// The time that a call beginning now may take.
    pub fn time_left(&self) -> Duration {
        self.limit().duration_since(Instant::now())
    }

    /// GET of a path (after the endpoint's own path) with query parameters.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let target = target_of(path, query);
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

    pub(crate) async fn call(
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

    pub(crate) fn outgoing(
        &self,
        method: Method,
        target: &str,
    ) -> Result<reqwest::Request, Failure> {
        let base = self.target.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{target}")).map_err(|_| {
            Failure::new(
                GapKind::Unreachable,
                format!("no URL can be made of the address of {}", self.place()),
            )
        })?;
        let mut request = reqwest::Request::new(method, url);
        request.headers_mut().clone_from(&self.headers);
        Ok(request)
    }

    pub(crate) fn limit(&self) -> Instant {
        let own = Instant::now() + self.parts.options.timeout;
        self.deadline.map_or(own, |deadline| deadline.min(own))
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("endpoint", &self.key)
            .finish_non_exhaustive()
    }
}

/// What every request says: whose data is meant, and, where the URL holds the name on the
/// certificate, the host that is meant.
fn headers(endpoint: &Endpoint, base: &Url, target: &Url) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.headers {
        headers.insert(HeaderName::try_from(name).ok()?, value.parse().ok()?);
    }
    if let Some(tenant) = &endpoint.tenant {
        headers.insert(TENANT, tenant.parse().ok()?);
    }
    if base != target {
        headers.insert(HOST, place(base).parse().ok()?);
    }
    Some(headers)
}

/// A path with its query.
pub(crate) fn target_of(path: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", encode(query))
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
