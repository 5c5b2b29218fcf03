//! Printing: tables for people, JSON for scripts.

mod anomalies;
mod blast;
pub(crate) mod causal;
mod compared;
mod incident;
mod seen_before;
#[cfg(test)]
mod told;

use std::io::{self, IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use fleetscope_client::wire::{Entity, Gap};
use jiff::Timestamp;
use serde::Serialize;

pub(crate) use anomalies::anomalies;
pub(crate) use incident::incident;

use crate::cli::Output;
use crate::exit::Failure;

/// Writes text to standard output. A closed pipe (`| head`) ends quietly.
pub(crate) fn say(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out
        .write_all(text.as_ref().as_bytes())
        .and_then(|()| out.write_all(b"\n"))
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::io("writing to standard output")),
    }
}

/// Writes bytes to standard output as they are. A closed pipe ends quietly.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::io("writing to standard output")),
    }
}

/// Prints a value as JSON, or as the text that `table` makes of it.
pub(crate) fn show<T: Serialize>(
    output: Output,
    value: &T,
    table: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    match output {
        Output::Table => say(table(value)),
        Output::Json => say(serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

/// Columns under upper-case headings, as kubectl prints them.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    text.lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A note under a list that goes on.
pub(crate) fn more(next_cursor: Option<&str>) -> String {
    next_cursor
        .map(|cursor| format!("\n\nThere is more: --cursor {cursor}"))
        .unwrap_or_default()
}

/// An instant to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The time of day to the second.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `workload shop/cart`.
pub(crate) fn entity(entity: &Entity) -> String {
    let kind = match entity.kind.as_str() {
        "gpu" => "GPU",
        "ptp_clock" => "PTP clock",
        other => other,
    };
    match &entity.namespace {
        Some(namespace) => format!("{kind} {namespace}/{}", entity.name),
        None => format!("{kind} {}", entity.name),
    }
}

/// What could not be read, a line each; empty where there are no gaps.
pub(crate) fn gaps(gaps: &[Gap]) -> String {
    let lines = gaps.iter().map(|gap| {
        format!(
            "\n  gap: {} on {}: {} ({})",
            gap.source, gap.cluster_name, gap.detail, gap.kind
        )
    });
    lines.collect()
}

/// A foreign text that goes to a terminal: nothing in it moves the cursor or colours.
pub(crate) fn plain(text: &str) -> String {
    let inert = |c: char| if c.is_control() { '·' } else { c };
    text.chars().map(inert).collect()
}

/// How text is set off: colours on a terminal, none elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Colours if standard output is a terminal.
    pub(crate) fn of_stdout() -> Self {
        Self {
            colour: io::stdout().is_terminal(),
        }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self { colour: false }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// For headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For what is beside the point.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// For what went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For what did not.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }
}

/// Breaks text into lines of at most `width` characters at spaces, each led by `indent`. A number
/// stays with what is counted.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces(text) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + piece.chars().count() <= width => {
                line.push(' ');
                line.push_str(&piece);
            }
            _ => lines.push(format!("{indent}{piece}")),
        }
    }
    lines.join("\n")
}

/// The words of a text, a number with the word that follows.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut counts = false;
    for word in text.split_whitespace() {
        match pieces.last_mut() {
            Some(last) if counts => {
                last.push(' ');
                last.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
        let mut chars = word.chars();
        counts = chars.all(|c| c.is_ascii_digit() || matches!(c, '.' | ':'));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_at_spaces_and_every_line_is_indented() {
        assert_eq!(wrap("one two three", 9, "  "), "  one two\n  three");
        assert_eq!(wrap("", 9, "  "), "");
        assert_eq!(wrap("about 100 % of it", 9, ""), "about\n100 % of\nit");
    }

    #[test]
    fn foreign_text_is_inert() {
        assert_eq!(plain("a\u{1b}[31mb\n"), "a·[31mb·");
    }

    #[test]
    fn a_table_has_headings_and_no_trailing_space() {
        let text = table(["NAME", "AGE"], [["shop".to_owned(), "1d".to_owned()]]);
        assert_eq!(text, "NAME  AGE\nshop  1d");
    }
}
