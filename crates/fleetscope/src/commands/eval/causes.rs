//! `fleetscope eval causes`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use fleetscope_eval::causes::{self, Figure, Task};

use crate::exit::Failure;
use crate::output::{say, table};

#[derive(Debug, Args)]
pub(super) struct Causes {
    /// The folder that holds the corpora
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only this task; may be repeated; all where absent
    #[arg(long = "task", value_name = "TASK", value_parser = task)]
    tasks: Vec<Task>,
    /// Print a line for each case, not only the table
    #[arg(long)]
    verbose: bool,
}

fn task(text: &str) -> Result<Task, String> {
    let known = || Task::ALL.map(Task::name).join(", ");
    let named = Task::ALL.into_iter().find(|task| task.name() == text);
    named.ok_or_else(|| format!("there is no such task; write one of {}", known()))
}

pub(super) fn run(args: &Causes) -> Result<ExitCode, Failure> {
    let tasks = if args.tasks.is_empty() {
        &Task::ALL[..]
    } else {
        &args.tasks
    };
    let mut rows = Vec::new();
    for task in tasks {
        let begin = Instant::now();
        let outcome = causes::run(*task, &args.data)?;
        let seconds = begin.elapsed().as_secs_f64();
        if args.verbose {
            for case in &outcome.cases {
                say(case)?;
            }
        }
        rows.extend(
            outcome
                .figures
                .iter()
                .map(|figure| row(*task, figure, seconds)),
        );
    }
    say(table(
        [
            "TASK", "FIGURE", "CASES", "VALUE", "95 %", "PEERS", "SECONDS",
        ],
        rows,
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn row(task: Task, figure: &Figure, seconds: f64) -> [String; 7] {
    let interval = figure.interval;
    [
        task.name().to_owned(),
        figure.name.clone(),
        figure.cases.to_string(),
        format!("{:.3}", interval.value),
        format!("{:.3} to {:.3}", interval.low, interval.high),
        figure.peers.to_owned(),
        format!("{seconds:.1}"),
    ]
}
