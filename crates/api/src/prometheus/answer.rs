//! Answers as Prometheus writes them.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fleetscope_model::{Collection, Evaluated, Gap, Labels, Sample, Series, Shape};
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

/// What an evaluation gave: an error where no cluster answered and something went wrong.
pub(super) fn evaluated(found: &Evaluated) -> Result<Response, Refusal> {
    if found.answered == 0 && !found.gaps.is_empty() {
        return Err(Refusal::of_gaps(&found.gaps));
    }
    Ok(raw(Bytes::from(written(found))))
}

/// The whole answer as text. Samples are written one by one: there may be millions.
fn written(found: &Evaluated) -> String {
    let samples: usize = found.series.iter().map(|series| series.samples.len()).sum();
    let mut text = String::with_capacity(samples * 24 + found.series.len() * 128 + 256);
    let kind = match found.shape {
        Shape::Matrix => "matrix",
        Shape::Vector => "vector",
        Shape::Scalar => "scalar",
    };
    text.push_str("{\"status\":\"success\",\"data\":{\"resultType\":\"");
    text.push_str(kind);
    text.push_str("\",\"result\":");
    if found.shape == Shape::Scalar {
        let sample = found
            .series
            .first()
            .and_then(|series| series.samples.first());
        point(
            &mut text,
            sample.copied().unwrap_or(Sample {
                at_ms: 0,
                value: f64::NAN,
            }),
        );
    } else {
        text.push('[');
        for (index, one) in found.series.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            series(&mut text, one, found.shape);
        }
        text.push(']');
    }
    text.push('}');
    let warnings: Vec<_> = found.gaps.iter().map(warning).collect();
    strings(&mut text, "warnings", &warnings);
    strings(&mut text, "infos", &found.notes);
    text.push('}');
    text
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
            written(&found),
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a\"b"},"values":[[1435781451.781,"1.5"],[1435781460,"NaN"],[1435781475.050,"1000000000000000000000"]]}]},"infos":["read so"]}"#
        );
    }
}
