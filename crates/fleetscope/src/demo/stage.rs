//! Setting the stage: the fleet is simulated and served over HTTP, a server with all roles is
//! started in a folder of its own, and the clusters are registered through its API.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fleetscope_client::Client;
use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_config::Config;
use fleetscope_ports::{Clock, IdSource};
use fleetscope_runtime::{Parts, Running};
use fleetscope_sim::{ClusterInfo, Options, Simulation};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

use crate::exit::Failure;

/// A day and its night, and a little more: the detectors compare with the same time yesterday.
pub(crate) const HISTORY: Duration = Duration::from_hours(26);

/// What stands on the stage.
pub(crate) struct Stage {
    /// The fleet.
    pub(crate) simulation: Simulation,
    /// The server.
    pub(crate) running: Running,
    /// A client with the bootstrap token.
    pub(crate) client: Client,
    /// That token.
    pub(crate) token: String,
    /// The clock of both.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the server keeps its data; gone with the stage.
    _folder: TempDir,
}

/// How the stage is set.
pub(crate) struct Setting {
    /// Decides everything about the fleet.
    pub(crate) seed: u64,
    /// The clock of fleet and server.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the server's ids come from.
    pub(crate) ids: Arc<dyn IdSource>,
    /// How often watches are evaluated, by that clock.
    pub(crate) interval: Duration,
}

/// Sets the stage, plays, and clears it away.
pub(crate) async fn with<T, F>(
    setting: Setting,
    play: impl FnOnce(Stage) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let now = Arc::clone(&setting.clock);
    let options = Options {
        seed: setting.seed,
        start: setting.clock.now(),
        history: HISTORY,
        now: Arc::new(move || now.now()),
    };
    let simulation = tokio::task::spawn_blocking(move || Simulation::new(options))
        .await
        .map_err(|error| Failure::Io {
            what: "simulating the fleet's history",
            source: std::io::Error::other(error),
        })??;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .map_err(Failure::io("opening a port for the simulated fleet"))?;
    let address = listener
        .local_addr()
        .map_err(Failure::io("reading the fleet's port"))?;
    let fleet = axum::serve(listener, simulation.router()).into_future();
    let world = simulation.clone();
    let play = async {
        let stage = raise(setting, simulation, address).await?;
        play(stage).await
    };
    tokio::select! {
        outcome = play => outcome,
        ended = fleet => Err(Failure::Io {
            what: "serving the simulated fleet",
            source: ended.err().unwrap_or_else(|| std::io::Error::other("it ended by itself")),
        }),
        never = world.keep_up() => match never {},
    }
}

async fn raise(
    setting: Setting,
    simulation: Simulation,
    fleet: SocketAddr,
) -> Result<Stage, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::io("making a folder for the data"))?;
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.server.admin_listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.storage.data_dir = folder.path().join("data");
    // The fleet is known to be well, an evaluation repeats call by call, and bookmarks come by
    // another clock.
    config.checks.enabled = false;
    config.index.enabled = false;
    config.watches.interval = setting.interval;
    // Its clock goes faster than the one by which reads are paced, and the fleet is our own.
    config.outbound.scheduled_per_second = 10_000;
    let parts = Parts {
        clock: Arc::clone(&setting.clock),
        ids: setting.ids,
    };
    let running = fleetscope_runtime::start(config, parts).await?;
    let token = running
        .bootstrap_token
        .as_ref()
        .map(|token| token.expose_secret().to_owned())
        .unwrap_or_default();
    let address = running.public.unwrap_or(fleet);
    let client = Client::new(&base(address)?, Some(token.clone()))?;
    for cluster in simulation.clusters(&base(fleet)?) {
        client.create_cluster(&described(cluster)).await?;
    }
    Ok(Stage {
        simulation,
        running,
        client,
        token,
        clock: setting.clock,
        _folder: folder,
    })
}

fn base(address: SocketAddr) -> Result<Url, Failure> {
    Url::parse(&format!("http://{address}"))
        .map_err(|error| Failure::Usage(format!("the address {address} is no URL: {error}")))
}

/// A simulated cluster as one registers it.
pub(crate) fn described(info: ClusterInfo) -> NewCluster {
    let place = |url: Url| {
        Some(Endpoint {
            url: url.to_string(),
            ..Endpoint::default()
        })
    };
    NewCluster {
        name: info.name,
        environment: Some(info.environment),
        provider: Some(info.provider),
        labels: info.labels,
        endpoints: Endpoints {
            kubernetes: place(info.endpoints.kubernetes),
            prometheus: place(info.endpoints.prometheus),
            loki: place(info.endpoints.loki),
            tempo: place(info.endpoints.tempo),
            alertmanager: place(info.endpoints.alertmanager),
        },
    }
}
