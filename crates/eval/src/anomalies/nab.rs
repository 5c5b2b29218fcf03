//! The Numenta Anomaly Benchmark 1.1: a detection counts once a window, the more the earlier; one
//! threshold holds for all series.

pub mod score;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fleetscope_model::Sample;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use self::score::{Profile, Rows};
use super::{Answers, Input, Line, text};
use crate::{Error, interval};

/// The folder of this corpus.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("ad_nab")
}

/// The series, by their paths below `ad_nab/data`, in order.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn inputs(data: &Path) -> Result<Vec<Input>, Error> {
    let root = folder(data).join("data");
    let mut inputs = Vec::new();
    for category in entries(&root)? {
        for file in entries(&category)? {
            let name = file.strip_prefix(&root).unwrap_or(&file);
            inputs.push(Input {
                name: name.to_string_lossy().into_owned(),
                samples: samples(&file)?,
            });
        }
    }
    Ok(inputs)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = std::fs::read_dir(folder).map_err(Error::unreadable(folder))?;
    let paths: Result<Vec<PathBuf>, _> = listed.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(Error::unreadable(folder))?;
    paths.sort();
    Ok(paths)
}

/// `timestamp,value` rows with a civil time.
pub(super) fn samples(path: &Path) -> Result<Vec<Sample>, Error> {
    let content = text(path)?;
    let row = |line: &str| -> Result<Sample, Error> {
        let (at, value) = line
            .split_once(',')
            .ok_or_else(|| Error::malformed(path, format!("not two columns: {line:?}")))?;
        Ok(Sample {
            at_ms: instant(path, at)?,
            value: super::number(path, Some(value))?,
        })
    };
    let filled = |line: &&str| !line.trim().is_empty();
    content.lines().skip(1).filter(filled).map(row).collect()
}

fn instant(path: &Path, civil: &str) -> Result<i64, Error> {
    let parsed = civil
        .parse::<DateTime>()
        .and_then(|at| at.to_zoned(TimeZone::UTC));
    let zoned = parsed.map_err(|error| Error::malformed(path, error))?;
    Ok(zoned.timestamp().as_millisecond())
}

/// The labels: for each series its windows, both ends included, in milliseconds.
pub(super) fn windows(data: &Path) -> Result<BTreeMap<String, Vec<(i64, i64)>>, Error> {
    let path = folder(data).join("windows.json");
    let raw: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_str(&text(&path)?).map_err(|error| Error::malformed(&path, error))?;
    let read = |(name, list): (String, Vec<(String, String)>)| {
        let ends = |(a, b): &(String, String)| Ok((instant(&path, a)?, instant(&path, b)?));
        let list: Result<Vec<(i64, i64)>, Error> = list.iter().map(ends).collect();
        list.map(|list| (name, list))
    };
    raw.into_iter().map(read).collect()
}

/// Opens the labels, and scores complete answers: our lines of the table.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn lines(data: &Path, inputs: &[Input], answers: &Answers) -> Result<Vec<Line>, Error> {
    let rows = rows(data, inputs, answers)?;
    let line = |profile: Profile| {
        let (_, threshold) = score::sweep(&rows, profile);
        // The threshold stays where it is for all series: that of a resample would flatter.
        let cases: Vec<_> = rows
            .iter()
            .map(|r| score::at(r, profile, threshold))
            .collect();
        Line::ours(
            format!("{} (at {threshold:.4})", profile.name()),
            cases.len(),
            interval(&cases, score::normalised),
        )
    };
    Ok(Profile::ALL.into_iter().map(line).collect())
}

/// What the scorer looks at, series by series.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn rows(data: &Path, inputs: &[Input], answers: &Answers) -> Result<Vec<Rows>, Error> {
    let path = folder(data).join("windows.json");
    let windows = windows(data)?;
    let of = |input: &Input| {
        let scores = answers.scores(&path, &input.name, input.samples.len())?;
        let windows = windows
            .get(&input.name)
            .ok_or_else(|| Error::malformed(&path, format!("no windows for {}", input.name)))?;
        let times: Vec<i64> = input.samples.iter().map(|sample| sample.at_ms).collect();
        Rows::of(&times, windows, scores)
            .ok_or_else(|| Error::malformed(&path, format!("a window is not in {}", input.name)))
    };
    inputs.iter().map(of).collect()
}
