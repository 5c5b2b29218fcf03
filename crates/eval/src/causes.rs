//! How often the cause of an incident is found, on public data.
//!
//! Each task turns the inputs of a case into the engine's own `Input`, lets it answer, and opens the
//! labels only when all answers are complete.

mod answer;
mod build;
mod files;
mod nezha;
mod petshop;
pub mod rootcausebench;
pub mod topk;

use std::path::Path;

use self::nezha::Shop;
use crate::{Error, Interval};

/// A set of incidents with known causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// `PetShop` (Hardt and others 2024): five-minute metrics and a call graph.
    PetShop,
    /// Nezha's Train Ticket (Yu and others 2023): metrics, traces and logs.
    NezhaTrainTicket,
    /// Nezha's Online Boutique: metrics only.
    NezhaOnlineBoutique,
    /// `RootCauseBench`: which commit broke it, or none.
    RootCauseBench,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PetShop,
        Self::NezhaTrainTicket,
        Self::NezhaOnlineBoutique,
        Self::RootCauseBench,
    ];

    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PetShop => "petshop",
            Self::NezhaTrainTicket => "nezha-tt",
            Self::NezhaOnlineBoutique => "nezha-ob",
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

/// What a task measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The figures.
    pub figures: Vec<Figure>,
    /// A line for each case, for people.
    pub cases: Vec<String>,
}

/// The figures of a task on the corpora below `data`.
///
/// # Errors
///
/// Where the corpus cannot be read.
pub fn run(task: Task, data: &Path) -> Result<Outcome, Error> {
    match task {
        Task::PetShop => petshop::run(data),
        Task::NezhaTrainTicket => nezha::run(Shop::TrainTicket, data),
        Task::NezhaOnlineBoutique => nezha::run(Shop::OnlineBoutique, data),
        Task::RootCauseBench => rootcausebench::run(data),
    }
}
