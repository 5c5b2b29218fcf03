//! Tables of metrics and of calls.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Error;

/// Averages and sums by service and metric.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// When, in milliseconds.
    pub(super) times: Vec<i64>,
    /// By service and metric.
    pub(super) columns: BTreeMap<(String, String), Vec<f64>>,
}

impl Table {
    /// Reads one with three lines of headings.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(path)
            .map_err(|why| Error::malformed(path, &why))?;
        let rows: Vec<csv::StringRecord> = reader
            .records()
            .collect::<Result<_, _>>()
            .map_err(|why| Error::malformed(path, &why))?;
        let [nodes, metrics, statistics, body @ ..] = rows.as_slice() else {
            return Err(Error::malformed(path, "it has no three lines of headings"));
        };
        let mut table = Self {
            times: Vec::new(),
            columns: BTreeMap::new(),
        };
        for row in body {
            let Some(Ok(seconds)) = row.get(0).map(str::parse::<f64>) else {
                continue;
            };
            table.times.push((seconds * 1000.0) as i64);
            for column in 1..row.len() {
                let statistic = statistics.get(column).unwrap_or_default();
                if statistic != "Average" && statistic != "Sum" {
                    continue;
                }
                let key = |of: &csv::StringRecord| of.get(column).unwrap_or_default().to_owned();
                let value = row[column].parse().unwrap_or(f64::NAN);
                let values = table.columns.entry((key(nodes), key(metrics))).or_default();
                values.push(value);
            }
        }
        Ok(table)
    }

    /// The same rows, ending at another time.
    pub(super) fn moved(&self, end_ms: i64) -> Self {
        let by = end_ms - self.times.last().copied().unwrap_or_default();
        Self {
            times: self.times.iter().map(|at| at + by).collect(),
            columns: self.columns.clone(),
        }
    }

    /// Some of the rows.
    pub(super) fn cut(&self, from: usize, to: usize) -> Self {
        let part = |values: &Vec<f64>| values[from..to].to_vec();
        let columns = self.columns.iter();
        Self {
            times: self.times[from..to].to_vec(),
            columns: columns.map(|(key, v)| (key.clone(), part(v))).collect(),
        }
    }
}

/// The calls of a table of adjacency.
pub(super) fn graph(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let mut reader = csv::Reader::from_path(path).map_err(|why| Error::malformed(path, &why))?;
    let names = reader
        .headers()
        .map_err(|why| Error::malformed(path, &why))?
        .clone();
    let mut calls = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|why| Error::malformed(path, &why))?;
        for column in 1..row.len() {
            if row[column].parse::<f64>().is_ok_and(|edge| edge > 0.0) {
                calls.push((row[0].to_owned(), names[column].to_owned()));
            }
        }
    }
    Ok(calls)
}
