//! `fleetscope config`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_config::{Config as Configuration, Overrides, Sources};

use crate::cli::Settings;
use crate::exit::Failure;
use crate::output::say;

/// Check or show the configuration.
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell everything that is wrong with the configuration, and where it was written
    Check(Settings),
    /// Print the configuration in force, as TOML; secrets are redacted
    Show(Settings),
    /// Print an example file with every key, its description and its default
    Example,
    /// Print the JSON schema of the file, for editors
    Schema,
}

pub(crate) fn run(args: Config) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Check(settings) => {
            let configuration = load(settings)?;
            say("the configuration is fine")?;
            for remark in configuration.remarks() {
                say(format!("note: {remark}"))?;
            }
        }
        Action::Show(settings) => say(load(settings)?.redacted_toml().trim_end())?,
        Action::Example => say(Configuration::example_toml().trim_end())?,
        Action::Schema => say(Configuration::json_schema().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration that the flags, the environment and the file make.
pub(crate) fn load(settings: Settings) -> Result<Configuration, Failure> {
    let overrides = Overrides {
        listen: settings.listen,
        admin_listen: settings.admin_listen,
        inner_listen: settings.inner_listen,
        roles: settings.roles,
        data_dir: settings.data_dir,
        log: settings.log,
        log_format: None,
    };
    Ok(Configuration::load(&Sources::from_process(
        settings.config,
        overrides,
    )?)?)
}
