//! Answers of Loki.

use std::fmt;

use fleetscope_model::Labels;
use fleetscope_outbound::{Answer, Failure};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// One line of one stream.
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) labels: Labels,
    pub(crate) text: String,
}

/// The lines of an answer, stream by stream.
pub(crate) fn decode(answer: &Answer) -> Result<Vec<Line>, Failure> {
    let body: Body = answer.json()?;
    let Data::Streams(streams) = body.data;
    let lines = streams.into_iter().flat_map(|stream| {
        let labels = stream.stream;
        stream.values.into_iter().map(move |entry| {
            let mut labels = labels.clone();
            labels.extend(entry.metadata);
            Line {
                at: entry.at,
                labels,
                text: entry.text,
            }
        })
    });
    Ok(lines.collect())
}

#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Streams(Vec<Stream>),
}

#[derive(Deserialize)]
struct Stream {
    stream: Labels,
    values: Vec<Entry>,
}

/// `["1795338408373251875", "line"]`, with structured metadata as a third part where the server
/// keeps it apart from the stream's labels.
struct Entry {
    at: Timestamp,
    text: String,
    metadata: Labels,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Categories {
    structured_metadata: Labels,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time in nanoseconds and a line")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Entry, A::Error> {
        let missing = || A::Error::invalid_length(2, &self);
        let at: String = parts.next_element()?.ok_or_else(missing)?;
        let text = parts.next_element()?.ok_or_else(missing)?;
        let categories: Option<Categories> = parts.next_element()?;
        let nanoseconds: i128 = at.parse().map_err(A::Error::custom)?;
        Ok(Entry {
            at: Timestamp::from_nanosecond(nanoseconds).map_err(A::Error::custom)?,
            text,
            metadata: categories.unwrap_or_default().structured_metadata,
        })
    }
}
