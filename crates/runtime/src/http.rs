//! The serving loop of every listener.

mod frames;
mod lookout;
mod patient;
mod watched;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use fleetscope_identity::ClientAddress;
use futures::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::util::MapRequest;

pub(crate) use lookout::Lookout;
use patient::Patient;
use watched::Watched;

use crate::driver::Driver;
use crate::{Error, Result};

/// The longest head of a request. A bearer token, a signature and a long query fit many times.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many requests one HTTP/2 connection may have under way, as nginx has it.
const MOST_STREAMS: u32 = 128;

/// How many streams a client may have opened and taken back before one of them was begun with, or
/// had refused for a mistake, before its connection is closed. Those that were begun with are
/// counted by [`Watched`].
const MOST_RESETS: usize = 20;

/// How an idle HTTP/2 connection is asked whether its client is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// How long nothing is accepted after the system could give no connection, most often for want of
/// file descriptors: one may be free by then, and spinning frees none.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often a listener wakes for nothing. A timer that is due sooner than all others makes the
/// runtime wake itself through the kernel, although it is awake: with a timer that is always due
/// sooner than those of requests, none of them does, which spares a lone request two system calls.
const TICK: Duration = Duration::from_secs(1);

/// What a listener allows its clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long a request's head may take, which is also how long an idle connection is kept. A
    /// client that sends its head byte by byte holds a connection no longer than that.
    head_timeout: Duration,
    /// How long a client may take no byte of what is there for it.
    send_timeout: Duration,
    /// How many connections there may be; each costs some kilobytes and a file descriptor.
    connections: usize,
}

impl Bounds {
    pub(crate) fn of(server: &fleetscope_config::Server) -> Self {
        Self {
            head_timeout: server.head_timeout,
            send_timeout: server.send_timeout,
            connections: server.max_connections as usize,
        }
    }
}

/// Listens on the address that is written under `key` in the configuration.
pub(crate) async fn bind(key: &'static str, address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|cause| Error::Listen {
        key,
        address,
        cause,
    })
}

/// The address that is listened on, with the port that the system has chosen for port 0.
pub(crate) fn address_of(listener: &TcpListener, key: &'static str) -> Result<SocketAddr> {
    listener.local_addr().map_err(|cause| Error::Listen {
        key,
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        cause,
    })
}

/// Serves the router until the group stops: then nothing new is accepted, and each connection
/// closes after the request that is under way on it.
///
/// Over TLS, the client chooses HTTP/1.1 or HTTP/2. Without, it is HTTP/1.1 only: no common client
/// speaks HTTP/2 then, and the proxies that end TLS in front of us speak HTTP/1.1 behind. Each
/// request runs inside of a future that the driver knows.
pub(crate) fn serve(
    driver: &Driver,
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    (bounds, lookout): (Bounds, Lookout),
) {
    let serving = Serving {
        driver: driver.clone(),
        router,
        tls,
        bounds,
        lookout,
        places: Arc::new(Semaphore::new(bounds.connections)),
    };
    driver.spawn(serving.accept(listener));
    let ticking = driver.clone();
    driver.spawn(
        async move { while tokio::time::timeout(TICK, ticking.stopped()).await.is_err() {} },
    );
}

/// One listener at work.
#[derive(Clone)]
struct Serving {
    driver: Driver,
    router: Router,
    tls: Option<TlsAcceptor>,
    bounds: Bounds,
    lookout: Lookout,
    places: Arc<Semaphore>,
}

impl Serving {
    async fn accept(self, listener: TcpListener) {
        loop {
            // A connection that finds no place waits in the system's queue.
            let place = tokio::select! {
                biased;
                () = self.driver.stopped() => break,
                place = self.places.clone().acquire_owned() => place,
            };
            let accepted = tokio::select! {
                biased;
                () = self.driver.stopped() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.begin(stream, peer, place.ok()),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Who had connected before the stop was told that somebody is there.
        while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
            self.begin(stream, peer, None);
        }
    }

    fn begin(&self, stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        let address = ClientAddress(peer.ip().to_canonical());
        self.driver
            .spawn(self.clone().connection(stream, address, place));
    }

    async fn connection(
        self,
        stream: TcpStream,
        address: ClientAddress,
        _place: Option<OwnedSemaphorePermit>,
    ) {
        // An answer is written in one piece; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.bounds.send_timeout);
        match self.tls.clone() {
            None => self.speak_http1(stream, address).await,
            // In a box of its own: a connection without TLS needs none of its room.
            Some(tls) => Box::pin(self.encrypted(tls, stream, address)).await,
        }
    }

    async fn encrypted(self, tls: TlsAcceptor, stream: Patient<TcpStream>, address: ClientAddress) {
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            // What was agreed on in the handshake need not be guessed, nor waited for.
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.speak_http2(stream, address).await;
            }
            Ok(Ok(stream)) => self.speak_http1(stream, address).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn speak_http1<S>(self, stream: S, address: ClientAddress)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.bounds.head_timeout)
            .max_buf_size(MOST_HEAD_BYTES);
        let driver = self.driver.clone();
        let stream = TokioIo::new(stream);
        let connection = pin!(builder.serve_connection(stream, self.service(address)));
        until_stopped(&driver, connection).await;
    }

    async fn speak_http2<S>(self, stream: S, address: ClientAddress)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = Watched::new(stream, self.bounds.head_timeout, self.bounds.send_timeout);
        let driver = self.driver.clone();
        let mut builder = http2::Builder::new(OnDriver(driver.clone()));
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(MOST_HEAD_BYTES as u32)
            .max_concurrent_streams(MOST_STREAMS)
            .max_pending_accept_reset_streams(MOST_RESETS)
            .max_local_error_reset_streams(MOST_RESETS)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN);
        let stream = TokioIo::new(stream);
        let connection = pin!(builder.serve_connection(stream, self.service(address)));
        until_stopped(&driver, connection).await;
    }

    /// The router for the requests of one client.
    fn service(
        self,
        address: ClientAddress,
    ) -> impl Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = Infallible,
        Future: Send + 'static,
    > {
        let (router, lookout) = (self.router, self.lookout);
        TowerToHyperService::new(MapRequest::new(
            router,
            move |mut request: Request<Incoming>| {
                lookout.tell();
                request.extensions_mut().insert(address);
                request
            },
        ))
    }
}

/// Serves a connection; once the group stops, up to the end of what is under way.
async fn until_stopped<C>(driver: &Driver, mut connection: Pin<&mut C>)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = driver.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A peer that goes away in the middle, or speaks no HTTP.
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Runs the streams of HTTP/2 connections where the driver knows of them.
#[derive(Clone)]
struct OnDriver(Driver);

impl<F> hyper::rt::Executor<F> for OnDriver
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(async move {
            future.await;
        });
    }
}

/// Whether the peer went away before its connection was accepted.
fn is_of_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
