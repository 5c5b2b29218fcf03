//! The NAB series that TSB-AD (Liu and Paparrizos 2024) reuses: the volume under the surface of
//! precision and recall (Paparrizos and others 2022), the whole series in view.

pub mod score;

use std::path::{Path, PathBuf};

use super::{Answers, Input, Line, nab, number, text};
use crate::{Error, interval};

/// A series of TSB-AD: the NAB file without its first row, and its first so many rows.
struct Entry {
    file: String,
    rows: usize,
}

fn table(data: &Path) -> PathBuf {
    nab::folder(data).join("tsbad_vuspr_records.csv")
}

/// The series that the table names, with the figures of each detector.
fn entries(data: &Path) -> Result<Vec<Entry>, Error> {
    let path = table(data);
    let content = text(&path)?;
    let header: Vec<&str> = content
        .lines()
        .next()
        .unwrap_or_default()
        .split(',')
        .collect();
    let column = |name: &str| {
        let found = header.iter().position(|field| field.trim() == name);
        found.ok_or_else(|| Error::malformed(&path, format!("no column {name}")))
    };
    let (file, rows) = (column("nab_file")?, column("ts_len")?);
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Ok(Entry {
            file: fields.get(file).copied().unwrap_or_default().to_owned(),
            rows: number(&path, fields.get(rows).copied())?,
        })
    };
    let filled = |line: &&str| !line.trim().is_empty();
    content.lines().skip(1).filter(filled).map(entry).collect()
}

/// The series.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn inputs(data: &Path) -> Result<Vec<Input>, Error> {
    let read = |entry: Entry| {
        let path = nab::folder(data).join("data").join(&entry.file);
        let samples = nab::samples(&path)?;
        Ok(Input {
            name: entry.file,
            samples: samples.into_iter().skip(1).take(entry.rows).collect(),
        })
    };
    entries(data)?.into_iter().map(read).collect()
}

/// Opens the labels, and scores complete answers: our line of the table.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn lines(data: &Path, inputs: &[Input], answers: &Answers) -> Result<Vec<Line>, Error> {
    let values = each(data, inputs, answers)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let found = interval(&values, mean);
    Ok(vec![Line::ours("VUS-PR".into(), values.len(), found)])
}

/// The figure of each series.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn each(data: &Path, inputs: &[Input], answers: &Answers) -> Result<Vec<f64>, Error> {
    let path = table(data);
    let windows = nab::windows(data)?;
    let of = |input: &Input| {
        let scores = answers.scores(&path, &input.name, input.samples.len())?;
        let windows = windows.get(&input.name).map_or(&[][..], Vec::as_slice);
        let within = |at: i64| windows.iter().any(|(from, to)| *from < at && at <= *to);
        let labels: Vec<bool> = input.samples.iter().map(|s| within(s.at_ms)).collect();
        let values: Vec<f64> = input.samples.iter().map(|sample| sample.value).collect();
        Ok(score::vus_pr(&labels, scores, score::period(&values)))
    };
    inputs.iter().map(of).collect()
}

/// The means of the detectors that TSB-AD publishes, best first.
pub(super) fn published(data: &Path) -> Result<Vec<Line>, Error> {
    /// Files, length, and whose part a series is: no detectors.
    const OTHERS: [&str; 4] = ["file", "nab_file", "ts_len", "part"];
    let path = table(data);
    let content = text(&path)?;
    let mut rows = content.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = rows.next().unwrap_or_default().split(',').collect();
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
    let mut lines = Vec::new();
    for (column, name) in header.iter().map(|name| name.trim()).enumerate() {
        if OTHERS.contains(&name) {
            continue;
        }
        let mut sum = 0.0;
        for row in &rows {
            sum += number::<f64>(&path, row.get(column).copied())?;
        }
        let value = sum / rows.len().max(1) as f64;
        lines.push(Line::theirs(name, "VUS-PR", rows.len(), value));
    }
    lines.sort_by(|a, b| b.value.total_cmp(&a.value));
    Ok(lines)
}
