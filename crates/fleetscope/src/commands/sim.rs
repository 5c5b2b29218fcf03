//! `fleetscope sim`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use fleetscope_ports::{Clock, SystemClock};
use fleetscope_sim::{Options, Simulation};
use tokio::net::TcpListener;
use url::Url;

use crate::demo::stage::HISTORY;
use crate::exit::Failure;
use crate::output::say;

/// Run a simulated fleet that speaks the real protocols.
#[derive(Debug, Args)]
#[command(after_help = "\
Three clusters with Kubernetes, Prometheus, Loki, Tempo and Alertmanager APIs below one address; \
the commands that register them are printed. Inject a fault with
  curl -d '{\"fault\":\"memory-leak\"}' -H 'content-type: application/json' ADDR/sim/v1/faults")]
pub(crate) struct Sim {
    /// Address to serve on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Decides everything about the fleet
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(args: Sim) -> Result<ExitCode, Failure> {
    let options = Options {
        seed: args.seed,
        start: SystemClock.now(),
        history: HISTORY,
        now: Arc::new(|| SystemClock.now()),
    };
    let simulation = Simulation::new(options)?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(Failure::io("opening the address of the simulated fleet"))?;
    let address = listener
        .local_addr()
        .map_err(Failure::io("reading the fleet's address"))?;
    let base = Url::parse(&format!("http://{address}"))
        .map_err(|error| Failure::Usage(error.to_string()))?;
    say(format!(
        "A simulated fleet, seed {}, at {base}. Register it with",
        args.seed
    ))?;
    for cluster in simulation.clusters(&base) {
        let places = &cluster.endpoints;
        say(format!(
            "  fleetscope clusters add {} --environment {} --provider {} --kubernetes {} \
             --prometheus {} --loki {} --tempo {} --alertmanager {}",
            cluster.name,
            cluster.environment,
            cluster.provider,
            places.kubernetes,
            places.prometheus,
            places.loki,
            places.tempo,
            places.alertmanager
        ))?;
    }
    tokio::select! {
        served = axum::serve(listener, simulation.router()).into_future() => {
            served.map_err(Failure::io("serving the simulated fleet"))?;
        }
        never = simulation.keep_up() => match never {},
        () = interrupted() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the signal can't be had, the fleet simply runs until it is killed. Open watches are cut
/// off: a reader that comes back finds another fleet anyway.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
