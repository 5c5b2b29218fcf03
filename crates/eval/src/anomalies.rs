//! How well unusual readings are found, on public data.
//!
//! Three tasks, each with its own protocol: [`nab`], [`kpi`] and [`vus`]. A task has three steps that
//! cannot be swapped: inputs are read without labels, [`Answers`] are made from all of them, and only
//! a scorer that is given complete answers opens the labels.

pub mod kpi;
pub mod nab;
mod table;
pub mod vus;

use std::fs;
use std::path::Path;
use std::time::Instant;

use fleetscope_engine::ensemble::{Ensemble, offline};
use fleetscope_model::Sample;

use crate::Error;

pub use table::{Line, Table};

/// A corpus with labelled anomalies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Numenta Anomaly Benchmark 1.1 (Lavin and Ahmad 2015): one threshold for all series.
    Nab,
    /// `AIOps` challenge 2018: delay-limited F1.
    Kpi,
    /// The NAB series of TSB-AD (Liu and Paparrizos 2024): volume under the surface.
    Vus,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nab, Self::Kpi, Self::Vus];

    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nab => "nab",
            Self::Kpi => "kpi",
            Self::Vus => "vus",
        }
    }
}

/// One series of a corpus, without its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// For the scorer only: whoever answers sees the samples.
    pub name: String,
    /// The readings, oldest first.
    pub samples: Vec<Sample>,
}

/// A score for each reading of each series; exists only when all of them are answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers(Vec<(String, Vec<f64>)>);

impl Answers {
    /// Lets `score` answer every series: one score a reading, higher is more unusual.
    pub fn of(inputs: &[Input], score: impl Fn(&[Sample]) -> Vec<f64>) -> Self {
        let answer = |input: &Input| (input.name.clone(), score(&input.samples));
        Self(inputs.iter().map(answer).collect())
    }

    /// The scores of one series.
    fn scores(&self, path: &Path, name: &str, rows: usize) -> Result<&[f64], Error> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let scores = found.map(|(_, scores)| scores.as_slice());
        scores
            .filter(|scores| scores.len() == rows)
            .ok_or_else(|| Error::malformed(path, "has labels for other rows than it has readings"))
    }
}

/// What the streaming ensemble says of each reading, one at a time.
pub fn streamed(samples: &[Sample]) -> Vec<f64> {
    let mut ensemble = Ensemble::default();
    let probability = |sample: &Sample| ensemble.push(*sample).probability;
    samples.iter().map(probability).collect()
}

/// The table of one task on the corpora below `data`.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub fn run(task: Task, data: &Path) -> Result<Table, Error> {
    let begin = Instant::now();
    let (inputs, answers) = match task {
        Task::Nab => answered(nab::inputs(data)?, streamed),
        Task::Kpi => answered(kpi::inputs(data)?, streamed),
        Task::Vus => answered(vus::inputs(data)?, offline::scores),
    };
    let seconds = begin.elapsed().as_secs_f64();
    let mut lines = match task {
        Task::Nab => nab::lines(data, &inputs, &answers)?,
        Task::Kpi => kpi::lines(data, &answers)?,
        Task::Vus => vus::lines(data, &inputs, &answers)?,
    };
    lines.extend(match task {
        Task::Nab => table::published(data)?,
        Task::Kpi => table::baseline(),
        Task::Vus => vus::published(data)?,
    });
    let readings = inputs.iter().map(|input| input.samples.len()).sum();
    Ok(Table {
        lines,
        series: inputs.len(),
        readings,
        seconds,
    })
}

fn answered(inputs: Vec<Input>, score: impl Fn(&[Sample]) -> Vec<f64>) -> (Vec<Input>, Answers) {
    let answers = Answers::of(&inputs, score);
    (inputs, answers)
}

fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::unreadable(path))
}

/// A column of numbers that must be there.
fn number<T: std::str::FromStr>(path: &Path, field: Option<&str>) -> Result<T, Error> {
    let parsed = field.and_then(|field| field.trim().parse().ok());
    parsed.ok_or_else(|| Error::malformed(path, format!("not a number: {field:?}")))
}
