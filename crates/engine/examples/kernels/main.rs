//! Runs kernels of the engine at a word from `benches/engine/run.py`, which measures what it costs.
//!
//! Reads commands, one a line, and answers each with a line: `done`, or what went wrong.
//!
//! - `load FILE`, `save FILE`: the numbers that are worked on, and the last result (f64, little-endian);
//! - `keep`: makes the numbers the last result, for what works in their place;
//! - `NAME TIMES ARGUMENTS…`: so many times one of the kernels below;
//! - `fleet SERIES POINTS THINGS`, `signals FILE`: makes an input of that size, and writes its values;
//! - `diagnose TIMES`: so many times its investigation; answers with what was concluded.

mod fleet;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};

use fleetscope_engine::stats::{self, Mstl, Robustness, Stl, Streaming};
use fleetscope_engine::{Input, diagnose};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut bench = Bench::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match bench.obey(&words) {
            Ok(answer) => writeln!(out, "{answer}")?,
            Err(error) => writeln!(out, "{line}: {error}")?,
        }
        out.flush()?;
    }
    Ok(())
}

#[derive(Default)]
struct Bench {
    values: Vec<f64>,
    result: Vec<f64>,
    input: Option<Input>,
}

impl Bench {
    fn obey(&mut self, words: &[&str]) -> Outcome<String> {
        match words {
            ["load", file] => self.values = read(file)?,
            ["save", file] => write(file, &self.result)?,
            ["keep"] => self.result.clone_from(&self.values),
            ["signals", file] => write(file, &fleet::values(self.input()?))?,
            ["fleet", series, points, things] => {
                let sizes = [series.parse()?, points.parse()?, things.parse()?];
                let cluster = "00000000-0000-7000-8000-000000000001".parse()?;
                self.input = Some(fleet::fleet(cluster, sizes));
            }
            ["diagnose", times] => return self.diagnose(times.parse()?),
            [name, times, arguments @ ..] => {
                let arguments: Result<Vec<usize>, _> =
                    arguments.iter().map(|word| word.parse()).collect();
                let arguments = arguments?;
                for _ in 0..times.parse()? {
                    self.kernel(name, &arguments)?;
                    black_box(&self.result);
                }
            }
            _ => return Err("no such command".into()),
        }
        Ok("done".to_owned())
    }

    fn input(&self) -> Outcome<&Input> {
        self.input.as_ref().ok_or_else(|| "no fleet yet".into())
    }

    fn diagnose(&self, times: usize) -> Outcome<String> {
        let input = self.input()?;
        let mut concluded = String::new();
        for _ in 0..times {
            let findings = black_box(diagnose(black_box(input)));
            concluded = format!(
                "done anomalies={} first={:?}",
                findings.anomalies.len(),
                findings.candidates.first().map(|c| c.entity.name.as_str()),
            );
        }
        Ok(concluded)
    }

    fn kernel(&mut self, name: &str, arguments: &[usize]) -> Outcome<()> {
        let values = black_box(&self.values);
        if matches!(name, "z" | "rolling_z" | "rolling_median") {
            self.result.resize(values.len(), 0.0);
        }
        match (name, arguments) {
            ("z", []) => stats::z_scores(values, &mut self.result),
            ("z_rows", [length]) => {
                for row in self.values.chunks_mut(*length) {
                    stats::z_scores_in_place(row);
                }
            }
            ("sum", []) => self.result = vec![stats::sum(values)],
            ("median", []) => self.result = stats::median(values).into_iter().collect(),
            ("mad", []) => self.result = stats::mad(values).into_iter().collect(),
            ("iqr", []) => {
                let range = stats::quartiles(values).map(|quartiles| quartiles.range());
                self.result = range.into_iter().collect();
            }
            ("rolling_z", [window]) => {
                stats::rolling_z(values, *window, *window, &mut self.result);
            }
            ("rolling_median", [window]) => {
                stats::rolling_median(values, *window, *window, &mut self.result);
            }
            ("streaming", []) => self.result = streaming(values),
            ("stl", [period, seasons, jumps, robust]) => {
                let mut stl = Stl::with_seasonal(*period, *seasons);
                for loess in [&mut stl.seasonal, &mut stl.trend, &mut stl.low_pass] {
                    loess.jump = if *jumps == 0 {
                        1
                    } else {
                        loess.span.div_ceil(*jumps)
                    };
                }
                if *robust > 0 {
                    stl.robustness = Robustness::FULL;
                }
                let parts = stl.decompose(values).ok_or("the series is too short")?;
                self.result = [parts.seasonal, parts.trend, parts.remainder].concat();
            }
            ("mstl", periods) => {
                let parts = Mstl::of(periods)
                    .decompose(values)
                    .ok_or("the series is too short")?;
                self.result = [parts.seasonal.concat(), parts.trend, parts.remainder].concat();
            }
            _ => return Err("no such kernel, or not these arguments".into()),
        }
        Ok(())
    }
}

/// Mean, variance, median and MAD after the last value, and the sums of all scores.
fn streaming(values: &[f64]) -> Vec<f64> {
    let mut state = Streaming::new(0.05, 0);
    let mut sums = [0.0; 2];
    for value in values {
        let score = state.update(*value);
        for (sum, score) in sums.iter_mut().zip([score.weighted, score.robust]) {
            *sum += if score.is_nan() { 0.0 } else { score };
        }
    }
    let known = [state.mean(), state.variance(), state.median(), state.mad()];
    known.into_iter().flatten().chain(sums).collect()
}

fn read(file: &str) -> Outcome<Vec<f64>> {
    let bytes = std::fs::read(file)?;
    let (values, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err("not a file of numbers of eight bytes each".into());
    }
    Ok(values
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect())
}

fn write(file: &str, values: &[f64]) -> Outcome<()> {
    let mut out = io::BufWriter::new(std::fs::File::create(file)?);
    for value in values {
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(out.flush()?)
}
