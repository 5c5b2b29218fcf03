//! A trace as a picture of text: the tree at the left, time to the right.

use std::collections::HashMap;
use std::fmt::Write as _;

use fleetscope_client::wire::{SpanStatus, Trace, TraceSpan};

use super::length;
use crate::output::{Style, gaps, plain};

/// Characters of the time line, and at most of the tree.
const LINE: usize = 40;
const TREE: usize = 64;
/// Levels that are drawn; what is deeper stands at the last one, with its number.
const LEVELS: usize = 16;
/// Failures, and parts of the critical path, that are told in words.
const TOLD: usize = 8;

/// The whole picture, with at most `limit` spans.
pub(super) fn draw(trace: &Trace, limit: usize, style: Style) -> String {
    let mut text = head(trace, style);
    let shown = trace.spans.get(..limit).unwrap_or(&trace.spans);
    let branches = branches(&trace.spans);
    let names: Vec<String> = shown
        .iter()
        .zip(&branches)
        .map(|(span, branch)| name(span, branch))
        .collect();
    let tree = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let wide = |get: fn(&TraceSpan) -> &str| shown.iter().map(|s| get(s).chars().count()).max();
    let cluster = wide(|span| &span.cluster).unwrap_or(0).max("CLUSTER".len());
    let scale = format!("0{:>width$}", length(trace.duration_ms), width = LINE - 1);
    let heading = format!(
        "{:cluster$}  {:tree$}  {:>8}  {:>8}  {scale}",
        "CLUSTER", "SPAN", "TOOK", "SELF"
    );
    push(&mut text, format_args!("\n\n{}", style.bold(&heading)));
    for (span, name) in shown.iter().zip(&names) {
        let name = format!("{name:tree$}");
        text += "\n";
        text += &row(span, &name, (cluster, trace.duration_ms), style);
    }
    text += &left_out(trace, shown.len());
    push(
        &mut text,
        format_args!(
            "\n\n{}",
            style.dim("█ holds the trace up (critical path)   ░ runs beside it   ✗ failed")
        ),
    );
    text + &critical(trace, style) + &failures(trace, style) + &gaps(&trace.gaps)
}

/// A span with its place in the tree and in the whole time.
fn row(span: &TraceSpan, name: &str, (wide, whole): (usize, f64), style: Style) -> String {
    let name = if span.status == SpanStatus::Error {
        style.bad(name)
    } else {
        name.to_owned()
    };
    let (took, own) = (length(span.duration_ms), length(span.self_ms));
    let (line, marks) = (bar(span, whole), marks(span));
    let cluster = &span.cluster;
    format!("{cluster:wide$}  {name}  {took:>8}  {own:>8}  {line}{marks}")
}

fn head(trace: &Trace, style: Style) -> String {
    let mut text = format!("Trace {}", style.bold(&trace.trace_id));
    if let Some(at) = trace.started_at {
        let at = at.strftime("%Y-%m-%d %H:%M:%S%.3fZ");
        push(
            &mut text,
            format_args!(" of {at}, {}", length(trace.duration_ms)),
        );
    }
    let failed = match trace.error_count {
        0 => "none failed".to_owned(),
        count => format!("{count} failed"),
    };
    let clusters = trace.clusters.join(", ");
    text + &format!("\n{} spans, {failed}; on {clusters}", trace.span_count)
}

/// Adds to a text, which can't fail.
fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(more);
}

/// What stands before each span: the lines down from its parents, and the branch to it.
fn branches(spans: &[TraceSpan]) -> Vec<String> {
    let mut found = vec![String::new(); spans.len()];
    // Whether a later span stands at this level, below the same parents.
    let mut goes_on: Vec<bool> = Vec::new();
    for (at, span) in spans.iter().enumerate().rev() {
        let depth = span.depth as usize;
        goes_on.resize(depth + 1, false);
        let lines = (1..depth.min(LEVELS)).map(|level| if goes_on[level] { "│ " } else { "  " });
        let mut branch: String = lines.collect();
        if depth > 0 {
            branch += if goes_on[depth] { "├─" } else { "└─" };
        }
        if depth > LEVELS {
            push(&mut branch, format_args!("({depth}) "));
        }
        goes_on[depth] = true;
        found[at] = branch;
    }
    found
}

fn name(span: &TraceSpan, branch: &str) -> String {
    let side = match span.kind.as_str() {
        "client" => " →",
        "producer" => " ⇢",
        _ => "",
    };
    let failed = if span.status == SpanStatus::Error {
        "✗ "
    } else {
        ""
    };
    let whole = format!(
        "{branch}{failed}{}{side} {}",
        plain(&span.service),
        plain(&span.name)
    );
    if whole.chars().count() <= TREE {
        return whole;
    }
    whole.chars().take(TREE - 1).chain(['…']).collect()
}

/// Where in time the span is.
fn bar(span: &TraceSpan, whole: f64) -> String {
    let cell = |ms: f64| {
        if whole > 0.0 {
            ms / whole * LINE as f64
        } else {
            0.0
        }
    };
    let start = (cell(span.offset_ms).floor() as usize).min(LINE - 1);
    let end = cell(span.offset_ms + span.duration_ms).ceil() as usize;
    let end = end.clamp(start + 1, LINE);
    let drawn = if span.critical_ms > 0.0 { "█" } else { "░" };
    format!(
        "{}{}{}",
        " ".repeat(start),
        drawn.repeat(end - start),
        " ".repeat(LINE - end)
    )
}

fn marks(span: &TraceSpan) -> String {
    let mut text = String::new();
    if span.orphan {
        text += "  orphan: its parent is not there";
    }
    if let Some(early) = span.starts_before_parent_ms {
        push(
            &mut text,
            format_args!("  began {} before its parent: clocks differ", length(early)),
        );
    }
    text
}

fn left_out(trace: &Trace, shown: usize) -> String {
    let mut text = String::new();
    if trace.spans.len() > shown {
        let more = trace.spans.len() - shown;
        push(
            &mut text,
            format_args!("\n… {more} more spans: a larger --limit shows them"),
        );
    }
    if let Some(omitted) = &trace.omitted {
        let by: Vec<String> = omitted
            .by_service
            .iter()
            .map(|(service, count)| format!("{count} of {}", plain(service)))
            .collect();
        push(
            &mut text,
            format_args!(
                "\n… the server leaves out the {} deepest spans, {} of them failed ({})",
                omitted.spans,
                omitted.errors,
                by.join(", ")
            ),
        );
    }
    text
}

/// Where the time went, the greatest part first.
fn critical(trace: &Trace, style: Style) -> String {
    let mut parts: HashMap<(&str, &str, &str), f64> = HashMap::new();
    for span in trace.spans.iter().filter(|span| span.critical_ms > 0.0) {
        *parts
            .entry((&span.cluster, &span.service, &span.name))
            .or_default() += span.critical_ms;
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let whole: f64 = trace
        .critical_path
        .iter()
        .map(|step| step.duration_ms)
        .sum();
    if parts.is_empty() || whole <= 0.0 {
        return String::new();
    }
    let mut text = format!("\n\n{}", style.bold("What held it up"));
    for ((cluster, service, name), ms) in parts.into_iter().take(TOLD) {
        let share = ms / whole * 100.0;
        push(
            &mut text,
            format_args!(
                "\n  {share:>3.0} %  {:>8}  {cluster}: {} {}",
                length(ms),
                plain(service),
                plain(name)
            ),
        );
    }
    text
}

/// What failed by itself comes last in a tree: the deepest failures first.
fn failures(trace: &Trace, style: Style) -> String {
    let failed = trace
        .spans
        .iter()
        .filter(|span| span.status == SpanStatus::Error);
    let mut failed: Vec<&TraceSpan> = failed.collect();
    failed.sort_by_key(|span| std::cmp::Reverse(span.depth));
    if failed.is_empty() {
        return String::new();
    }
    let mut text = format!("\n\n{}", style.bold("What failed, the deepest first"));
    for span in failed.iter().take(TOLD) {
        let thrown = span
            .events
            .iter()
            .find_map(|event| event.attributes.get("exception.message"));
        let said = match (span.message.as_str(), thrown) {
            (_, Some(fleetscope_client::wire::AttributeValue::Text(text))) => text,
            ("", _) => "no reason given",
            (message, _) => message,
        };
        push(
            &mut text,
            format_args!(
                "\n  {}: {} {}: {}",
                span.cluster,
                plain(&span.service),
                plain(&span.name),
                plain(said)
            ),
        );
    }
    if failed.len() > TOLD {
        push(
            &mut text,
            format_args!("\n  … and {} more", failed.len() - TOLD),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use fleetscope_client::wire::CriticalStep;
    use jiff::Timestamp;

    use super::*;

    fn span(depth: u32, name: &str, offset: f64, took: f64) -> TraceSpan {
        TraceSpan {
            cluster: "shop".to_owned(),
            span_id: format!("{depth:016x}"),
            parent_span_id: None,
            depth,
            service: "s".to_owned(),
            namespace: None,
            name: name.to_owned(),
            kind: "server".to_owned(),
            status: SpanStatus::Unset,
            message: String::new(),
            started_at: Timestamp::UNIX_EPOCH,
            offset_ms: offset,
            duration_ms: took,
            self_ms: 1.0,
            critical_ms: took / 2.0,
            orphan: false,
            starts_before_parent_ms: None,
            attributes: std::collections::BTreeMap::default(),
            resource: std::collections::BTreeMap::default(),
            events: Vec::new(),
        }
    }

    #[test]
    fn a_tree_is_drawn_over_time() {
        let mut spans = vec![
            span(0, "a", 0.0, 100.0),
            span(1, "b", 10.0, 50.0),
            span(2, "c", 20.0, 20.0),
            span(1, "d\u{1b}[2J", 60.0, 40.0),
        ];
        spans[2].status = SpanStatus::Error;
        spans[2].message = "no".to_owned();
        spans[1].critical_ms = 0.0;
        spans[3].starts_before_parent_ms = Some(3.0);
        let trace = Trace {
            trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            started_at: Some(Timestamp::UNIX_EPOCH),
            duration_ms: 100.0,
            span_count: 4,
            error_count: 1,
            clusters: vec!["shop".to_owned()],
            spans,
            critical_path: vec![CriticalStep {
                cluster: "shop".to_owned(),
                span_id: String::new(),
                offset_ms: 0.0,
                duration_ms: 100.0,
            }],
            services: Vec::new(),
            omitted: None,
            gaps: Vec::new(),
        };
        let drawn = draw(&trace, 200, Style::of_stdout());
        let lines: Vec<&str> = drawn.lines().map(str::trim_end).collect();
        assert_eq!(lines[1], "4 spans, 1 failed; on shop");
        assert_eq!(
            lines[4..8],
            [
                "shop     s a          100 ms    1.0 ms  ████████████████████████████████████████",
                "shop     ├─s b       50.0 ms    1.0 ms      ░░░░░░░░░░░░░░░░░░░░",
                "shop     │ └─✗ s c   20.0 ms    1.0 ms          ████████",
                "shop     └─s d·[2J   40.0 ms    1.0 ms                          ████████████████  began 3.0 ms before its parent: clocks differ",
            ]
        );
        assert!(drawn.contains("shop: s c: no"));
        assert!(draw(&trace, 2, Style::of_stdout()).contains("2 more spans"));
    }
}
