//! A hub on loopback, for as long as it is held.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::Hub;

/// A served router. When this is dropped nobody is let in any more; connections that are open may
/// go on.
#[derive(Debug)]
pub struct Served {
    /// Where it answers, with a trailing slash.
    pub base: Url,
    /// The same.
    pub address: SocketAddr,
    server: JoinHandle<()>,
}

impl Hub {
    /// Serves this hub on a free port of loopback.
    ///
    /// # Errors
    /// No port can be taken.
    pub async fn serve(&self) -> io::Result<Served> {
        Served::start(self.router(), 0).await
    }

    /// Serves it on this port again, after an earlier [`Served`] was dropped.
    ///
    /// # Errors
    /// The port can't be taken.
    pub async fn serve_on(&self, port: u16) -> io::Result<Served> {
        Served::start(self.router(), port).await
    }
}

impl Served {
    /// Serves a router on loopback.
    ///
    /// # Errors
    /// The port can't be taken.
    pub async fn start(router: Router, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let base = Url::parse(&format!("http://{address}/")).map_err(io::Error::other)?;
        let server = spawn(async move {
            // It ends when it is aborted; until then an error shows as refused connections.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            base,
            address,
            server,
        })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a simulated server has no driver, and is aborted when it is dropped"
)]
fn spawn(server: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(server)
}
