//! Following log lines.

use futures::{Stream, StreamExt};
use reqwest::Method;
use sse_stream::{Sse, SseStream};

use super::logs::LogsAbout;
use super::{Client, Error};
use crate::wire::{TailGap, TailLine};

/// Which lines are followed: those of `about`, of which the end means nothing, that hold these
/// texts.
#[derive(Debug, Clone, Default)]
pub struct TailOf {
    /// Where, and by which labels or LogQL.
    pub about: LogsAbout,
    /// Texts that lines hold.
    pub contains: Vec<String>,
    /// Texts that lines do not hold.
    pub excludes: Vec<String>,
    /// A regular expression that lines match.
    pub matching: Option<String>,
    /// The id of the last line that was seen.
    pub after: Option<String>,
}

/// What comes of following.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailEvent {
    /// A line, and its place, to go on from.
    Line(TailLine, Option<String>),
    /// Word of what is missing, or was.
    Gap(TailGap),
}

impl Client {
    /// Log lines as they are written, in the order of time. The stream ends when the server ends
    /// it; go on with the last place that was seen.
    ///
    /// # Errors
    ///
    /// As any call, before the stream begins; in the stream, when the connection breaks.
    pub async fn tail_logs(
        &self,
        of: &TailOf,
    ) -> Result<impl Stream<Item = Result<TailEvent, Error>> + Send + Unpin + use<>, Error> {
        let mut parameters = LogsAbout {
            end: None,
            ..of.about.clone()
        }
        .parameters();
        let texts = |name, texts: &[String]| -> Vec<(&'static str, String)> {
            texts.iter().map(|text| (name, text.clone())).collect()
        };
        parameters.extend(texts("contains", &of.contains));
        parameters.extend(texts("excludes", &of.excludes));
        parameters.extend(of.matching.clone().map(|pattern| ("matching", pattern)));
        let mut request = self.request(Method::GET, "/api/v1/logs/tail")?;
        if let Some(after) = &of.after {
            request = request.header("last-event-id", after);
        }
        let response = self.send(request.query(&parameters)).await?;
        let url = response.url().to_string();
        let events = SseStream::from_bytes_stream(response.bytes_stream());
        Ok(events.filter_map(move |item| {
            let event = match item {
                Ok(sse) => event(sse, &url),
                Err(error) => Some(Err(Error::Unreachable {
                    url: url.clone(),
                    cause: error.to_string(),
                })),
            };
            futures::future::ready(event)
        }))
    }
}

/// The event in a message; none in one of a kind that is not known.
fn event(sse: Sse, url: &str) -> Option<Result<TailEvent, Error>> {
    let data = sse.data?;
    let read = match sse.event.as_deref() {
        Some("line") => serde_json::from_str(&data).map(|line| TailEvent::Line(line, sse.id)),
        Some("gap") => serde_json::from_str(&data).map(TailEvent::Gap),
        _ => return None,
    };
    Some(read.map_err(|_| Error::NotFleetscope {
        url: url.to_owned(),
        status: 200,
    }))
}
