//! The tables of `fleetscope eval anomalies` without the rest of the binary: quick to build.
//! `cargo run --release -p fleetscope-eval --example anomalies -- DATA [TASK or PART to leave out]…`

use std::path::Path;

use fleetscope_eval::anomalies::{Part, Task, run};

#[expect(clippy::print_stdout, reason = "the example speaks to a person")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let data = args
        .next()
        .ok_or("give the folder that holds the corpora")?;
    let named: Vec<String> = args.collect();
    let is_named = |name: &str| named.iter().any(|known| known == name);
    let without = Part::ALL.into_iter().find(|part| is_named(part.name()));
    let any_task = Task::ALL.into_iter().any(|task| is_named(task.name()));
    for task in Task::ALL {
        if any_task && !is_named(task.name()) {
            continue;
        }
        let table = run(task, Path::new(&data), without)?;
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
