//! The event stream: server-sent events, read one by one.

use futures::{Stream, StreamExt};
use reqwest::Method;
use sse_stream::SseStream;

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
        let response = self.send(request.query(&[("after", after)])).await?;
        let url = response.url().to_string();
        let events =
            SseStream::from_bytes_stream(response.bytes_stream()).filter_map(move |item| {
                let event = match item {
                    Ok(sse) => sse.data.map(|data| {
                        serde_json::from_str(&data).map_err(|_| Error::NotFleetscope {
                            url: url.clone(),
                            status: 200,
                        })
                    }),
                    Err(error) => Some(Err(Error::Unreachable {
                        url: url.clone(),
                        cause: error.to_string(),
                    })),
                };
                futures::future::ready(event)
            });
        Ok(events)
    }
}
