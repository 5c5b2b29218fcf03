//! Logs, as the other roles see them: queries, what there is to ask about, and following.

use std::pin::Pin;

use async_trait::async_trait;
use fleetscope_model::{
    Caller, Collection, DetectedField, LogAnswer, LogList, LogQuestion, LogStats, LogStream,
    LogVolume, LogsAbout, TailQuestion, TailRecord,
};
use futures::Stream;

use crate::{Coming, Result};

/// Lines as they come, for as long as they are read: nothing is read ahead of the reader but what
/// is needed to put lines of several clusters in order.
pub type Tail = Pin<Box<dyn Stream<Item = TailRecord> + Send>>;

/// Reads the logs of many clusters at once. An `Err` means that the question itself is wrong, or
/// that the clusters can't be known; whatever goes wrong on a cluster is a gap in the answer.
#[async_trait]
pub trait Logs: Send + Sync {
    /// Lines, or series that are made of them. `Invalid` (`invalid_logql`) with the words of the
    /// upstream where it is no LogQL; (`query_too_expensive`) where every cluster would have to
    /// read more than the budget.
    async fn query(&self, caller: &Caller, question: &LogQuestion) -> Result<LogAnswer>;

    /// What [`Self::query`] gives of each cluster by itself, as it gives it: lines are in order, and
    /// go on from a place, within their cluster. A cluster that refuses the query is a gap.
    async fn query_each(
        &self,
        caller: &Caller,
        question: &LogQuestion,
    ) -> Result<Coming<LogAnswer>>;

    /// Names of labels, sorted, each once.
    async fn labels(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<String>>;

    /// Values of a label, sorted, each once.
    async fn label_values(
        &self,
        caller: &Caller,
        name: &str,
        about: &LogsAbout,
    ) -> Result<LogList<String>>;

    /// Streams, by cluster, then labels.
    async fn streams(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<LogStream>>;

    /// How much was written, by these labels; by those of the selector where none are named. The
    /// most first in each cluster.
    async fn volume(
        &self,
        caller: &Caller,
        about: &LogsAbout,
        by: &[String],
    ) -> Result<Collection<LogVolume>>;

    /// How much a query would have to read.
    async fn stats(&self, caller: &Caller, about: &LogsAbout) -> Result<Collection<LogStats>>;

    /// Fields that lines hold, by name in each cluster.
    async fn fields(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<DetectedField>>;

    /// Follows lines as they are written, those of all clusters in the order of time within a
    /// window. It goes on until it is dropped, or until no cluster is left that may be read.
    async fn tail(&self, caller: &Caller, question: &TailQuestion) -> Result<Tail>;
}
