//! The commands, one a file.

use std::process::ExitCode;

use fleetscope_client::wire::Gap;
use fleetscope_ports::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Builder;

use crate::cli::Command;
use crate::exit::Failure;

pub(crate) mod alerts;
pub(crate) mod analysis;
pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod clusters;
pub(crate) mod config;
pub(crate) mod credentials;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod query;
pub(crate) mod rbac;
pub(crate) mod replay;
pub(crate) mod reports;
pub(crate) mod serve;
pub(crate) mod silences;
pub(crate) mod sim;
pub(crate) mod tokens;
pub(crate) mod topology;
pub(crate) mod traces;

/// Carries out a command.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => {
            let configuration = config::load(args.settings)?;
            let workers = configuration.server.workers;
            wait_for(workers, serve::run(configuration))
        }
        Command::Config(args) => config::run(args),
        Command::Clusters(args) => wait_for(None, clusters::run(args)),
        Command::Credentials(args) => wait_for(None, credentials::run(args)),
        Command::Keys(args) => wait_for(None, keys::run(args)),
        Command::Rbac(args) => rbac::run(args),
        Command::Query(args) => wait_for(None, query::run(args)),
        Command::Metrics(args) => wait_for(None, metrics::run(args)),
        Command::Logs(args) => wait_for(None, Box::pin(logs::run(args))),
        Command::Topology(args) => wait_for(None, topology::run(args)),
        Command::Changes(args) => wait_for(None, changes::run(args)),
        Command::Traces(args) => wait_for(None, traces::run(args)),
        Command::Alerts(args) => wait_for(None, alerts::run(args)),
        Command::Silences(args) => wait_for(None, silences::run(args)),
        Command::Analysis(args) => wait_for(None, analysis::run(args)),
        Command::Replay(args) => replay::run(&args),
        Command::Reports(args) => wait_for(None, reports::run(args)),
        Command::Events(args) => wait_for(None, events::run(args)),
        Command::Tokens(args) => wait_for(None, tokens::run(args)),
        Command::Audit(args) => wait_for(None, audit::run(args)),
        Command::Sim(args) => wait_for(None, sim::run(args)),
        Command::Demo(args) => wait_for(None, Box::pin(demo::run(args))),
        Command::Eval(args) => wait_for(None, Box::pin(eval::run(args))),
    }
}

/// How a command ends that has answered. An answer with gaps is incomplete; a script that does not
/// look must still notice.
fn whole(gaps: &[Gap]) -> ExitCode {
    ExitCode::from(u8::from(!gaps.is_empty()))
}

/// The range of this length that ends then, or now: the server's clock may be another.
fn back_from(
    end: Option<Timestamp>,
    length: SignedDuration,
) -> Result<(Timestamp, Timestamp), Failure> {
    let end = end.unwrap_or_else(|| SystemClock.now());
    let start = end.checked_sub(length.abs()).map_err(|_| {
        Failure::Usage("the range reaches too far back: give a shorter one".to_owned())
    })?;
    Ok((start, end))
}

/// Runs a command to its end, on so many threads; one per core where it is not said.
fn wait_for(
    workers: Option<u32>,
    command: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers as usize);
    }
    let runtime = builder
        .enable_all()
        .build()
        .map_err(Failure::io("starting the asynchronous runtime"))?;
    runtime.block_on(command)
}
