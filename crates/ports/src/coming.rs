//! What single clusters give to a question, as they give it.

use std::pin::Pin;

use fleetscope_model::ClusterId;
use futures::Stream;

use crate::Result;

/// What one cluster gave, or the gaps that tell why it gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfCluster<T> {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub name: String,
    /// Its part of the answer.
    pub part: T,
}

/// The parts of an answer in the order in which clusters give them, each cluster's once. It ends
/// when all have answered, within the time limit of a question. An `Err` in it means that the rest
/// can't be known.
pub type Coming<T> = Pin<Box<dyn Stream<Item = Result<OfCluster<T>>> + Send>>;
