//! Answers that come cluster by cluster.

use futures::Stream;
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use sse_stream::Sse;

use super::calls::MetricScope;
use super::{Client, Error};
use crate::stream::read;
use crate::wire::{ClusterPart, LogAnswer, LogQuery, MetricAnswer, PartsEnd, Problem};

/// What comes of an answer in parts.
#[derive(Debug, Clone, PartialEq)]
pub enum PartEvent<T> {
    /// What one cluster gave.
    Part(ClusterPart<T>),
    /// All have answered.
    End(PartsEnd),
}

impl Client {
    /// The value of an expression at an instant, of each cluster as it answers.
    ///
    /// # Errors
    ///
    /// As any call, before the answer begins; in it, where the rest can't be known.
    pub async fn query_parts(
        &self,
        query: &str,
        scope: &MetricScope,
    ) -> Result<
        impl Stream<Item = Result<PartEvent<MetricAnswer>, Error>> + Send + Unpin + use<>,
        Error,
    > {
        let request = self.request(Method::GET, "/api/v1/metrics/query")?;
        self.parts(request.query(&scope.query(query, "time"))).await
    }

    /// The values of an expression over a range, of each cluster as it answers.
    ///
    /// # Errors
    ///
    /// As [`Self::query_parts`].
    pub async fn query_range_parts(
        &self,
        query: &str,
        scope: &MetricScope,
    ) -> Result<
        impl Stream<Item = Result<PartEvent<MetricAnswer>, Error>> + Send + Unpin + use<>,
        Error,
    > {
        let request = self.request(Method::GET, "/api/v1/metrics/query_range")?;
        self.parts(request.query(&scope.query(query, "end"))).await
    }

    /// Log lines, or the series that LogQL makes of them, of each cluster as it answers.
    ///
    /// # Errors
    ///
    /// As [`Self::query_parts`].
    pub async fn query_logs_parts(
        &self,
        query: &LogQuery,
    ) -> Result<impl Stream<Item = Result<PartEvent<LogAnswer>, Error>> + Send + Unpin + use<>, Error>
    {
        let request = self.request(Method::POST, "/api/v1/logs/query")?;
        self.parts(request.json(query)).await
    }

    async fn parts<T: DeserializeOwned + Send>(
        &self,
        request: RequestBuilder,
    ) -> Result<impl Stream<Item = Result<PartEvent<T>, Error>> + Send + Unpin + use<T>, Error>
    {
        let request = request.header("accept", "text/event-stream");
        self.messages(request, event).await
    }
}

/// The event in a message; none in one of a kind that is not known.
fn event<T: DeserializeOwned>(sse: Sse, url: &str) -> Option<Result<PartEvent<T>, Error>> {
    let data = sse.data?;
    Some(match sse.event.as_deref() {
        Some("part") => read(&data, url).map(PartEvent::Part),
        Some("end") => read(&data, url).map(PartEvent::End),
        Some("error") => Err(read::<Problem>(&data, url)
            .map_or_else(|error| error, |problem| Error::Refused(Box::new(problem)))),
        _ => return None,
    })
}
