//! The commands, one a file.

use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::cli::Command;
use crate::exit::Failure;

pub(crate) mod analysis;
pub(crate) mod clusters;
pub(crate) mod config;
pub(crate) mod credentials;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod query;
pub(crate) mod rbac;
pub(crate) mod reports;
pub(crate) mod serve;
pub(crate) mod sim;
pub(crate) mod tokens;

/// Carries out a command.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the asynchronous runtime"))?;
    runtime.block_on(async move {
        match command {
            Command::Serve(args) => serve::run(args).await,
            Command::Config(args) => config::run(args),
            Command::Clusters(args) => clusters::run(args).await,
            Command::Credentials(args) => credentials::run(args).await,
            Command::Keys(args) => keys::run(args).await,
            Command::Rbac(args) => rbac::run(args),
            Command::Query(args) => query::run(args).await,
            Command::Analysis(args) => analysis::run(args).await,
            Command::Reports(args) => reports::run(args).await,
            Command::Events(args) => events::run(args).await,
            Command::Tokens(args) => tokens::run(args).await,
            Command::Sim(args) => sim::run(args).await,
            Command::Demo(args) => Box::pin(demo::run(args)).await,
            Command::Eval(args) => Box::pin(eval::run(args)).await,
        }
    })
}
