//! How often the cause of an incident is found, on public data.
//!
//! Each task turns the inputs of a case into the engine's own `Input`, lets it answer, and opens the
//! labels only when all answers are complete.

pub mod rootcausebench;
pub mod topk;

use std::path::Path;

use crate::{Error, Interval};

/// A set of incidents with known causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// `PetShop` (Hardt and others 2024): five-minute metrics and a call graph.
    PetShop,
    /// RootCauseBench: which commit broke it, or none.
    RootCauseBench,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PetShop, Self::RootCauseBench];

    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PetShop => "petshop",
            Self::RootCauseBench => "rootcausebench",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What is measured: `top-1`.
    pub name: String,
    /// Over how many cases.
    pub cases: usize,
    /// The figure, 0 to 1, and its interval over resamples of the cases.
    pub interval: Interval,
    /// What others reach on the same cases, for people.
    pub peers: &'static str,
}

/// The figures of a task on the corpora below `data`.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub fn run(task: Task, data: &Path) -> Result<Vec<Figure>, Error> {
    match task {
        Task::RootCauseBench => rootcausebench::figures(data),
        Task::PetShop => {
            let _ = data;
            Ok(Vec::new())
        }
    }
}
