//! From spans and lines to requests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::super::service_of;
use super::super::table::rows;
use super::{Request, Requests};
use crate::Error;

#[derive(Debug)]
struct Span {
    parent: String,
    service: String,
    operation: String,
    start_ns: i64,
    end_ns: i64,
}

/// Reads every trace and log file of a folder.
pub(in super::super) fn read(folder: &Path) -> Result<Requests, Error> {
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    let mut lines: Vec<(i64, String, String)> = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::unreadable(folder))? {
        files.push(entry.map_err(Error::unreadable(folder))?.path());
    }
    files.sort();
    for path in files {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with("_trace.csv.gz") {
            for row in rows(&path)?.1 {
                if let [_, id, parent, pod, operation, start, end, ..] = fields(&row)[..] {
                    let number = |text: &str| text.parse().unwrap_or(0);
                    let span = Span {
                        parent: parent.to_owned(),
                        service: service_of(pod).to_owned(),
                        operation: operation.to_owned(),
                        start_ns: number(start),
                        end_ns: number(end),
                    };
                    spans.entry(id.to_owned()).or_insert(span);
                }
            }
        } else if name.ends_with("_log.csv.gz") {
            for row in rows(&path)?.1 {
                if let [_, at, _, _, _, _, span, line, ..] = fields(&row)[..] {
                    let at = at.parse().unwrap_or(0);
                    lines.push((at, span.to_owned(), template(line)));
                }
            }
        }
    }
    lines.sort();
    Ok(requests(&spans, lines))
}

fn fields(row: &csv::StringRecord) -> Vec<&str> {
    row.iter().collect()
}

/// A line without what differs from request to request: the time at its front, ids and numbers.
fn template(raw: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(raw).ok();
    let text = parsed
        .as_ref()
        .and_then(|value| value.get("log")?.as_str())
        .unwrap_or(raw);
    let mut words = Vec::new();
    let mut skip = false;
    for word in text.split_whitespace().skip(1) {
        if std::mem::take(&mut skip) {
            continue;
        }
        if matches!(word, "TraceID:" | "SpanID:") {
            skip = true;
            continue;
        }
        // A place in the code has its line's number after a hash; it is what does not vary.
        let varies = word.chars().any(|c| c.is_ascii_digit()) && !word.contains('#');
        words.push(if varies { "<*>" } else { word });
        // What follows is values.
        if words.len() == 6 {
            break;
        }
    }
    words.join(" ")
}

fn requests(spans: &BTreeMap<String, Span>, lines: Vec<(i64, String, String)>) -> Requests {
    let milliseconds = |span: &Span| (span.end_ns - span.start_ns) as f64 / 1e6;
    // The span at which a request enters the service.
    let entry = |id: &str| {
        let mut at = id.to_owned();
        for _ in 0..64 {
            let span = spans.get(&at)?;
            match spans.get(&span.parent) {
                Some(parent) if parent.service == span.service => at.clone_from(&span.parent),
                _ => return Some(at),
            }
        }
        None
    };
    let mut found: BTreeMap<String, Request> = BTreeMap::new();
    for (id, span) in spans {
        if entry(id).as_deref() != Some(id.as_str()) {
            continue;
        }
        let parent = spans.get(&span.parent);
        let request = Request {
            service: span.service.clone(),
            operation: span.operation.clone(),
            caller: parent.map(|parent| parent.service.clone()),
            start_ms: span.start_ns / 1_000_000,
            own: milliseconds(span),
            answer: milliseconds(parent.unwrap_or(span)),
            way: parent.map(|parent| (milliseconds(parent) - milliseconds(span)).max(0.0)),
            lines: Vec::new(),
        };
        found.insert(id.clone(), request);
    }
    // What others take of a service's time is the calls' time as the caller has it.
    for span in spans.values() {
        let Some(parent) = spans.get(&span.parent) else {
            continue;
        };
        if parent.service == span.service {
            continue;
        }
        if let Some(caller) = entry(&span.parent).and_then(|id| found.get_mut(&id)) {
            caller.own = (caller.own - milliseconds(parent)).max(0.0);
        }
    }
    for (_, span, line) in lines {
        if let Some(request) = entry(&span).and_then(|id| found.get_mut(&id)) {
            request.lines.push(line);
        }
    }
    Requests(found.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn a_template_keeps_the_place_in_the_code_and_drops_what_varies() {
        let line = |order: &str| {
            let log = format!(
                "21:16:27.639 WARN  o.OrderServiceImpl#361 TraceID: ab SpanID: cd Order {order} gone"
            );
            serde_json::json!({ "log": log }).to_string()
        };
        let found = template(&line("dd45e5e5"));
        assert_eq!(found, template(&line("77aa11")));
        assert_eq!(found, "WARN o.OrderServiceImpl#361 Order <*> gone");
    }
}
