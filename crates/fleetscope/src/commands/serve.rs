//! `fleetscope serve`

use std::process::ExitCode;

use fleetscope_runtime::{Ending, Parts, Signals};
use secrecy::ExposeSecret;

use super::config;
use crate::cli::Serve;
use crate::exit::Failure;

#[expect(
    clippy::print_stderr,
    reason = "the bootstrap token is shown once, to a person"
)]
pub(crate) async fn run(args: Serve) -> Result<ExitCode, Failure> {
    let config = config::load(args.settings)?;
    let _exporting = fleetscope_runtime::init_logging(&config.log, &config.traces)?;
    fleetscope_runtime::forbid_core_dumps();
    let signals = Signals::catch()?;
    let running = fleetscope_runtime::start(config, Parts::system()).await?;
    if let Some(token) = &running.bootstrap_token {
        eprintln!(
            "\nThis is the first start. The admin token, shown only now:\n\n  {}\n\n\
             Keep it: export FLEETSCOPE_TOKEN with it, and make others with `fleetscope tokens \
             create`.\n",
            token.expose_secret()
        );
    }
    Ok(match running.run_until_signal(signals).await {
        Ending::Drained => ExitCode::SUCCESS,
        Ending::Cut => ExitCode::from(1),
    })
}
