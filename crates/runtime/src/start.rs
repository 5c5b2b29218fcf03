//! What a process is made of, in the order in which it comes to be.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use fleetscope_api::TaskBoard;
use fleetscope_config::Config;
use fleetscope_gateway::{Edge, EdgeMetrics, HealthBoard, Limits, Origins, Rate, RateLimits};
use fleetscope_model::Role;
use fleetscope_ports::{Clock, IdSource, SystemClock, SystemIds};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::admin::readiness::Readiness;
use crate::admin::{self, measures};
use crate::driver::{Driver, Schedule};
use crate::http::{Bounds, Lookout};
use crate::roles::gateway::Public;
use crate::roles::session_keys::SessionKeys;
use crate::roles::{self, Local};
use crate::tls::{Certificates, Rotation};
use crate::{Result, Running, http, logging};

/// What is passed in, so that a test can hold it still.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Tells the time, and paces the tasks.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
}

impl Parts {
    /// What a process takes from its machine.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        }
    }
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
    let certificates = Certificates::load(&config.tls).await?;
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
    let mut doors = Doors::make(&config, &edge, local.as_ref(), &mut metrics)?;
    let session_keys = doors.public.as_mut().and_then(|p| p.session_keys.take());
    // Nothing can fail from here on, and only from here on does anything run.
    let acceptor = certificates.as_ref().map(Certificates::acceptor);
    let mut running = serve(&config, listeners, doors, (work, acceptor), metrics);
    if let Some(local) = local {
        running.askers = local.begin_tasks(&config, &parts, &running.work, &board);
        running.bootstrap_token = local.bootstrap_token;
        running.housekeeping = Some(local.housekeeping);
    }
    let rotations = (certificates.map(Rotation), session_keys);
    begin_rotations(&mut running, rotations, &config, &parts, &board);
    running.board = board;
    tracing::info!(
        public = running.public.map(tracing::field::display),
        admin = %running.admin,
        inner = running.inner.map(tracing::field::display),
        "serving"
    );
    Ok(running)
}

/// What is read again while it is in use.
fn begin_rotations(
    running: &mut Running,
    (certificates, session_keys): (Option<Rotation>, Option<SessionKeys>),
    config: &Config,
    parts: &Parts,
    board: &TaskBoard,
) {
    let every = Schedule {
        every: Some(config.tls.reload),
        wake: None,
    };
    let work = running.work.clone();
    let drive = (every, parts.clock.clone(), board.clone());
    if let Some(task) = certificates {
        let (every, clock, board) = drive.clone();
        running.askers.push(work.drive(task, every, clock, board));
    }
    if let Some(task) = session_keys {
        let (every, clock, board) = drive;
        running.askers.push(work.drive(task, every, clock, board));
    }
}

/// The routers of the process's addresses, and how its roles fare.
struct Doors {
    public: Option<Public>,
    inner: Option<Router>,
    health: HealthBoard,
}

impl Doors {
    fn make(
        config: &Config,
        edge: &Edge,
        local: Option<&Local>,
        metrics: &mut Registry,
    ) -> Result<Self> {
        let gateway = config.server.has(Role::Gateway);
        let mut probes = local.map(Local::probes).unwrap_or_default();
        let mut remotes = Vec::new();
        if gateway && local.is_none() {
            remotes = roles::gateway::remotes(config, edge)?;
            probes.extend(roles::gateway::probes(&remotes));
        }
        let hub = roles::identity::hub(config)?;
        let mut issuer = None;
        let mut tracer = Role::Registry;
        if gateway {
            issuer = roles::identity::issuer(config, &edge.clock)?;
            probes.push(roles::gateway::hub_probe(hub.as_ref()));
            probes.push(roles::gateway::issuer_probe(issuer.as_ref()));
            tracer = Role::Gateway;
        }
        let receiver = config.traces.endpoint.as_ref();
        probes.push(roles::gateway::traces_probe(tracer, receiver));
        let health = HealthBoard::new(&config.server.roles, probes, edge.clock.clone());
        let public = gateway
            .then(|| {
                let behind = (local, remotes);
                let shown = (health.clone(), metrics);
                let who = (hub.as_ref(), issuer.as_ref());
                roles::gateway::public(config, edge, behind, who, shown)
            })
            .transpose()?;
        let inner = match (config.server.inner_listen, local) {
            (Some(_), Some(local)) => {
                Some(roles::gateway::inner(config, edge, local, health.clone())?)
            }
            _ => None,
        };
        Ok(Self {
            public,
            inner,
            health,
        })
    }
}

fn serve(
    config: &Config,
    listeners: Listeners,
    doors: Doors,
    (work, acceptor): (Driver, Option<TlsAcceptor>),
    metrics: Registry,
) -> Running {
    let (observers, bounds) = (Driver::new(), Bounds::of(&config.server));
    let lookout = Lookout::begin(&work, config.server.busy_poll);
    if let (Some(listener), Some(public)) = (listeners.public, doors.public) {
        work.spawn(public.audit.run());
        http::serve(
            &work,
            listener,
            public.router,
            acceptor,
            (bounds, lookout.clone()),
        );
    }
    if let (Some(listener), Some(router)) = (listeners.inner, doors.inner) {
        http::serve(&work, listener, router, None, (bounds, lookout));
    }
    let readiness = Readiness {
        roles: config.server.roles.clone(),
        health: doors.health,
        work: work.clone(),
    };
    http::serve(
        &observers,
        listeners.admin,
        admin::router(readiness, metrics),
        None,
        (bounds, Lookout::default()),
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
        leave: config.server.shutdown_leave,
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
        rates: rates(&config.limits),
        origins: Origins::new(config.server.allowed_origins.iter().cloned()),
        tls: config.tls.files().is_some(),
        traces: config
            .traces
            .endpoint
            .as_ref()
            .map(|_| config.traces.percent),
        request_spans: logging::wants_spans(&config.log),
        metrics: EdgeMetrics::register(metrics),
        stopping: work.stopping(),
    }
}

fn rates(limits: &fleetscope_config::Limits) -> RateLimits {
    // The configuration's check refuses zero.
    let count = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    let route = |per_second: u32| Rate {
        per_second: count(per_second),
        burst: count(per_second.saturating_mul(10)),
    };
    RateLimits {
        per_caller: Rate {
            per_second: count(limits.per_second),
            burst: count(limits.burst),
        },
        routes: limits
            .of_routes()
            .map(|(name, per_second)| (name.to_owned(), route(per_second)))
            .collect(),
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
