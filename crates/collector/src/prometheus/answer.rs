//! Answers of the Prometheus HTTP API.

use std::fmt;

use fleetscope_model::{GapKind, Labels, Sample, Series, Shape};
use fleetscope_outbound::failure::printable;
use fleetscope_outbound::{Answer, Failure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::prometheus::Readings;

/// Warnings that are repeated in a gap.
const MAX_WARNINGS: usize = 3;

/// The series of an answer, in its order, or the failure that it tells of.
pub(crate) fn decode(answer: &Answer) -> Result<Readings, Failure> {
    if !answer.status.is_success() {
        return Err(refusal(answer));
    }
    let body: Success = match answer.json() {
        Ok(body) => body,
        // Some proxies answer an error with a 200.
        Err(failure) => return Err(error_body(answer).map_or(failure, |e| e.failure(answer))),
    };
    let mut said = body.warnings;
    if body.is_partial {
        said.push("isPartial".to_owned());
    }
    let warning = warning(&said, answer);
    let shape = match &body.data {
        Data::Matrix(_) => Shape::Matrix,
        Data::Vector(_) => Shape::Vector,
        Data::Scalar(_) | Data::String(_) => Shape::Scalar,
    };
    let series = match body.data {
        Data::Matrix(series) => series.into_iter().filter_map(Range::series).collect(),
        Data::Vector(series) => series.into_iter().filter_map(Instant::series).collect(),
        Data::Scalar(Point(sample)) => vec![Series {
            labels: Labels::new(),
            samples: vec![sample],
        }],
        Data::String(_) => Vec::new(),
    };
    Ok(Readings {
        series,
        shape,
        warning,
        room: answer.room.clone(),
    })
}

/// What stands under `data` of an answer of another shape, and what the server warned of.
pub(crate) fn list<T: DeserializeOwned>(answer: &Answer) -> Result<(T, Option<Failure>), Failure> {
    #[derive(Deserialize)]
    struct Listed<T> {
        data: T,
        #[serde(default)]
        warnings: Vec<String>,
    }
    if !answer.status.is_success() {
        return Err(refusal(answer));
    }
    let body: Result<Listed<T>, Failure> = answer.json();
    match body {
        Ok(body) => Ok((body.data, warning(&body.warnings, answer))),
        Err(failure) => Err(error_body(answer).map_or(failure, |e| e.failure(answer))),
    }
}

/// Whether the bytes are one whole answer that tells of a success.
pub(crate) fn is_whole(answer: &Answer) -> Result<(), Failure> {
    let (IgnoredAny, _) = list(answer)?;
    Ok(())
}

/// What the server itself says it refuses an expression for: its kind of error and its words.
pub(crate) fn own_refusal(answer: &Answer) -> Option<(String, String)> {
    const KINDS: [&str; 4] = ["bad_data", "execution", "timeout", "canceled"];
    if !matches!(answer.status.as_u16(), 400 | 422 | 503) {
        return None;
    }
    let error = error_body(answer)?;
    let known = KINDS.contains(&error.error_type.as_str());
    known.then(|| (error.error_type.clone(), printable(&error.error)))
}

fn refusal(answer: &Answer) -> Failure {
    match error_body(answer) {
        Some(error) => error.failure(answer),
        None => match answer.clone().success() {
            Ok(answer) => answer.refusal(""),
            Err(failure) => failure,
        },
    }
}

fn error_body(answer: &Answer) -> Option<ErrorBody> {
    let error: ErrorBody = serde_json::from_slice(&answer.body).ok()?;
    (error.status == "error").then_some(error)
}

fn warning(warnings: &[String], answer: &Answer) -> Option<Failure> {
    if warnings.is_empty() {
        return None;
    }
    let first: Vec<String> = warnings
        .iter()
        .take(MAX_WARNINGS)
        .map(|text| printable(text))
        .collect();
    Some(Failure::new(
        GapKind::BadAnswer,
        format!(
            "{} warned that the values may be incomplete ({}): look at what it reads from",
            answer.place,
            first.join("; ")
        ),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    status: String,
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error: String,
}

impl ErrorBody {
    fn failure(&self, answer: &Answer) -> Failure {
        let (place, said) = (&answer.place, printable(&self.error));
        let (kind, advice) = match self.error_type.as_str() {
            "bad_data" | "execution" | "not_found" => {
                (GapKind::Refused, "change the query as it says")
            }
            "timeout" | "canceled" => (
                GapKind::Timeout,
                "the query takes it too long: ask for a shorter range or fewer series",
            ),
            _ if answer.status.is_success() => (GapKind::BadAnswer, "look at its log"),
            _ => return answer.refusal(&self.error),
        };
        Failure::new(
            kind,
            format!("{place} refused the query ({said}): {advice}"),
        )
    }
}

#[derive(Deserialize)]
struct Success {
    data: Data,
    #[serde(default)]
    warnings: Vec<String>,
    /// The word of `VictoriaMetrics` for a warning.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Matrix(Vec<Range>),
    Vector(Vec<Instant>),
    Scalar(Point),
    String(IgnoredAny),
}

/// A series of a matrix. One of native histograms has no `values` and is left out.
#[derive(Deserialize)]
struct Range {
    metric: Labels,
    #[serde(default)]
    values: Vec<Point>,
}

impl Range {
    fn series(self) -> Option<Series> {
        let samples: Vec<Sample> = self.values.into_iter().map(|point| point.0).collect();
        (!samples.is_empty()).then_some(Series {
            labels: self.metric,
            samples,
        })
    }
}

/// A series of a vector. A native histogram has no `value` and is left out.
#[derive(Deserialize)]
struct Instant {
    metric: Labels,
    value: Option<Point>,
}

impl Instant {
    fn series(self) -> Option<Series> {
        Some(Series {
            labels: self.metric,
            samples: vec![self.value?.0],
        })
    }
}

/// `[1435781451.781, "1.5"]`: seconds, and the value as text, since JSON has no NaN.
struct Point(Sample);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(2, PointVisitor)
    }
}

struct PointVisitor;

impl<'de> Visitor<'de> for PointVisitor {
    type Value = Point;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Point, A::Error> {
        let missing = || A::Error::invalid_length(2, &self);
        let seconds: f64 = parts.next_element()?.ok_or_else(missing)?;
        let Value(value) = parts.next_element()?.ok_or_else(missing)?;
        Ok(Point(Sample {
            at_ms: (seconds * 1_000.0).round() as i64,
            value,
        }))
    }
}

/// A value as text, parsed where it lies: an answer holds millions of them.
struct Value(f64);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        text.parse().map(Value).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use fleetscope_outbound::Room;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: status.try_into().unwrap(),
            content_type: "application/json".to_owned(),
            body: Bytes::from_static(body.as_bytes()),
            room: Room::default(),
            place: "prometheus:9090".to_owned(),
            certified_until: None,
        }
    }

    #[test]
    fn odd_values_and_milliseconds_survive() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":
            {"__name__":"up"},"values":[[1435781430.781,"1"],[1435781445.1,"NaN"],[1435781460,"+Inf"],
            [1435781475,"-Inf"],[1435781490,"1e-300"]]},{"metric":{},"histograms":[[1,{}]]}]}}"#;
        let readings = decode(&answer(200, body)).unwrap();
        assert_eq!(readings.series.len(), 1);
        let samples = &readings.series[0].samples;
        let times: Vec<i64> = samples.iter().map(|s| s.at_ms).collect();
        assert_eq!(
            times,
            [
                1_435_781_430_781,
                1_435_781_445_100,
                1_435_781_460_000,
                1_435_781_475_000,
                1_435_781_490_000
            ]
        );
        assert!(samples[1].value.is_nan());
        let values: Vec<f64> = samples
            .iter()
            .map(|s| s.value)
            .filter(|v| !v.is_nan())
            .collect();
        assert_eq!(values, [1.0, f64::INFINITY, f64::NEG_INFINITY, 1e-300]);
    }

    #[test]
    fn a_scalar_is_one_series_without_labels() {
        let body =
            r#"{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"7"]}}"#;
        let readings = decode(&answer(200, body)).unwrap();
        assert_eq!(readings.series[0].labels, Labels::new());
        assert_eq!(
            readings.series[0].samples[0].value.to_bits(),
            7.0_f64.to_bits()
        );
    }

    #[test]
    fn the_servers_error_types_are_told_apart() {
        let kind = |status, body| decode(&answer(status, body)).err().unwrap().kind;
        let bad = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
        assert_eq!(kind(400, bad), GapKind::Refused);
        assert_eq!(kind(200, bad), GapKind::Refused);
        let execution = r#"{"status":"error","errorType":"execution","error":"many-to-many"}"#;
        assert_eq!(kind(422, execution), GapKind::Refused);
        let timeout = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
        assert_eq!(kind(503, timeout), GapKind::Timeout);
        let internal = r#"{"status":"error","errorType":"internal","error":"oops"}"#;
        assert_eq!(kind(500, internal), GapKind::BadAnswer);
        assert_eq!(kind(200, r#"{"status":"success"}"#), GapKind::BadAnswer);
        assert_eq!(
            kind(
                200,
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#
            ),
            GapKind::BadAnswer
        );
    }

    #[test]
    fn a_warning_comes_with_the_series() {
        let body = r#"{"status":"success","data":{"resultType":"vector","result":[]},
            "warnings":["receive series from store-2: unavailable"],"infos":["a hint"]}"#;
        let warning = decode(&answer(200, body)).unwrap().warning.unwrap();
        assert!(warning.detail.contains("store-2"), "{}", warning.detail);
    }
}
