//! Answers of Loki.

use std::fmt;

use fleetscope_model::{GapKind, Labels, Sample, Series};
use fleetscope_outbound::{Answer, Failure};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// One line of one stream.
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    /// Of its stream, and structured metadata.
    pub(crate) labels: Labels,
    /// What parsers of the query found, where the server keeps it apart.
    pub(crate) parsed: Labels,
    pub(crate) text: String,
}

/// What a query gave.
pub(crate) enum Found {
    Lines(Vec<Line>),
    Matrix(Vec<Series>),
    Vector(Vec<Series>),
}

/// What an answer holds, lines stream by stream.
pub(crate) fn found(answer: &Answer) -> Result<Found, Failure> {
    let body: Body = answer.json()?;
    Ok(match body.data {
        Data::Streams(streams) => Found::Lines(lines(streams)),
        Data::Matrix(series) => Found::Matrix(series.into_iter().map(Points::series).collect()),
        Data::Vector(series) => Found::Vector(series.into_iter().map(Point::series).collect()),
    })
}

/// The lines of an answer, stream by stream. One that holds none is of another query.
pub(crate) fn decode(answer: &Answer) -> Result<Vec<Line>, Failure> {
    match found(answer)? {
        Found::Lines(lines) => Ok(lines),
        Found::Matrix(_) | Found::Vector(_) => Err(Failure::new(
            GapKind::BadAnswer,
            format!("{} answered a query for lines with series", answer.place),
        )),
    }
}

fn lines(streams: Vec<Stream>) -> Vec<Line> {
    let lines = streams.into_iter().flat_map(|stream| {
        let labels = stream.stream;
        stream.values.into_iter().map(move |entry| {
            let mut labels = labels.clone();
            labels.extend(entry.metadata);
            Line {
                at: entry.at,
                labels,
                parsed: entry.parsed,
                text: entry.text,
            }
        })
    });
    lines.collect()
}

#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Streams(Vec<Stream>),
    Matrix(Vec<Points>),
    Vector(Vec<Point>),
}

#[derive(Deserialize)]
struct Points {
    metric: Labels,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Point {
    metric: Labels,
    value: Value,
}

/// Seconds as a number, the value as text.
#[derive(Deserialize)]
struct Value(f64, String);

impl Value {
    fn sample(&self) -> Sample {
        Sample {
            at_ms: (self.0 * 1000.0).round() as i64,
            // Go writes `+Inf`, `-Inf` and `NaN`, all of which are read here.
            value: self.1.parse().unwrap_or(f64::NAN),
        }
    }
}

impl Points {
    fn series(self) -> Series {
        Series {
            labels: self.metric,
            samples: self.values.iter().map(Value::sample).collect(),
        }
    }
}

impl Point {
    fn series(self) -> Series {
        Series {
            labels: self.metric,
            samples: vec![self.value.sample()],
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Stream {
    pub(super) stream: Labels,
    pub(super) values: Vec<Entry>,
}

/// `["1795338408373251875", "line"]`, with structured metadata as a third part where the server
/// keeps it apart from the stream's labels.
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) text: String,
    pub(super) metadata: Labels,
    pub(super) parsed: Labels,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Categories {
    structured_metadata: Labels,
    parsed: Labels,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntryVisitor)
    }
}

/// Nanoseconds since the epoch, as text.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let nanoseconds: i128 = text.parse().map_err(|_| "no number of nanoseconds")?;
    Timestamp::from_nanosecond(nanoseconds).map_err(|error| error.to_string())
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
        let categories = categories.unwrap_or_default();
        Ok(Entry {
            at: instant(&at).map_err(A::Error::custom)?,
            text,
            metadata: categories.structured_metadata,
            parsed: categories.parsed,
        })
    }
}
