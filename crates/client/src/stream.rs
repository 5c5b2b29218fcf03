//! The event stream: server-sent events, read one by one.

use futures::{Stream, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use sse_stream::{Sse, SseStream};

use crate::http::{Client, Error};
use crate::wire::Event;

impl Client {
    /// Events after a place in the log as they happen. The stream ends when the server ends it;
    /// go on with the last `seq` that was seen.
    ///
    /// # Errors
    ///
    /// As any call, before the stream begins; in the stream, when the connection breaks.
    pub async fn event_stream(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Event, Error>> + Send + Unpin + use<>, Error> {
        let request = self.request(Method::GET, "/api/v1/events/stream")?;
        self.messages(request.query(&[("after", after)]), |sse, url| {
            sse.data.map(|data| read(&data, url))
        })
        .await
    }

    /// Sends a request whose answer goes on; `meaning` says what a message of it is, if anything.
    pub(crate) async fn messages<T: Send>(
        &self,
        request: RequestBuilder,
        meaning: fn(Sse, &str) -> Option<Result<T, Error>>,
    ) -> Result<impl Stream<Item = Result<T, Error>> + Send + Unpin + use<T>, Error> {
        let response = self.send(request).await?;
        let url = response.url().to_string();
        let messages = SseStream::from_bytes_stream(response.bytes_stream());
        Ok(messages.filter_map(move |message| {
            let meant = match message {
                Ok(sse) => meaning(sse, &url),
                Err(error) => Some(Err(Error::Unreachable {
                    url: url.clone(),
                    cause: error.to_string(),
                })),
            };
            futures::future::ready(meant)
        }))
    }
}

/// What the data of a message of this address says.
pub(crate) fn read<T: DeserializeOwned>(data: &str, url: &str) -> Result<T, Error> {
    serde_json::from_str(data).map_err(|_| Error::NotFleetscope {
        url: url.to_owned(),
        status: 200,
    })
}
