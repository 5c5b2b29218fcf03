//! `fleetscope eval anomalies`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use fleetscope_eval::anomalies::{self, Line, Part, Table, Task};

use crate::exit::Failure;
use crate::output::{say, table};

#[derive(Debug, Args)]
pub(super) struct Anomalies {
    /// The folder that holds the corpora
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only this task (nab, kpi or vus); may be repeated; all where absent
    #[arg(long = "task", value_name = "TASK", value_parser = task)]
    tasks: Vec<Task>,
    /// Leave out a part of the streaming ensemble (scales, size, season or rest), to see what it brings
    #[arg(long, value_name = "PART", value_parser = part)]
    without: Option<Part>,
}

fn part(text: &str) -> Result<Part, String> {
    let known = || Part::ALL.map(Part::name).join(", ");
    let named = Part::ALL.into_iter().find(|part| part.name() == text);
    named.ok_or_else(|| format!("there is no such part; write one of {}", known()))
}

fn task(text: &str) -> Result<Task, String> {
    let known = || Task::ALL.map(Task::name).join(", ");
    let named = Task::ALL.into_iter().find(|task| task.name() == text);
    named.ok_or_else(|| format!("there is no such task; write one of {}", known()))
}

pub(super) fn run(args: &Anomalies) -> Result<ExitCode, Failure> {
    let tasks = if args.tasks.is_empty() {
        &Task::ALL[..]
    } else {
        &args.tasks
    };
    for task in tasks {
        let found = anomalies::run(*task, &args.data, args.without)?;
        say(heading(*task, &found))?;
        let rows = found.lines.iter().map(row).collect::<Vec<_>>();
        say(table(
            ["DETECTOR", "FIGURE", "SERIES", "VALUE", "95 %"],
            rows,
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn heading(task: Task, table: &Table) -> String {
    format!(
        "{}: {} series, {} readings, answered in {:.1} s",
        task.name(),
        table.series,
        table.readings,
        table.seconds
    )
}

fn row(line: &Line) -> [String; 5] {
    let interval = |(low, high): (f64, f64)| format!("{low:.3} to {high:.3}");
    [
        line.detector.clone(),
        line.figure.clone(),
        line.cases.to_string(),
        format!("{:.3}", line.value),
        line.interval.map_or_else(String::new, interval),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_and_a_task_that_is_not_known_are_said() {
        let args = Anomalies {
            data: PathBuf::from("/nowhere/corpora"),
            tasks: Vec::new(),
            without: None,
        };
        let said = run(&args).unwrap_err().to_string();
        assert!(said.contains("/nowhere/corpora/ad_nab"), "{said}");
        assert!(said.contains("--data"), "{said}");
        assert!(task("nap").unwrap_err().contains("nab, kpi, vus"));
    }
}
