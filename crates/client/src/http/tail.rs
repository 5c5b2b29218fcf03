//! Following log lines.

use futures::Stream;
use reqwest::Method;
use sse_stream::Sse;

use super::logs::LogsAbout;
use super::{Client, Error};
use crate::stream::read;
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
        self.messages(request.query(&parameters), event).await
    }
}

/// The event in a message; none in one of a kind that is not known.
fn event(sse: Sse, url: &str) -> Option<Result<TailEvent, Error>> {
    let data = sse.data?;
    Some(match sse.event.as_deref() {
        Some("line") => read(&data, url).map(|line| TailEvent::Line(line, sse.id)),
        Some("gap") => read(&data, url).map(TailEvent::Gap),
        _ => return None,
    })
}
