//! What a process is made of, in the order in which it comes to be.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use fleetscope_api::TaskBoard;
use fleetscope_config::Config;
use fleetscope_gateway::{Edge, EdgeMetrics, Limits};
use fleetscope_model::Role;
use fleetscope_ports::{Clock, IdSource};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::admin::readiness::{Check, Readiness};
use crate::admin::{self, measures};
use crate::driver::Driver;
use crate::roles::{self, Local};
use crate::{Result, Running, http};

/// What is passed in, so that a test can hold it still.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Tells the time, and paces the tasks.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
}

/// Starts the roles of `config` in this process: takes the addresses, opens the data folder,
/// makes the first token if there is none, begins the tasks, and serves.
///
/// Must be called within a multi-threaded tokio runtime. Port 0 takes a free port, which
/// [`Running`] tells. Nothing is left behind where it fails, but a new data folder.
///
/// # Errors
/// A configuration that is not valid, an address or a data folder that is taken
/// (`address_not_available`, `data_dir_in_use`), a services key or address that cannot be used.
/// Each message says what to do.
pub async fn start(config: Config, parts: Parts) -> Result<Running> {
    config.validate()?;
    install_cryptography();
    let listeners = Listeners::take(&config).await?;
    let mut metrics = Registry::default();
    let (work, board) = (Driver::new(), TaskBoard::default());
    measures::register(&mut metrics, board.clone());
    let edge = edge(&config, &parts, &work, &mut metrics);
    let local = if roles::others().any(|role| config.server.has(role)) {
        Some(Local::open(&config, &parts, &work, &board, &mut metrics).await?)
    } else {
        None
    };
    let doors = Doors::make(&config, &edge, local.as_ref())?;
    // Nothing can fail from here on, and only from here on does anything run.
    let mut running = serve(&config, listeners, doors, work, metrics);
    if let Some(local) = local {
        running.askers = local.begin_tasks(&config, &parts, &running.work, &board);
        running.bootstrap_token = local.bootstrap_token;
        running.housekeeping = Some(local.housekeeping);
    }
    running.board = board;
    tracing::info!(
        public = running.public.map(tracing::field::display),
        admin = %running.admin,
        inner = running.inner.map(tracing::field::display),
        "serving"
    );
    Ok(running)
}

/// The routers of the process's addresses, and what its roles need.
struct Doors {
    public: Option<Router>,
    inner: Option<Router>,
    checks: Vec<Check>,
}

impl Doors {
    fn make(config: &Config, edge: &Edge, local: Option<&Local>) -> Result<Self> {
        let mut checks = local.map(Local::checks).unwrap_or_default();
        let mut public = None;
        if config.server.has(Role::Gateway) {
            let gateway = roles::gateway::public(config, edge, local)?;
            checks.extend(gateway.checks);
            public = Some(gateway.router);
        }
        let inner = match (config.server.inner_listen, local) {
            (Some(_), Some(local)) => Some(roles::gateway::inner(config, edge, local)?),
            _ => None,
        };
        Ok(Self {
            public,
            inner,
            checks,
        })
    }
}

fn serve(
    config: &Config,
    listeners: Listeners,
    doors: Doors,
    work: Driver,
    metrics: Registry,
) -> Running {
    let observers = Driver::new();
    if let (Some(listener), Some(router)) = (listeners.public, doors.public) {
        http::serve(&work, listener, router);
    }
    if let (Some(listener), Some(router)) = (listeners.inner, doors.inner) {
        http::serve(&work, listener, router);
    }
    let readiness = Readiness {
        roles: config.server.roles.clone(),
        checks: doors.checks,
        work: work.clone(),
    };
    http::serve(
        &observers,
        listeners.admin,
        admin::router(readiness, metrics),
    );
    Running {
        public: listeners.public_address,
        admin: listeners.admin_address,
        inner: listeners.inner_address,
        bootstrap_token: None,
        _cut_when_dropped: [work.guard(), observers.guard()],
        work,
        observers,
        askers: Vec::new(),
        board: TaskBoard::default(),
        housekeeping: None,
        grace: config.server.shutdown_grace,
    }
}

/// One provider for all TLS of the process. It is no error where one is installed already: that
/// is what the second start in one process finds.
fn install_cryptography() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn edge(config: &Config, parts: &Parts, work: &Driver, metrics: &mut Registry) -> Edge {
    Edge {
        clock: parts.clock.clone(),
        ids: parts.ids.clone(),
        limits: Limits {
            max_body: config.server.max_body.as_usize(),
            request_timeout: config.server.request_timeout,
            max_streams: config.server.max_streams as usize,
        },
        metrics: EdgeMetrics::register(metrics),
        stopping: work.stopping(),
    }
}

/// The addresses of the process, taken before anything else: that one is in use is the most
/// common reason why a start fails, and then nothing has been touched yet.
struct Listeners {
    public: Option<TcpListener>,
    public_address: Option<SocketAddr>,
    inner: Option<TcpListener>,
    inner_address: Option<SocketAddr>,
    admin: TcpListener,
    admin_address: SocketAddr,
}

impl Listeners {
    async fn take(config: &Config) -> Result<Self> {
        let server = &config.server;
        let public = server.has(Role::Gateway).then_some(server.listen);
        let (public, public_address) = optional("server.listen", public).await?;
        let (inner, inner_address) = optional("server.inner_listen", server.inner_listen).await?;
        let admin = http::bind("server.admin_listen", server.admin_listen).await?;
        let admin_address = http::address_of(&admin, "server.admin_listen")?;
        Ok(Self {
            public,
            public_address,
            inner,
            inner_address,
            admin,
            admin_address,
        })
    }
}

async fn optional(
    key: &'static str,
    address: Option<SocketAddr>,
) -> Result<(Option<TcpListener>, Option<SocketAddr>)> {
    let Some(address) = address else {
        return Ok((None, None));
    };
    let listener = http::bind(key, address).await?;
    let taken = http::address_of(&listener, key)?;
    Ok((Some(listener), Some(taken)))
}
