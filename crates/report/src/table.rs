//! Tables.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Align {
    /// Left: words.
    #[default]
    Left,
    /// Right: numbers.
    Right,
}

/// A table with a heading row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Heading and side of each column.
    pub columns: Vec<(String, Align)>,
    /// Rows; a row that is too short is filled up, what is too long is not shown.
    pub rows: Vec<Vec<Text>>,
}

impl Table {
    /// An empty table of left-aligned columns.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self {
            columns: columns
                .into_iter()
                .map(|heading| (heading.into(), Align::Left))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Makes a column right-aligned; a column that does not exist is ignored.
    #[must_use]
    pub fn right(mut self, column: usize) -> Self {
        if let Some((_, align)) = self.columns.get_mut(column) {
            *align = Align::Right;
        }
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, cells: Vec<Text>) -> Self {
        self.rows.push(cells);
        self
    }
}

/// The lines of a table whose cells are rendered already, columns aligned by characters.
pub(crate) fn lines(
    columns: &[(String, Align)],
    heads: &[String],
    rows: &[Vec<String>],
) -> Vec<String> {
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .chain(heads.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        })
        .collect();
    let aligns: Vec<Align> = columns.iter().map(|(_, align)| *align).collect();
    let rule = widths
        .iter()
        .zip(&aligns)
        .map(|(width, align)| match align {
            Align::Left => "-".repeat(*width),
            Align::Right => format!("{}:", "-".repeat(width - 1)),
        });
    let mut lines = vec![
        line(heads, &widths, &aligns),
        format!("| {} |", rule.collect::<Vec<_>>().join(" | ")),
    ];
    lines.extend(rows.iter().map(|row| line(row, &widths, &aligns)));
    lines
}

fn line(cells: &[String], widths: &[usize], aligns: &[Align]) -> String {
    let padded: Vec<String> = widths
        .iter()
        .zip(aligns)
        .enumerate()
        .map(|(column, (width, align))| {
            let cell = cells.get(column).map_or("", String::as_str);
            match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            }
        })
        .collect();
    format!("| {} |", padded.join(" | "))
}
