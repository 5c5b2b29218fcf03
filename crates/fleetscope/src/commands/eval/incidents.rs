//! `fleetscope eval incidents`

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use fleetscope_client::Paging;
use fleetscope_client::wire::Investigation;
use fleetscope_ports::{Clock, ManualClock, SeededIds};
use fleetscope_sim::{Fault, Truth};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::alike::{Printed, alike, printed};
use crate::commands::demo::{Chosen, fault};
use crate::demo::stage::{self, Setting};
use crate::demo::{Outcome, Stage, judge};
use crate::exit::Failure;
use crate::output::{entity, say, table};

/// Where the hand-moved clock begins: any fixed instant would do.
const BEGIN: i64 = 1_767_225_600;
/// One evaluation of the watches, as in the server's default.
const STEP: Duration = Duration::from_mins(1);
/// Healthy time before the fault.
const LEAD_IN: u32 = 5;
/// Steps after which a run without a conclusion is over.
const LIMIT: u32 = 40;
/// The watches' own schedule is out of the way: the run moves them on itself.
const NEVER: Duration = Duration::from_hours(24);

#[derive(Debug, Args)]
pub(super) struct Incidents {
    /// Which seeds, both ends included
    #[arg(long, value_name = "FIRST-LAST", default_value = "1000-1019", value_parser = seeds)]
    seeds: RangeInclusive<u64>,
    /// Only this fault (or `none`); may be repeated; all and none where absent
    #[arg(long = "fault", value_parser = fault)]
    faults: Vec<Chosen>,
    /// Print a line for each run, not only the table
    #[arg(long)]
    verbose: bool,
    /// Say also how alike what was found is, from run to run
    #[arg(long)]
    alike: bool,
    /// Runs at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let wrong = || "write the first and the last seed as 1000-1019".to_owned();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (
        first.parse().map_err(|_| wrong())?,
        last.parse().map_err(|_| wrong())?,
    );
    if first > last {
        Err(wrong())
    } else {
        Ok(first..=last)
    }
}

/// How one run ended, with what was injected and found in words.
struct Run {
    fault: &'static str,
    seed: u64,
    outcome: Outcome,
    minutes: u32,
    meant: String,
    found: String,
    printed: Option<Printed>,
}

pub(super) async fn run(args: Incidents) -> Result<ExitCode, Failure> {
    let faults = if args.faults.is_empty() {
        Fault::ALL.iter().copied().map(Some).chain([None]).collect()
    } else {
        args.faults
            .iter()
            .map(|chosen| chosen.0)
            .collect::<Vec<_>>()
    };
    let plan = faults
        .iter()
        .flat_map(|fault| args.seeds.clone().map(|seed| (*fault, seed)));
    let mut runs = stream::iter(plan)
        .map(|(fault, seed)| incident(fault, seed))
        .buffered(args.jobs.max(1));
    let mut done = Vec::new();
    while let Some(run) = runs.next().await {
        let run = run?;
        if args.verbose {
            say(format!(
                "{:<15} {:>6}  {:<17} {:>3} min  meant {}  found {}",
                run.fault,
                run.seed,
                run.outcome.to_string(),
                run.minutes,
                run.meant,
                run.found
            ))?;
        }
        done.push(run);
    }
    say(summary(&done))?;
    if args.alike {
        let printed: Vec<Printed> = done.into_iter().filter_map(|run| run.printed).collect();
        say(format!("\n{}", alike(&printed)))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn incident(fault: Option<Fault>, seed: u64) -> Result<Run, Failure> {
    let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
    // Another time of day for each seed, so that load rises in some runs and falls in others.
    let offset =
        SignedDuration::from_mins(i64::try_from(seed.wrapping_mul(97) % 1440).unwrap_or(0));
    let clock = Arc::new(ManualClock::new(begin.checked_add(offset).unwrap_or(begin)));
    let setting = Setting {
        seed,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ids: Arc::new(SeededIds::new(seed)),
        interval: NEVER,
    };
    stage::with(setting, async |stage| {
        let run = play(&stage, &clock, fault, seed).await?;
        stage.running.shutdown().await;
        Ok(run)
    })
    .await
}

async fn play(
    stage: &Stage,
    clock: &ManualClock,
    fault: Option<Fault>,
    seed: u64,
) -> Result<Run, Failure> {
    for _ in 0..LEAD_IN {
        step(stage, clock).await?;
    }
    let truth = fault
        .map(|fault| stage.simulation.inject(fault))
        .transpose()?;
    let mut minutes = 0;
    let mut found = Vec::new();
    while minutes < LIMIT {
        step(stage, clock).await?;
        minutes += 1;
        found = stage.client.investigations(&Paging::default()).await?.items;
        let all_closed = found.iter().all(|investigation| !investigation.open);
        if truth.is_some() && all_closed && judge::deciding(&found).is_some() {
            break;
        }
    }
    let deciding = judge::deciding(&found);
    let printed = match (fault, &truth, deciding) {
        (Some(fault), Some(truth), Some(found)) => {
            let print = printed(&stage.client, found).await;
            print.map(|fingerprint| Printed {
                fault: fault.name(),
                target: format!("{} {}", truth.entity.kind, truth.entity.name),
                fingerprint,
            })
        }
        _ => None,
    };
    Ok(Run {
        printed,
        fault: fault.map_or("none", |fault| fault.name()),
        seed,
        outcome: judge::judge(truth.as_ref(), deciding),
        minutes,
        meant: truth.as_ref().map_or_else(|| "nothing".to_owned(), meant),
        found: deciding.map_or_else(|| "nothing".to_owned(), claimed),
    })
}

async fn step(stage: &Stage, clock: &ManualClock) -> Result<(), Failure> {
    clock.advance(STEP);
    stage.running.activate("watches").await?;
    Ok(())
}

fn meant(truth: &Truth) -> String {
    format!(
        "{} {} {}",
        truth.cluster, truth.entity.kind, truth.entity.name
    )
}

fn claimed(found: &Investigation) -> String {
    found.causes.first().map_or_else(
        || format!("{:?}", found.verdict),
        |cause| {
            let cluster = found
                .clusters
                .get(&cause.entity.cluster)
                .map_or("?", String::as_str);
            format!(
                "{cluster} {} {:.2}",
                entity(&cause.entity),
                cause.confidence
            )
        },
    )
}

fn summary(runs: &[Run]) -> String {
    let mut rows: BTreeMap<&str, BTreeMap<Outcome, usize>> = BTreeMap::new();
    for run in runs {
        for key in [run.fault, "~ all"] {
            *rows.entry(key).or_default().entry(run.outcome).or_default() += 1;
        }
    }
    let rows = rows.into_iter().map(|(fault, counts)| {
        let count = |outcome| counts.get(&outcome).copied().unwrap_or(0);
        let total: usize = counts.values().sum();
        let share = 100.0 * count(Outcome::Right) as f64 / total.max(1) as f64;
        [
            fault.trim_start_matches("~ ").to_owned(),
            total.to_string(),
            count(Outcome::Right).to_string(),
            count(Outcome::Abstained).to_string(),
            count(Outcome::Missed).to_string(),
            count(Outcome::Wrong).to_string(),
            count(Outcome::ConfidentlyWrong).to_string(),
            format!("{share:.0} %"),
        ]
    });
    table(
        [
            "FAULT",
            "RUNS",
            "RIGHT",
            "ABSTAINED",
            "MISSED",
            "WRONG",
            "CONFIDENTLY WRONG",
            "RIGHT %",
        ],
        rows,
    )
}
