//! The tables of `fleetscope eval anomalies` without the rest of the binary: quick to build.
//! `cargo run --release -p fleetscope-eval --example anomalies -- DATA [TASK]…`

use std::path::Path;

use fleetscope_eval::anomalies::{Task, run};

#[expect(clippy::print_stdout, reason = "the example speaks to a person")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let data = args
        .next()
        .ok_or("give the folder that holds the corpora")?;
    let named: Vec<String> = args.collect();
    for task in Task::ALL {
        if !named.is_empty() && !named.iter().any(|name| name == task.name()) {
            continue;
        }
        let table = run(task, Path::new(&data))?;
        println!(
            "{}: {} series, {} readings, {:.1} s",
            task.name(),
            table.series,
            table.readings,
            table.seconds
        );
        for line in table.lines {
            let interval = line
                .interval
                .map_or_else(String::new, |(low, high)| format!("{low:.3} to {high:.3}"));
            println!(
                "  {:24} {:44} {:8.3} {interval}",
                line.detector, line.figure, line.value
            );
        }
    }
    Ok(())
}
