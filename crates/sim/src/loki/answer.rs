//! Answers in Loki's JSON.

use serde_json::{Value, json};

use super::lines::Entry;
use super::logql::Labels;
use super::metric::Series;

/// A line that a query found, with what parsers found in it.
pub(super) struct Found {
    pub(super) entry: Entry,
    pub(super) parsed: Labels,
}

/// Streams in the order of their first line. Structured metadata is merged into the labels, so
/// that one stream becomes many, unless categories are wanted: then it stands beside each line.
pub(super) fn streams(found: Vec<Found>, categorize: bool) -> Value {
    let count = found.len();
    let bytes: usize = found.iter().map(|found| found.entry.line.len()).sum();
    let mut streams: Vec<(Labels, Vec<Value>)> = Vec::new();
    for Found { entry, parsed } in found {
        let mut labels = (*entry.stream).clone();
        let mut value = vec![json!(entry.nanos.to_string()), json!(entry.line)];
        if categorize {
            let mut categories = json!({});
            if !entry.metadata.is_empty() {
                categories["structuredMetadata"] = json!(entry.metadata);
            }
            if !parsed.is_empty() {
                categories["parsed"] = json!(parsed);
            }
            value.push(categories);
        } else {
            labels.extend(entry.metadata);
            labels.extend(parsed);
        }
        match streams.iter_mut().find(|stream| stream.0 == labels) {
            Some(stream) => stream.1.push(value.into()),
            None => streams.push((labels, vec![value.into()])),
        }
    }
    let result: Vec<Value> = streams
        .into_iter()
        .map(|(stream, values)| json!({ "stream": stream, "values": values }))
        .collect();
    let mut answer = envelope("streams", &result, count, bytes);
    if categorize {
        answer["data"]["encodingFlags"] = json!(["categorize-labels"]);
    }
    answer
}

pub(super) fn matrix(series: Vec<Series>) -> Value {
    let count = series.len();
    let result: Vec<Value> = series
        .into_iter()
        .map(|(metric, values)| {
            let values: Vec<Value> = values.into_iter().map(point).collect();
            json!({ "metric": metric, "values": values })
        })
        .collect();
    envelope("matrix", &result, count, 0)
}

pub(super) fn vector(series: Vec<Series>) -> Value {
    let count = series.len();
    let result: Vec<Value> = series
        .into_iter()
        .filter_map(|(metric, values)| {
            Some(json!({ "metric": metric, "value": point(*values.first()?) }))
        })
        .collect();
    envelope("vector", &result, count, 0)
}

/// Seconds as a number, whole where they are; the value as a string.
fn point((nanos, value): (i64, f64)) -> Value {
    let millis = nanos / 1_000_000;
    let at = if millis % 1000 == 0 {
        json!(millis / 1000)
    } else {
        json!(millis as f64 / 1000.0)
    };
    json!([at, value.to_string()])
}

fn envelope(kind: &str, result: &[Value], entries: usize, bytes: usize) -> Value {
    json!({
        "status": "success",
        "data": {
            "resultType": kind,
            "result": result,
            "stats": { "summary": {
                "bytesProcessedPerSecond": bytes,
                "linesProcessedPerSecond": entries,
                "totalBytesProcessed": bytes,
                "totalLinesProcessed": entries,
                "execTime": 0.001,
                "queueTime": 0,
                "subqueries": 0,
                "totalEntriesReturned": entries,
                "splits": 1,
                "shards": 0,
                "totalPostFilterLines": entries,
                "totalStructuredMetadataBytesProcessed": 0,
            } },
        },
    })
}
