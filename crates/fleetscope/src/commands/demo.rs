//! `fleetscope demo`

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fleetscope_ports::{PacedClock, SeededIds};
use fleetscope_runtime::Signals;
use fleetscope_sim::Fault;

use crate::demo::stage::{self, Setting};
use crate::demo::{Outcome, Stage, story};
use crate::exit::Failure;
use crate::output::{Style, say};

/// The clock of the demo starts this far in the past and runs this much faster, so that three
/// quarters of an hour of a fleet's life pass in as many seconds and no time lies in the future.
const BEHIND: Duration = Duration::from_hours(1);
const SPEED: f64 = 60.0;
/// How often watches are evaluated, by that clock: the server's default.
const INTERVAL: Duration = Duration::from_mins(1);

/// See it work: a simulated fleet, one fault, and the incident explained.
#[derive(Debug, Args)]
#[command(after_help = "\
The fleet is simulated, its servers speak the real protocols on loopback, and the server that \
watches them is the one that `fleetscope serve` runs; time passes sixty times as fast as usual.

Examples:
  fleetscope demo
  fleetscope demo --list
  fleetscope demo --fault gpu-throttle --seed 7
  fleetscope demo --fault none

It ends with 0 when the cause that was found is the injected one (with --fault none: when nothing \
was found), else with 1.")]
pub(crate) struct Demo {
    /// The fault to inject, or `none`; see --list
    #[arg(long, default_value = "bad-release", value_parser = fault)]
    fault: Chosen,
    /// Decides everything about the fleet, and what the fault hits
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Go on serving afterwards, to look around, until interrupted
    #[arg(long)]
    keep: bool,
    /// List the faults, one a line, and end
    #[arg(long)]
    list: bool,
}

/// A fault, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen(pub(crate) Option<Fault>);

pub(crate) fn fault(text: &str) -> Result<Chosen, String> {
    if text == "none" {
        return Ok(Chosen(None));
    }
    Fault::from_str(text)
        .map(|fault| Chosen(Some(fault)))
        .map_err(|_| {
            let names: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
            format!("there is {}, and none", names.join(", "))
        })
}

pub(crate) async fn run(args: Demo) -> Result<ExitCode, Failure> {
    if args.list {
        for fault in Fault::ALL {
            say(format!("{:<16} {}", fault.name(), fault.summary()))?;
        }
        say(format!(
            "{:<16} {}",
            "none", "nothing goes wrong: noise, daily load and rollouts only"
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let style = Style::of_stdout();
    let named = args.fault.0.map_or("none", |fault| fault.name());
    say(format!(
        "{} fault {named}, seed {}. Simulating a day of history for three clusters…",
        style.bold("Fleetscope demo:"),
        args.seed
    ))?;
    let setting = Setting {
        seed: args.seed,
        clock: Arc::new(PacedClock::behind(BEHIND, SPEED)),
        ids: Arc::new(SeededIds::new(args.seed)),
        interval: INTERVAL,
    };
    let outcome = stage::with(setting, async |stage| {
        let outcome = story::tell(&stage, args.fault.0).await?;
        finish(stage, args.keep, style).await?;
        Ok(outcome)
    })
    .await?;
    Ok(if outcome == Outcome::Right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

async fn finish(stage: Stage, keep: bool, style: Style) -> Result<(), Failure> {
    if keep {
        let base = stage
            .client
            .base()
            .as_str()
            .trim_end_matches('/')
            .to_owned();
        say(format!(
            "\n{} look around with\n  export FLEETSCOPE_URL={base} FLEETSCOPE_TOKEN={}\n  \
             fleetscope analysis rca --list\nCtrl-C ends it.",
            style.bold("Still serving:"),
            stage.token
        ))?;
        stage.running.run_until_signal(Signals::catch()?).await;
    } else {
        stage.running.shutdown().await;
    }
    Ok(())
}
