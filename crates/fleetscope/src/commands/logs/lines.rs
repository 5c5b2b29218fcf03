//! Lines as people read them: time, cluster, whose they are, how bad they are, and the text.

use std::collections::BTreeMap;

use fleetscope_client::wire::LogEntry;
use jiff::Timestamp;

use crate::output::Style;

/// No column but the text is wider.
const WIDEST: usize = 44;

/// Labels that tell whose a line is, by the conventions of the senders.
const NAMESPACES: [&str; 3] = [
    "namespace",
    "kubernetes_namespace_name",
    "k8s_namespace_name",
];
const PODS: [&str; 3] = ["pod", "kubernetes_pod_name", "k8s_pod_name"];
const ELSE: [&str; 6] = [
    "unit",
    "app",
    "service_name",
    "container",
    "job",
    "log_type",
];
const NODES: [&str; 3] = ["node", "host", "kubernetes_host"];

/// How lines are laid out. The columns grow with what they hold, so that lines that come one by
/// one stand under each other, too.
#[derive(Debug)]
pub(super) struct Layout {
    style: Style,
    dated: bool,
    cluster: usize,
    whose: usize,
}

/// What is printed of a line.
pub(super) struct Shown<'a> {
    pub(super) at: Timestamp,
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) severity: Option<&'a str>,
    pub(super) line: &'a str,
}

impl<'a> From<&'a LogEntry> for Shown<'a> {
    fn from(entry: &'a LogEntry) -> Self {
        Self {
            at: entry.at,
            labels: &entry.labels,
            severity: entry.severity.as_deref(),
            line: &entry.line,
        }
    }
}

impl Layout {
    /// For lines that come one by one; `dated` shows the day beside the time.
    pub(super) const fn new(style: Style, dated: bool) -> Self {
        Self {
            style,
            dated,
            cluster: 0,
            whose: 0,
        }
    }

    /// Makes the columns as wide as this line needs them.
    pub(super) fn fit(&mut self, labels: &BTreeMap<String, String>) {
        let cluster = labels.get("cluster").map_or("", String::as_str);
        column(&plain(cluster), &mut self.cluster);
        column(&whose(labels), &mut self.whose);
    }

    /// One line.
    pub(super) fn line(&mut self, shown: &Shown<'_>) -> String {
        let format = if self.dated {
            "%Y-%m-%d %H:%M:%S%.3f"
        } else {
            "%H:%M:%S%.3f"
        };
        let time = shown.at.strftime(format).to_string();
        let cluster = shown.labels.get("cluster").map_or("", String::as_str);
        let cluster = column(&plain(cluster), &mut self.cluster);
        let whose = column(&whose(shown.labels), &mut self.whose);
        let severity = format!("{:<5}", shown.severity.unwrap_or("-").to_uppercase());
        let severity = match shown.severity {
            Some("error" | "fatal") => self.style.bad(&severity),
            Some("warn") => self.style.bold(&severity),
            _ => self.style.dim(&severity),
        };
        let (time, text) = (self.style.dim(&time), plain(shown.line));
        format!("{time}  {cluster}  {whose}  {severity}  {text}")
    }
}

/// A text in its column, which grows up to a limit; a longer one keeps its end, where names of
/// pods differ.
fn column(text: &str, width: &mut usize) -> String {
    let length = text.chars().count();
    *width = (*width).max(length.min(WIDEST));
    if length > WIDEST {
        let kept: String = text.chars().skip(length - WIDEST + 1).collect();
        return format!("…{kept}");
    }
    let width = *width;
    format!("{text:<width$}")
}

/// `shop/cart-7d9f-x2k`, or what else tells whose a line is.
fn whose(labels: &BTreeMap<String, String>) -> String {
    let first = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| labels.get(*name));
        values.find(|value| !value.is_empty()).map(String::as_str)
    };
    let name = first(&PODS).or_else(|| first(&ELSE)).unwrap_or("-");
    match first(&NAMESPACES).or_else(|| first(&NODES)) {
        Some(place) => plain(&format!("{place}/{name}")),
        None => plain(name),
    }
}

/// The text without what a terminal would obey or stumble over: a log line comes from anybody.
pub(super) fn plain(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.trim_end_matches(['\n', '\r']).chars() {
        match c {
            '\t' => out.push_str("    "),
            '\n' => out.push('⏎'),
            c if hidden(c) => out.push('·'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn lines_stand_under_each_other_and_tell_whose_they_are() {
        let mut layout = Layout::new(Style::plain(), false);
        let pod = labels(&[
            ("cluster", "shop"),
            ("namespace", "shop"),
            ("pod", "cart-1"),
        ]);
        let unit = labels(&[("cluster", "edge"), ("node", "edge-1"), ("unit", "kubelet")]);
        let at = "2026-11-22T13:00:00.123456789Z".parse().unwrap();
        let mut told = |labels, severity, line| {
            layout.line(&Shown {
                at,
                labels,
                severity,
                line,
            })
        };
        assert_eq!(
            told(&unit, Some("warn"), "slow"),
            "13:00:00.123  edge  edge-1/kubelet  WARN   slow"
        );
        assert_eq!(
            told(&pod, None, "hi\n"),
            "13:00:00.123  shop  shop/cart-1     -      hi"
        );
    }

    #[test]
    fn a_line_can_not_command_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[2Jb\u{202e}c\td\ne\u{9b}f\r\n"),
            "a·[2Jb·c    d⏎e·f"
        );
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let long = format!("{}-x2k", "n".repeat(60));
        let text = column(&long, &mut 0);
        assert!(text.starts_with('…') && text.ends_with("-x2k"));
        assert_eq!(text.chars().count(), WIDEST);
    }
}
