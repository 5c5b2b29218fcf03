//! The whole database as `OpenMetrics` text.

use std::fmt::Write;

use super::{Series, Tsdb, labels};
use crate::promql::format_value;

pub(super) fn write(db: &Tsdb) -> String {
    let mut out = String::new();
    for series in db.all() {
        let selector = selector(series);
        for (t_ms, value) in series.samples() {
            out.push_str(&selector);
            out.push(' ');
            out.push_str(&format_value(value));
            out.push(' ');
            push_seconds(&mut out, t_ms);
            out.push('\n');
        }
    }
    out.push_str("# EOF\n");
    out
}

/// `name{a="1",b="2"}`.
fn selector(series: &Series) -> String {
    let labels = series.labels();
    let mut out = labels.get(labels::NAME).to_owned();
    let others = labels.without_name();
    if others.iter().len() == 0 {
        return out;
    }
    out.push('{');
    for (position, (name, value)) in others.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{name}=\"");
        push_escaped(&mut out, value);
        out.push('"');
    }
    out.push('}');
    out
}

fn push_escaped(out: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

/// Prometheus reads the seconds as a float, multiplies by 1000 and truncates, which turns many a
/// `.123` into 122 ms. Half a millisecond more is far from both neighbours.
fn push_seconds(out: &mut String, t_ms: i64) {
    let (seconds, millis) = (t_ms.div_euclid(1000), t_ms.rem_euclid(1000));
    let _ = match millis {
        0 => write!(out, "{seconds}"),
        _ => write!(out, "{seconds}.{millis:03}5"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_holds_every_sample_but_stale_markers() {
        let mut db = Tsdb::new(1_000_000);
        let id = db.series(&[("__name__", "up"), ("job", "a\"b")]);
        db.append(id, 1_500, 1.0);
        db.mark_stale(id, 2_000);
        db.append(id, 3_000, f64::INFINITY);
        let bare = db.series(&[("__name__", "alone")]);
        db.append(bare, 1_000, 1e-7);
        let expected =
            "alone 1e-07 1\nup{job=\"a\\\"b\"} 1 1.5005\nup{job=\"a\\\"b\"} +Inf 3\n# EOF\n";
        assert_eq!(db.openmetrics(), expected);
    }
}
