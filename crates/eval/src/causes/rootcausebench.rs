//! `RootCauseBench`: an alert with logs, metrics, traces, commits, deploys and flags; which commit broke
//! it, or none?
//!
//! The reader opens what lies in a case's `data` folder only. The answers of all cases are complete
//! before the scorer opens any `ground_truth.json`.

mod files;
mod happened;
mod meaning;
mod read;
mod said;

use std::path::{Path, PathBuf};

use fleetscope_engine::diagnose;
use fleetscope_model::{Attribution, Blame};
use serde::Deserialize;

use super::{Figure, Outcome};
use crate::{Error, interval};

pub use read::input;

/// Below the data folder.
const FOLDER: &str = "rca_rootcausebench";
/// The answer where no commit did it.
const NONE: &str = "none";
/// What others reach on this part, of twelve.
const PEERS: &str = "best script .333, small models about .42";

/// One case with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Which.
    pub case: String,
    /// The commit's id, or `none`.
    pub answer: String,
    /// How it was reached; nothing where nothing stood out at all.
    pub attribution: Option<Attribution>,
}

/// One answer with the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The answer.
    pub answered: Answered,
    /// What did it: a commit's id or `none`.
    pub truth: String,
}

impl Scored {
    /// Whether it is exactly that.
    pub fn is_right(&self) -> bool {
        self.answered.answer == self.truth
    }

    /// The case in a line, for people.
    fn line(&self) -> String {
        let Answered { case, answer, .. } = &self.answered;
        let is = if self.is_right() { "right" } else { "wrong" };
        format!("{case}: {is}, {answer} (it is {})", self.truth)
    }

    /// Whether the engine itself held that the evidence is enough.
    pub fn is_sure(&self) -> bool {
        let blame = self.answered.attribution.as_ref().map(|a| a.blame);
        blame.is_some_and(|blame| blame != Blame::Undecided)
    }
}

/// The figures over all cases below the data folder.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub fn run(data: &Path) -> Result<Outcome, Error> {
    let scored = scored(data)?;
    let share = |fits: fn(&Scored) -> bool, name: &str, peers| {
        let hits: Vec<f64> = scored
            .iter()
            .map(|s| f64::from(u8::from(fits(s))))
            .collect();
        Figure {
            name: name.to_owned(),
            cases: hits.len(),
            interval: interval(&hits, |hits| {
                hits.iter().sum::<f64>() / hits.len().max(1) as f64
            }),
            peers,
        }
    };
    let figures = vec![
        share(Scored::is_right, "exact commit or none", PEERS),
        share(
            |s| s.is_right() && s.is_sure(),
            "the same, and sure of it",
            "",
        ),
        share(
            |s| !s.is_right() && s.is_sure(),
            "wrong, and sure of it",
            "",
        ),
    ];
    let cases = scored.iter().map(Scored::line).collect();
    Ok(Outcome { figures, cases })
}

/// Every case answered, and only then scored.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub fn scored(data: &Path) -> Result<Vec<Scored>, Error> {
    let folders = folders(&data.join(FOLDER))?;
    let answers = folders
        .iter()
        .map(|folder| answer(folder))
        .collect::<Result<Vec<Answered>, Error>>()?;
    answers
        .into_iter()
        .zip(&folders)
        .map(|(answered, folder)| {
            let truth: Truth = files::json(&folder.join("ground_truth.json"))?;
            Ok(Scored {
                answered,
                truth: truth.root_cause_commit,
            })
        })
        .collect()
}

fn answer(folder: &Path) -> Result<Answered, Error> {
    let findings = diagnose(&input(&folder.join("data"))?);
    let name = folder.file_name().unwrap_or_default();
    let likeliest = findings
        .attribution
        .as_ref()
        .and_then(Attribution::likeliest);
    Ok(Answered {
        case: name.to_string_lossy().into_owned(),
        answer: likeliest
            .and_then(|suspect| suspect.commit.clone())
            .unwrap_or_else(|| NONE.to_owned()),
        attribution: findings.attribution,
    })
}

fn folders(corpus: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(corpus).map_err(Error::unreadable(corpus))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::unreadable(corpus))?.path();
        if path.join("data").is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

#[derive(Deserialize)]
struct Truth {
    root_cause_commit: String,
}

#[cfg(test)]
mod tests;
