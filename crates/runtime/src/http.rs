//! The serving loop of every listener.

use std::net::SocketAddr;
use std::time::Duration;

use axum::{Extension, Router};
use fleetscope_identity::ClientAddress;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use crate::driver::Driver;
use crate::{Error, Result};

/// How long a request's head may take, which is also how long an idle connection is kept. A
/// client that sends its head byte by byte holds a connection no longer than that.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head of a request. A bearer token, a signature and a long query fit many times.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// How long nothing is accepted after the system could give no connection, most often for want of
/// file descriptors: one may be free by then, and spinning frees none.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
/// HTTP/1.1 only: without TLS no common client speaks HTTP/2, and the proxies that end TLS in
/// front of us speak HTTP/1.1 behind. So each request runs inside of its connection's future,
/// which the driver knows.
pub(crate) fn serve(driver: &Driver, listener: TcpListener, router: Router) {
    let serving = driver.clone();
    driver.spawn(async move {
        loop {
            let accepted = tokio::select! {
                biased;
                () = serving.stopped() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let address = Extension(ClientAddress(peer.ip().to_canonical()));
                    let router = router.clone().layer(address);
                    serving.spawn(connection(serving.clone(), stream, router));
                }
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    });
}

async fn connection(driver: Driver, stream: TcpStream, router: Router) {
    // An answer is written in one piece; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MOST_HEAD_BYTES);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(serving);
    let ended = tokio::select! {
        biased;
        ended = serving.as_mut() => ended,
        () = driver.stopped() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // A peer that goes away in the middle, or speaks no HTTP.
        tracing::debug!(error, "a connection broke off");
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
