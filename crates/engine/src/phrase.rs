//! How numbers, times and things are put into words.

use fleetscope_model::{Change, ChangeKind, Entity, EvidenceId};
use jiff::{SignedDuration, Timestamp};

/// A commit's id is known by so many digits.
pub(crate) const DIGITS: usize = 10;

/// What was changed, in a line; a commit with its id.
pub(crate) fn change(change: &Change) -> String {
    match change.kind {
        ChangeKind::Commit => format!("{}: {}", revision(change), change.summary),
        _ => change.summary.clone(),
    }
}

/// `commit 47f38c2266`, or the version of a chart: `version 6.5.0`.
pub(crate) fn revision(change: &Change) -> String {
    let id = change.revision.as_deref().unwrap_or("without an id");
    let is_commit = id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let what = if is_commit { "commit" } else { "version" };
    let id: String = id.chars().take(DIGITS).collect();
    format!("{what} {id}")
}

/// What an alert says: `the alert KubeNodeNotReady (warning) fires: the node is not ready`.
pub(crate) fn alert(name: &str, severity: &str, summary: &str) -> String {
    let severity = match severity {
        "" => String::new(),
        severity => format!(" ({severity})"),
    };
    let summary = match summary.trim_end_matches('.') {
        "" => String::new(),
        summary => format!(": {summary}"),
    };
    format!("the alert {name}{severity} fires{summary}")
}

/// A value with a unit that people like: `1.2 s`, `340 ms`, `1.4 GiB`, `37 %`, `12/s`.
///
/// Known units are `seconds`, `milliseconds`, `microseconds`, `nanoseconds`, `bytes`, `bytes/s`,
/// `ratio`, `percent`, `1/s`, `hertz`, `megahertz`, `celsius`, `watts`, `cores`, and `count`,
/// `state` or nothing for plain numbers; any other unit is written after the number as it is.
pub fn quantity(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    match unit {
        "seconds" | "s" => time(value),
        "milliseconds" | "ms" => time(value / 1e3),
        "microseconds" | "us" => time(value / 1e6),
        "nanoseconds" | "ns" => time(value / 1e9),
        "bytes" => bytes(value),
        "bytes/s" => format!("{}/s", bytes(value)),
        "ratio" => format!("{} %", number(value * 100.0)),
        "percent" | "%" => format!("{} %", number(value)),
        "1/s" => format!("{}/s", number(value)),
        "hertz" | "Hz" => format!("{} MHz", number(value / 1e6)),
        "megahertz" | "MHz" => format!("{} MHz", number(value)),
        "celsius" => format!("{} °C", number(value)),
        "watts" => format!("{} W", number(value)),
        "" | "1" | "count" | "state" => number(value),
        other => format!("{} {other}", number(value)),
    }
}

/// A length of time in its two largest parts: `45 s`, `12 min`, `2 h 5 min`, `3 d 4 h`.
pub fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs().abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (seconds, minutes, hours, days) {
        (s, 0, ..) => format!("{s} s"),
        (_, m, 0, _) => format!("{m} min"),
        (_, m, h, 0) if m % 60 == 0 => format!("{h} h"),
        (_, m, h, 0) => format!("{h} h {} min", m % 60),
        (_, _, h, d) if h % 24 == 0 => format!("{d} d"),
        (_, _, h, d) => format!("{d} d {} h", h % 24),
    }
}

/// The time of day: `12:03 UTC`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

/// The day and the time of day: `2026-03-02 12:03 UTC`.
pub fn day_and_clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Evidence ids in brackets with a space before: ` [ev-1, ev-2]`; nothing for none. At most three,
/// for people; whoever needs all reads them from the findings.
pub fn citation(evidence: &[EvidenceId]) -> String {
    if evidence.is_empty() {
        return String::new();
    }
    let ids: Vec<&str> = evidence.iter().take(3).map(|id| id.0.as_str()).collect();
    format!(" [{}]", ids.join(", "))
}

/// `a`, `a and b`, `a, b and c`; beyond `most` items `a, b and 4 more`.
pub fn list(items: &[String], most: usize) -> String {
    let most = most.max(1);
    let (shown, more) = items.split_at(items.len().min(most));
    match (shown, more.len()) {
        ([], _) => String::new(),
        ([only], 0) => only.clone(),
        (shown, 0) => {
            let (last, first) = (&shown[shown.len() - 1], &shown[..shown.len() - 1]);
            format!("{} and {last}", first.join(", "))
        }
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Several entities: `workload shop/cart and node worker-2`, four at most.
pub fn entities<'a>(entities: impl IntoIterator<Item = &'a Entity>) -> String {
    let names: Vec<String> = entities.into_iter().map(ToString::to_string).collect();
    list(&names, 4)
}

/// A count with its noun: `1 sample`, `3 samples`, `3 anomalies`, `2 series`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ if noun.ends_with('s') => format!("{number} {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

fn time(seconds: f64) -> String {
    match seconds.abs() {
        0.0 => "0 s".to_owned(),
        size if size < 1e-6 => format!("{} ns", number(seconds * 1e9)),
        size if size < 1e-3 => format!("{} µs", number(seconds * 1e6)),
        size if size < 0.9995 => format!("{} ms", number(seconds * 1e3)),
        size if size < 120.0 => format!("{} s", number(seconds)),
        size if size < 7200.0 => format!("{} min", number(seconds / 60.0)),
        _ => format!("{} h", number(seconds / 3600.0)),
    }
}

fn bytes(value: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut scaled = value;
    let mut unit = 0;
    while scaled.abs() >= 1000.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(scaled), UNITS[unit])
}

/// Two significant digits, all of them from 100 on; no zeros at the end of a fraction.
fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 9.95 || size == 0.0 {
        0
    } else {
        (1.0 - size.log10().floor()).clamp(0.0, 9.0) as usize
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    if text == "-0" { "0".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_units_that_people_like() {
        let cases = [
            (1.234, "seconds", "1.2 s"),
            (0.340, "seconds", "340 ms"),
            (0.000_45, "seconds", "450 µs"),
            (5000.0, "seconds", "83 min"),
            (1_500_000_000.0, "bytes", "1.4 GiB"),
            (512.0, "bytes", "512 B"),
            (3_000_000.0, "bytes/s", "2.9 MiB/s"),
            (0.37, "ratio", "37 %"),
            (0.0034, "ratio", "0.34 %"),
            (12.4, "1/s", "12/s"),
            (0.034, "1/s", "0.034/s"),
            (999_999.0, "nanoseconds", "1000 µs"),
            (84.2, "celsius", "84 °C"),
            (1_410.0, "megahertz", "1410 MHz"),
            (0.0, "seconds", "0 s"),
            (-0.0, "count", "0"),
            (3.0, "count", "3"),
            (1.5, "cores", "1.5 cores"),
            (f64::NAN, "seconds", "no number"),
        ];
        for (value, unit, text) in cases {
            assert_eq!(quantity(value, unit), text, "{value} {unit}");
        }
    }

    #[test]
    fn spans_are_told_in_their_two_largest_parts() {
        let cases = [
            (45, "45 s"),
            (59, "59 s"),
            (60, "1 min"),
            (720, "12 min"),
            (7200, "2 h"),
            (7500, "2 h 5 min"),
            (100_800, "1 d 4 h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn long_lists_are_cut_short() {
        let items: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(list(&items[..1], 3), "a");
        assert_eq!(list(&items[..2], 3), "a and b");
        assert_eq!(list(&items[..3], 3), "a, b and c");
        assert_eq!(list(&items, 3), "a, b, c and 1 more");
    }

    #[test]
    fn a_time_is_told_in_utc() {
        let at: Timestamp = "2026-03-02T12:03:40Z".parse().unwrap();
        assert_eq!(clock(at), "12:03 UTC");
        assert_eq!(day_and_clock(at), "2026-03-02 12:03 UTC");
    }
}
