//! The `AIOps` challenge of 2018 (Li and others 2022): operators do not care which minute is flagged, as
//! long as it is soon.
//!
//! A labelled segment is found, with all its readings, where one of its first eight is flagged, and
//! missed with all of them otherwise; a flagged reading outside is one false alarm. Counts are
//! pooled over the series, and only the second half of each is scored.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use fleetscope_model::Sample;

use super::{Answers, Input, Line, number, text};
use crate::{Error, interval};

/// A segment must be found by the seventh reading after its first; the challenge's own delay for
/// readings a minute apart.
const DELAY: usize = 7;

/// A decompressed series: no more than this is read, many times the largest of the corpus.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

fn folder(data: &Path) -> PathBuf {
    data.join("ad_kpi")
}

/// The names, and how many readings of each may choose a threshold.
fn index(data: &Path) -> Result<Vec<(String, usize)>, Error> {
    let path = folder(data).join("index.csv");
    let content = text(&path)?;
    let row = |line: &str| {
        let mut fields = line.split(',');
        let name = fields.next().unwrap_or_default().to_owned();
        Ok((name, number(&path, fields.nth(1))?))
    };
    let filled = |line: &&str| !line.trim().is_empty();
    content.lines().skip(1).filter(filled).map(row).collect()
}

fn unpacked(data: &Path, name: &str) -> Result<(PathBuf, String), Error> {
    let path = folder(data).join(format!("{name}.csv.gz"));
    let file = File::open(&path).map_err(Error::unreadable(&path))?;
    let mut content = String::new();
    GzDecoder::new(file)
        .take(MOST_BYTES)
        .read_to_string(&mut content)
        .map_err(Error::unreadable(&path))?;
    Ok((path, content))
}

/// The series, without their third column.
///
/// # Errors
///
/// Where a file cannot be read.
pub fn inputs(data: &Path) -> Result<Vec<Input>, Error> {
    let read = |(name, _): (String, usize)| {
        let (path, content) = unpacked(data, &name)?;
        let row = |line: &str| {
            let mut fields = line.split(',');
            let seconds: i64 = number(&path, fields.next())?;
            Ok(Sample {
                at_ms: seconds.saturating_mul(1000),
                value: number(&path, fields.next())?,
            })
        };
        let samples: Result<Vec<Sample>, Error> = content.lines().skip(1).map(row).collect();
        Ok(Input {
            name,
            samples: samples?,
        })
    };
    index(data)?.into_iter().map(read).collect()
}

/// Part of a series as the scorer sees it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// Of each labelled segment: the highest score among its first readings, and its length.
    segments: Vec<(f64, usize)>,
    /// The scores of all other readings, highest first.
    others: Vec<f64>,
}

impl Part {
    /// Of scores and labels of the same readings.
    pub fn of(scores: &[f64], labels: &[bool]) -> Self {
        let mut part = Self::default();
        let mut length = 0;
        for (i, (score, label)) in scores.iter().zip(labels).enumerate() {
            if !label {
                part.others.push(*score);
                length = 0;
                continue;
            }
            if i == 0 || !labels[i - 1] {
                part.segments.push((f64::NEG_INFINITY, 0));
            }
            if let Some((best, size)) = part.segments.last_mut() {
                if length <= DELAY {
                    *best = best.max(*score);
                }
                *size += 1;
            }
            length += 1;
        }
        part.others.sort_by(|a, b| b.total_cmp(a));
        part
    }

    /// What a threshold finds here.
    pub fn at(&self, threshold: f64) -> Counts {
        let found = |least: bool| {
            let these = self
                .segments
                .iter()
                .filter(|(best, _)| (*best >= threshold) == least);
            these.map(|(_, size)| size).sum()
        };
        Counts {
            hits: found(true),
            misses: found(false),
            false_alarms: self.others.partition_point(|score| *score >= threshold),
        }
    }
}

/// Readings found, missed, and flagged for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    hits: usize,
    misses: usize,
    false_alarms: usize,
}

/// F1 of counts pooled over series.
pub fn f1(cases: &[Counts]) -> f64 {
    let sum = |of: fn(&Counts) -> usize| cases.iter().map(of).sum::<usize>() as f64;
    let hits = sum(|case| case.hits);
    let all = 2.0 * hits + sum(|case| case.misses) + sum(|case| case.false_alarms);
    if all == 0.0 { 0.0 } else { 2.0 * hits / all }
}

/// The threshold with the highest pooled F1.
pub fn best_threshold(parts: &[Part]) -> f64 {
    let pooled = pool(parts);
    let mut candidates: Vec<f64> = pooled.segments.iter().map(|(best, _)| *best).collect();
    candidates.sort_by(f64::total_cmp);
    candidates.dedup();
    let mut top = (0.0, 1.1);
    for threshold in candidates {
        let value = f1(&[pooled.at(threshold)]);
        if value > top.0 {
            top = (value, threshold);
        }
    }
    top.1
}

fn pool(parts: &[Part]) -> Part {
    let mut pooled = Part::default();
    for part in parts {
        pooled.segments.extend(&part.segments);
        pooled.others.extend(&part.others);
    }
    pooled.others.sort_by(|a, b| b.total_cmp(a));
    pooled
}

/// The first and the second half of each series.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn parts(data: &Path, answers: &Answers) -> Result<(Vec<Part>, Vec<Part>), Error> {
    let mut halves = (Vec::new(), Vec::new());
    for (name, first) in index(data)? {
        let (path, content) = unpacked(data, &name)?;
        let label = |line: &str| Ok(number::<u8>(&path, line.split(',').nth(2))? == 1);
        let labels: Result<Vec<bool>, Error> = content.lines().skip(1).map(label).collect();
        let labels = labels?;
        let scores = answers.scores(&path, &name, labels.len())?;
        let first = first.min(labels.len());
        halves.0.push(Part::of(&scores[..first], &labels[..first]));
        halves.1.push(Part::of(&scores[first..], &labels[first..]));
    }
    Ok(halves)
}

/// Opens the labels, and scores complete answers: our lines of the table.
///
/// # Errors
///
/// Where the labels cannot be read or do not fit the series.
pub fn lines(data: &Path, answers: &Answers) -> Result<Vec<Line>, Error> {
    let (first, second) = parts(data, answers)?;
    let line = |how: &str, threshold: f64| {
        let cases: Vec<Counts> = second.iter().map(|part| part.at(threshold)).collect();
        let name = format!("F1, threshold {threshold:.4} {how}");
        Line::ours(name, cases.len(), interval(&cases, f1))
    };
    Ok(vec![
        line("of the first halves", best_threshold(&first)),
        line("best afterwards", best_threshold(&second)),
    ])
}
