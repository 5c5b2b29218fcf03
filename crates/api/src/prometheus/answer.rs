//! Answers as Prometheus writes them.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fleetscope_model::{Collection, Evaluated, Gap, Labels, Sample, Series, Shape};
use futures::stream;
use serde::Serialize;

use super::asked::Of;
use super::refusal::Refusal;
use crate::convert::metrics::value;

/// What a list gave: an error where no cluster gave anything and something went wrong.
pub(super) fn list<T>(
    found: Collection<T>,
    data: impl FnOnce(Vec<T>) -> serde_json::Value,
) -> Result<Response, Refusal> {
    if found.items.is_empty() && !found.gaps.is_empty() {
        return Err(Refusal::of_gaps(&found.gaps));
    }
    let warnings = found.gaps.iter().map(warning).collect();
    Ok(success(data(found.items), warnings))
}

/// A success with some data.
pub(super) fn success(data: serde_json::Value, warnings: Vec<String>) -> Response {
    #[derive(Serialize)]
    struct Success {
        status: &'static str,
        data: serde_json::Value,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    }
    let status = "success";
    axum::Json(Success {
        status,
        data,
        warnings,
    })
    .into_response()
}

/// A gap in one line.
pub(super) fn warning(gap: &Gap) -> String {
    format!("{}: {}", gap.cluster_name, gap.detail)
}

/// Labels as the asked one has them: of one cluster without its name.
pub(super) fn labels(mut labels: Labels, of: Of) -> Labels {
    if of != Of::Fleet {
        labels.remove("cluster");
        if let Some(own) = labels.remove("exported_cluster") {
            labels.insert("cluster".to_owned(), own);
        }
    }
    labels
}

/// JSON bytes as they are.
pub(super) fn raw(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// What an evaluation gave: an error where no cluster answered and something went wrong. A large
/// answer is written while it is sent: the series that are written are gone, and nobody else
/// waits while millions of samples are made into text.
pub(super) fn evaluated(found: Evaluated) -> Result<Response, Refusal> {
    if found.answered == 0 && !found.gaps.is_empty() {
        return Err(Refusal::of_gaps(&found.gaps));
    }
    let mut pieces = Pieces::of(found);
    let first = pieces.next().unwrap_or_default();
    if pieces.tail.is_none() {
        return Ok(raw(Bytes::from(first)));
    }
    let all = std::iter::once(first).chain(pieces);
    let all = stream::iter(all.map(|text| Ok::<_, Infallible>(Bytes::from(text))));
    Ok(raw(Body::from_stream(all)))
}

/// Characters of a piece: some writes of a connection's buffer.
const PIECE: usize = 256 * 1024;

/// An answer as text, in pieces.
struct Pieces {
    head: String,
    series: std::vec::IntoIter<Series>,
    shape: Shape,
    /// What comes after the series; none where all is written.
    tail: Option<String>,
}

impl Pieces {
    fn of(found: Evaluated) -> Self {
        let kind = match found.shape {
            Shape::Matrix => "matrix",
            Shape::Vector => "vector",
            Shape::Scalar => "scalar",
        };
        let mut head = String::with_capacity(1024);
        head.push_str("{\"status\":\"success\",\"data\":{\"resultType\":\"");
        head.push_str(kind);
        head.push_str("\",\"result\":");
        let mut tail = String::new();
        let series = if found.shape == Shape::Scalar {
            scalar(&mut head, &found.series);
            Vec::new()
        } else {
            head.push('[');
            tail.push(']');
            found.series
        };
        tail.push('}');
        let warnings: Vec<_> = found.gaps.iter().map(warning).collect();
        strings(&mut tail, "warnings", &warnings);
        strings(&mut tail, "infos", &found.notes);
        tail.push('}');
        Self {
            head,
            series: series.into_iter(),
            shape: found.shape,
            tail: Some(tail),
        }
    }
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let tail = self.tail.take()?;
        let mut text = std::mem::take(&mut self.head);
        while text.len() < PIECE {
            let Some(one) = self.series.next() else {
                text.push_str(&tail);
                return Some(text);
            };
            series(&mut text, &one, self.shape);
            if self.series.len() > 0 {
                text.push(',');
            }
        }
        self.tail = Some(tail);
        Some(text)
    }
}

fn scalar(text: &mut String, series: &[Series]) {
    let sample = series.first().and_then(|series| series.samples.first());
    let nothing = Sample {
        at_ms: 0,
        value: f64::NAN,
    };
    point(text, sample.copied().unwrap_or(nothing));
}

fn strings(text: &mut String, name: &str, all: &[String]) {
    if !all.is_empty() {
        let all = serde_json::to_string(all).unwrap_or_default();
        // Writing to a string can't fail, here and below.
        let _ = write!(text, ",\"{name}\":{all}");
    }
}

fn series(text: &mut String, series: &Series, shape: Shape) {
    text.push_str("{\"metric\":");
    text.push_str(&serde_json::to_string(&series.labels).unwrap_or_default());
    if shape == Shape::Vector {
        text.push_str(",\"value\":");
        if let Some(sample) = series.samples.first() {
            point(text, *sample);
        } else {
            text.push_str("[0,\"NaN\"]");
        }
    } else {
        text.push_str(",\"values\":[");
        for (index, sample) in series.samples.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            point(text, *sample);
        }
        text.push(']');
    }
    text.push('}');
}

/// `[1435781451.781,"1.5"]`, the fraction in three digits where there is one.
fn point(
    text: &mut String,
    Sample {
        at_ms,
        value: number,
    }: Sample,
) {
    let sign = if at_ms < 0 { "-" } else { "" };
    let (seconds, ms) = (at_ms.unsigned_abs() / 1000, at_ms.unsigned_abs() % 1000);
    let _ = write!(text, "[{sign}{seconds}");
    if ms != 0 {
        let _ = write!(text, ".{ms:03}");
    }
    if number.is_finite() {
        let _ = write!(text, ",\"{number}\"]");
    } else {
        let _ = write!(text, ",\"{}\"]", value(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(found: Evaluated) -> String {
        Pieces::of(found).collect()
    }

    #[test]
    fn a_large_answer_comes_in_pieces_that_are_the_whole() {
        let series = |n: usize| Series {
            labels: Labels::from([("n".to_owned(), n.to_string())]),
            samples: vec![
                Sample {
                    at_ms: 1000,
                    value: n as f64
                };
                200
            ],
        };
        let of = |count| Evaluated {
            shape: Shape::Matrix,
            series: (0..count).map(series).collect(),
            answered: 1,
            ..Evaluated::default()
        };
        let pieces: Vec<String> = Pieces::of(of(1_000)).collect();
        assert!(pieces.len() > 5, "{}", pieces.len());
        let largest = pieces.iter().map(String::len).max();
        assert!(largest < Some(PIECE + 10_000), "{largest:?}");
        let whole: serde_json::Value = serde_json::from_str(&pieces.concat()).unwrap();
        let result = whole["data"]["result"].as_array().unwrap();
        assert_eq!(result.len(), 1_000);
        assert_eq!(result[999]["metric"]["n"], "999");
        assert_eq!(result[999]["values"][199], serde_json::json!([1, "999"]));
        for (count, expected) in [(0, "[]"), (1, "[{")] {
            let text = written(of(count));
            assert!(text.contains(&format!("\"result\":{expected}")), "{text}");
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }

    #[test]
    fn a_matrix_is_written_as_prometheus_writes_it() {
        let sample = |at_ms, value| Sample { at_ms, value };
        let found = Evaluated {
            shape: Shape::Matrix,
            series: vec![Series {
                labels: Labels::from([("job".to_owned(), "a\"b".to_owned())]),
                samples: vec![
                    sample(1_435_781_451_781, 1.5),
                    sample(1_435_781_460_000, f64::NAN),
                    sample(1_435_781_475_050, 1e21),
                ],
            }],
            notes: vec!["read so".to_owned()],
            answered: 1,
            ..Evaluated::default()
        };
        assert_eq!(
            written(found),
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a\"b"},"values":[[1435781451.781,"1.5"],[1435781460,"NaN"],[1435781475.050,"1000000000000000000000"]]}]},"infos":["read so"]}"#
        );
    }
}
