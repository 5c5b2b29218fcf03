//! Compressed tables of metrics, one row a time and, where there is such a column, a pod.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::Error;

/// The rows of a compressed file.
pub(super) fn rows(path: &Path) -> Result<(csv::StringRecord, Vec<csv::StringRecord>), Error> {
    let file = File::open(path).map_err(Error::unreadable(path))?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(GzDecoder::new(file));
    let malformed = |why: csv::Error| Error::malformed(path, &why);
    let headers = reader.headers().map_err(malformed)?.clone();
    let rows = reader
        .records()
        .collect::<Result<_, _>>()
        .map_err(malformed)?;
    Ok((headers, rows))
}

/// Numbers by time, pod and column.
#[derive(Debug, Clone)]
pub(super) struct Table {
    columns: Vec<String>,
    /// By pod (empty where the table has none): times and values in the order of the columns.
    rows: BTreeMap<String, Vec<(i64, Vec<f64>)>>,
}

impl Table {
    /// Reads one whose first column is a time.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let (headers, body) = rows(path)?;
        let pod = headers.iter().position(|name| name == "PodName");
        let numbers: Vec<usize> = (1..headers.len()).filter(|at| Some(*at) != pod).collect();
        let mut table = Self {
            columns: numbers.iter().map(|at| headers[*at].to_owned()).collect(),
            rows: BTreeMap::new(),
        };
        for row in body {
            let text = row.get(0).unwrap_or_default();
            let at = DateTime::strptime("%Y-%m-%d %H:%M:%S", text)
                .and_then(|time| time.to_zoned(TimeZone::UTC))
                .map_err(|why| Error::malformed(path, &why))?;
            let name = pod.and_then(|at| row.get(at)).unwrap_or_default();
            let number = |at: &usize| row.get(*at).and_then(|text| text.parse().ok());
            let values = numbers.iter().map(|at| number(at).unwrap_or(f64::NAN));
            let rows = table.rows.entry(name.to_owned()).or_default();
            rows.push((at.timestamp().as_millisecond(), values.collect()));
        }
        for rows in table.rows.values_mut() {
            rows.sort_by_key(|(at, _)| *at);
        }
        Ok(table)
    }

    /// The pods.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The columns of numbers.
    pub(super) fn columns(&self) -> BTreeSet<&str> {
        self.columns.iter().map(String::as_str).collect()
    }

    /// Times and values of one column of one pod, oldest first.
    pub(super) fn column(&self, subject: &str, column: &str) -> Vec<(i64, f64)> {
        let at = self.columns.iter().position(|name| name == column);
        let (Some(at), Some(rows)) = (at, self.rows.get(subject)) else {
            return Vec::new();
        };
        rows.iter()
            .map(|(time, values)| (*time, values[at]))
            .filter(|(_, value)| value.is_finite())
            .collect()
    }
}
