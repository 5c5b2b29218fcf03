//! `fleetscope rbac`

mod manifest;

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use fleetscope_model::Ability;

use crate::exit::Failure;
use crate::output::say;

/// Print the roles that Fleetscope needs on a cluster.
#[derive(Debug, Args)]
pub(crate) struct Rbac {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the least that Fleetscope needs: service account, roles and bindings, as YAML
    #[command(after_help = "\
Example:
  fleetscope rbac generate --capability metrics,gpu | kubectl apply -f -
  kubectl create token fleetscope --namespace fleetscope --duration 8760h")]
    Generate(Generate),
}

#[derive(Debug, Args)]
struct Generate {
    /// What it is to be able to do; all where absent. What is always needed comes along.
    #[arg(
        long = "capability",
        value_name = "CAPABILITY",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Ability::ALL.map(Ability::as_str))
    )]
    capabilities: Vec<String>,
    /// The namespace of the service account
    #[arg(long, default_value = "fleetscope")]
    namespace: String,
    /// The name of the service account, and of roles and bindings
    #[arg(long, default_value = "fleetscope")]
    name: String,
}

pub(crate) fn run(args: Rbac) -> Result<ExitCode, Failure> {
    let Action::Generate(args) = args.action;
    for (flag, text) in [("--namespace", &args.namespace), ("--name", &args.name)] {
        if !is_label(text) {
            let said = "is a DNS label: lower-case letters, digits and hyphens, 63 at most";
            return Err(Failure::Usage(format!("{flag} {said}")));
        }
    }
    let wanted: Vec<Ability> = Ability::ALL
        .into_iter()
        .filter(|ability| {
            *ability == Ability::Base
                || args.capabilities.is_empty()
                || args
                    .capabilities
                    .iter()
                    .any(|name| name == ability.as_str())
        })
        .collect();
    say(manifest::yaml(&wanted, &args.namespace, &args.name).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
