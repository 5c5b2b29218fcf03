//! The connections to one process that are free.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{Request, Response};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::link::{Carried, Link, Unsent};

/// How long a connection may take to be made: processes of one installation are near each other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection is kept for the next request: half of the time after which our own server
/// closes an idle one, so that it is us who close.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How many connections are kept; more are made where they are needed, and closed after that.
const MOST_IDLE: usize = 128;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    authority: Authority,
    idle: Mutex<Vec<(Instant, Link)>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("authority", &self.shared.authority)
            .finish_non_exhaustive()
    }
}

impl Pool {
    pub(super) fn new(authority: Authority) -> Self {
        Self {
            shared: Arc::new(Shared {
                authority,
                idle: Mutex::default(),
            }),
        }
    }

    /// Sends a request in origin form and gives its answer as it comes.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, BoxError> {
        while let Some(mut link) = self.take().await {
            match link.exchange(request).await {
                Ok(answer) => return Ok(self.carry(answer, link)),
                Err(Unsent::Retry(unsent)) => request = *unsent,
                Err(Unsent::Lost(error)) => return Err(error.into()),
            }
        }
        let mut link = self.connect().await?;
        match link.exchange(request).await {
            Ok(answer) => Ok(self.carry(answer, link)),
            Err(Unsent::Retry(_)) => Err("the connection closed as soon as it was made".into()),
            Err(Unsent::Lost(error)) => Err(error.into()),
        }
    }

    fn carry(&self, answer: Response<hyper::body::Incoming>, link: Link) -> Response<Body> {
        answer.map(|body| Body::new(Carried::new(body, link, self.clone())))
    }

    /// The connection that was used last and can still be used.
    async fn take(&self) -> Option<Link> {
        loop {
            let (since, mut link) = self.idle().pop()?;
            let is_ready = poll_fn(|cx| Poll::Ready(link.is_ready(cx))).await;
            if is_ready && since.elapsed() < IDLE_TIMEOUT {
                return Some(link);
            }
        }
    }

    /// Takes back a connection whose answer was read to its end.
    pub(super) fn give_back(&self, link: Link) {
        let now = Instant::now();
        let mut idle = self.idle();
        if idle
            .first()
            .is_some_and(|(since, _)| now.duration_since(*since) > IDLE_TIMEOUT)
        {
            idle.retain(|(since, _)| now.duration_since(*since) <= IDLE_TIMEOUT);
        }
        if idle.len() < MOST_IDLE {
            idle.push((now, link));
        }
    }

    async fn connect(&self) -> Result<Link, BoxError> {
        let authority = &self.shared.authority;
        let host = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(80);
        let connecting = TcpStream::connect((host, port));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await??;
        stream.set_nodelay(true)?;
        Ok(Link::over(stream).await?)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Link)>> {
        self.shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
