//! `GET /api/search`.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Query as Parameters, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::traceql::{self, Field, View};
use super::{Refusal, Server, attributes, json_answer};
use crate::history::History;
use crate::traces::{self, Kind, Span, Trace};
use crate::world::time::{Tick, minutes};

/// `default_result_limit`, `max_result_limit` and `max_duration` of a usual configuration.
const LIMIT: usize = 20;
const MOST: u64 = 262_144;
const LONGEST_SECONDS: u64 = 168 * 3600;
/// Spans shown of each trace, where `spss` is not given.
const SPANS_SHOWN: usize = 3;
/// What a search without a range looks at.
const RECENT: i64 = minutes(30);

pub(super) async fn search(
    State(server): State<Server>,
    Parameters(parameters): Parameters<HashMap<String, String>>,
) -> Response {
    match Search::read(&parameters, (server.now)().as_second()) {
        Ok(search) => json_answer(&search.run(&server.history())),
        Err(refusal) => refusal.into_response(),
    }
}

struct Search {
    query: Option<traceql::Query>,
    /// Conditions of `tags`, which any span may fulfil.
    tags: Vec<(Field, String)>,
    least_nanos: i64,
    most_nanos: i64,
    limit: usize,
    spans: usize,
    range: (Tick, Tick),
}

/// Reads `start` and `end`, both or none, in seconds.
pub(super) fn range(
    parameters: &HashMap<String, String>,
    now: i64,
) -> Result<(Tick, Tick), Refusal> {
    let seconds = |name: &str| match parameters.get(name).filter(|text| !text.is_empty()) {
        None => Ok(0),
        Some(text) => text.parse::<u32>().map(u64::from).map_err(|_| {
            let reason = if text.chars().all(|c| c.is_ascii_digit()) {
                "value out of range"
            } else {
                "invalid syntax"
            };
            Refusal(format!(
                "invalid {name}: strconv.ParseUint: parsing \"{text}\": {reason}"
            ))
        }),
    };
    let (start, end) = (seconds("start")?, seconds("end")?);
    if start == 0 && end == 0 {
        let last = Tick(now.div_euclid(30));
        return Ok((last.plus(-RECENT), last));
    }
    if start >= end {
        return Err(Refusal(format!(
            "http parameter start must be before end. received start={start} end={end}"
        )));
    }
    if end - start > LONGEST_SECONDS {
        return Err(Refusal(format!(
            "range specified by start and end exceeds 168h0m0s. received start={start} end={end}"
        )));
    }
    // A tick's traces begin in the half minute before it.
    let tick = |seconds: u64| (seconds as i64).div_euclid(30);
    Ok((Tick(tick(start)), Tick(tick(end) + 1)))
}

impl Search {
    fn read(parameters: &HashMap<String, String>, now: i64) -> Result<Self, Refusal> {
        let given = |name: &str| {
            parameters
                .get(name)
                .map(String::as_str)
                .filter(|t| !t.is_empty())
        };
        if given("q").is_some() && given("tags").is_some() {
            let message = "invalid request: can't specify tags and q in the same query";
            return Err(Refusal(message.to_owned()));
        }
        let query = given("q")
            .map(traceql::parse)
            .transpose()
            .map_err(|message| Refusal(format!("invalid TraceQL query: {message}")))?;
        let nanos = |name: &str| match given(name) {
            None => Ok(None),
            Some(text) => crate::duration::nanos(text)
                .map(|nanos| Some(nanos as i64))
                .ok_or_else(|| {
                    Refusal(format!("invalid {name}: time: invalid duration \"{text}\""))
                }),
        };
        Ok(Self {
            query,
            tags: given("tags").map(tags).unwrap_or_default(),
            least_nanos: nanos("minDuration")?.unwrap_or(0),
            most_nanos: nanos("maxDuration")?.unwrap_or(i64::MAX),
            limit: limit(given("limit"))?,
            spans: match given("spss") {
                None => SPANS_SHOWN,
                Some(text) => match text.parse::<usize>() {
                    Ok(0) => usize::MAX,
                    Ok(count) => count,
                    Err(_) => return Err(Refusal(number_error("spss", text))),
                },
            },
            range: range(parameters, now)?,
        })
    }

    /// Newest first, until the limit is reached.
    fn run(&self, history: &History) -> Value {
        let mut found = Vec::new();
        let mut inspected = 0;
        for moment in history.moments(self.range.0, self.range.1).rev() {
            let mut traces = traces::of_moment(history, moment);
            traces.sort_by_key(|trace| std::cmp::Reverse(trace.bounds().0));
            for trace in traces {
                inspected += trace.spans.len() * 180;
                found.extend(self.examine(history, &trace));
                if found.len() >= self.limit {
                    return answer(&found, inspected);
                }
            }
        }
        answer(&found, inspected)
    }

    fn examine(&self, history: &History, trace: &Trace) -> Option<Value> {
        let (start, end) = trace.bounds();
        let nanos = end - start;
        if nanos < self.least_nanos || nanos > self.most_nanos {
            return None;
        }
        let mut shown = None;
        if let Some(query) = &self.query {
            let views = views(history, trace);
            let matched: Vec<usize> = (0..views.len())
                .filter(|&at| {
                    query
                        .filter
                        .as_ref()
                        .is_none_or(|filter| filter.holds(&views[at]))
                })
                .collect();
            if matched.is_empty() {
                return None;
            }
            shown = Some(self.span_set(query, trace, &views, &matched));
        } else if !self.tags.is_empty() {
            let views = views(history, trace);
            let has = |(field, wanted): &(Field, String)| {
                let of = |view| {
                    field
                        .value(view)
                        .is_some_and(|found| found.text() == *wanted)
                };
                views.iter().any(of)
            };
            if !self.tags.iter().all(has) {
                return None;
            }
        }
        let root = trace.spans.first()?;
        let mut object = json!({
            "traceID": trace.id.short(),
            "rootServiceName": history.graph.services[root.service].name,
            "rootTraceName": history.graph.operations[root.operation].spec.name,
            "startTimeUnixNano": start.to_string(),
            "durationMs": nanos / 1_000_000,
        });
        if let Some(set) = shown {
            object["spanSets"] = json!([set]);
            object["spanSet"] = set;
            object["serviceStats"] = statistics(history, trace);
        }
        Some(object)
    }

    fn span_set(
        &self,
        query: &traceql::Query,
        trace: &Trace,
        views: &[View],
        matched: &[usize],
    ) -> Value {
        let fields = query.fields();
        let spans: Vec<Value> = matched
            .iter()
            .take(self.spans)
            .map(|&at| span(&trace.spans[at], &views[at], &fields))
            .collect();
        json!({ "spans": spans, "matched": matched.len() })
    }
}

/// All spans of a trace, ready to be asked.
pub(super) fn views(history: &History, trace: &Trace) -> Vec<View> {
    let Some(root) = trace.spans.first() else {
        return Vec::new();
    };
    let (start, end) = trace.bounds();
    let view = |span: &Span| View {
        name: history.graph.operations[span.operation].spec.name,
        nanos: span.nanos(),
        error: span.failure.is_some(),
        message: attributes::status_message(history, span),
        kind: if span.kind == Kind::Server {
            "server"
        } else {
            "client"
        },
        root_name: history.graph.operations[root.operation].spec.name,
        root_service: history.graph.services[root.service].name,
        trace_nanos: end - start,
        resource: attributes::resource(history, span),
        span: attributes::of_span(history, span),
        event: attributes::exception(history, span)
            .map(|(name, message)| {
                vec![
                    (
                        "exception.type",
                        attributes::Attribute::Text(name.to_owned()),
                    ),
                    ("exception.message", attributes::Attribute::Text(message)),
                ]
            })
            .unwrap_or_default(),
    };
    trace.spans.iter().map(view).collect()
}

fn span(span: &Span, view: &View, fields: &[&Field]) -> Value {
    let mut object = json!({
        "spanID": format!("{:016x}", span.id),
        "startTimeUnixNano": span.start.to_string(),
        "durationNanos": span.nanos().to_string(),
    });
    if fields.contains(&&Field::Name) {
        object["name"] = view.name.into();
    }
    let shown: Vec<Value> = fields
        .iter()
        .filter_map(|field| {
            let (key, value) = (field.shown()?, field.value(view)?);
            Some(json!({ "key": key, "value": value.value() }))
        })
        .collect();
    if !shown.is_empty() {
        object["attributes"] = shown.into();
    }
    object
}

/// Spans and errors by service.
fn statistics(history: &History, trace: &Trace) -> Value {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for span in &trace.spans {
        let count = counts
            .entry(history.graph.services[span.service].name)
            .or_default();
        count.0 += 1;
        count.1 += u64::from(span.failure.is_some());
    }
    counts
        .into_iter()
        .map(|(service, (spans, errors))| {
            let mut count = json!({ "spanCount": spans });
            if errors > 0 {
                count["errorCount"] = errors.into();
            }
            (service.to_owned(), count)
        })
        .collect()
}

fn answer(found: &[Value], inspected: usize) -> Value {
    json!({
        "traces": found,
        "metrics": { "inspectedBytes": inspected.to_string(), "completedJobs": 1, "totalJobs": 1 },
    })
}

fn limit(given: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = given else { return Ok(LIMIT) };
    match text.parse::<u64>() {
        Err(_) => Err(Refusal(number_error("limit", text))),
        Ok(0) => Err(Refusal(
            "invalid limit: must be a positive number".to_owned(),
        )),
        Ok(limit) if limit > MOST => {
            Err(Refusal(format!("limit {limit} exceeds max limit {MOST}")))
        }
        Ok(limit) => Ok(limit as usize),
    }
}

fn number_error(name: &str, text: &str) -> String {
    format!("invalid {name}: strconv.ParseUint: parsing \"{text}\": invalid syntax")
}

/// `tags=service.name=payment http.method=GET`.
fn tags(text: &str) -> Vec<(Field, String)> {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            (
                Field::Any(name.to_owned()),
                value.trim_matches('"').to_owned(),
            )
        })
        .collect()
}
