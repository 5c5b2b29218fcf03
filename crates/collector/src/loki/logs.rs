//! The port `Logs`, over Loki.

use async_trait::async_trait;
use fleetscope_model::{
    Caller, Collection, DetectedField, LogAnswer, LogList, LogQuestion, LogStats, LogStream,
    LogVolume, LogsAbout, TailQuestion,
};
use fleetscope_ports::{Coming, Logs, Result, Tail};

use super::{catalogue, query, tail};
use crate::Collector;

#[async_trait]
impl Logs for Collector {
    async fn query(&self, caller: &Caller, question: &LogQuestion) -> Result<LogAnswer> {
        query::query(self, caller, question).await
    }

    async fn query_each(
        &self,
        caller: &Caller,
        question: &LogQuestion,
    ) -> Result<Coming<LogAnswer>> {
        query::query_each(self, caller, question).await
    }

    async fn labels(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<String>> {
        catalogue::labels(self, caller, about).await
    }

    async fn label_values(
        &self,
        caller: &Caller,
        name: &str,
        about: &LogsAbout,
    ) -> Result<LogList<String>> {
        catalogue::label_values(self, caller, name, about).await
    }

    async fn streams(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<LogStream>> {
        catalogue::streams(self, caller, about).await
    }

    async fn volume(
        &self,
        caller: &Caller,
        about: &LogsAbout,
        by: &[String],
    ) -> Result<Collection<LogVolume>> {
        catalogue::volume(self, caller, about, by).await
    }

    async fn stats(&self, caller: &Caller, about: &LogsAbout) -> Result<Collection<LogStats>> {
        catalogue::stats(self, caller, about).await
    }

    async fn fields(&self, caller: &Caller, about: &LogsAbout) -> Result<LogList<DetectedField>> {
        catalogue::fields(self, caller, about).await
    }

    async fn tail(&self, caller: &Caller, question: &TailQuestion) -> Result<Tail> {
        tail::tail(self, caller, question).await
    }
}
