//! What the evaluation prints.

use std::path::Path;

use super::{nab, number, text};
use crate::{Error, Interval};

/// One figure of one detector.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Ours, or the published detector's name.
    pub detector: String,
    /// What is measured.
    pub figure: String,
    /// Over how many series.
    pub cases: usize,
    /// The figure.
    pub value: f64,
    /// 95 % of resamples of the series, for what was measured here.
    pub interval: Option<(f64, f64)>,
}

impl Line {
    /// The ensemble's own figure.
    pub(super) fn ours(figure: String, cases: usize, interval: Interval) -> Self {
        Self {
            detector: "ensemble".into(),
            figure,
            cases,
            value: interval.value,
            interval: Some((interval.low, interval.high)),
        }
    }

    pub(super) fn theirs(detector: &str, figure: &str, cases: usize, value: f64) -> Self {
        Self {
            detector: detector.into(),
            figure: figure.into(),
            cases,
            value,
            interval: None,
        }
    }
}

/// The figures of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Ours first.
    pub lines: Vec<Line>,
    /// How many series were answered.
    pub series: usize,
    /// How many readings they have together.
    pub readings: usize,
    /// How long reading and answering took.
    pub seconds: f64,
}

/// What others reach on the same series of NAB: `records_published_detectors.csv`.
pub(super) fn published(data: &Path) -> Result<Vec<Line>, Error> {
    let path = nab::folder(data).join("records_published_detectors.csv");
    let content = text(&path)?;
    let cases = nab::windows(data)?.len();
    let mut lines = Vec::new();
    for row in content.lines().skip(1).filter(|row| !row.trim().is_empty()) {
        let fields: Vec<&str> = row.split(',').collect();
        let name = fields.first().copied().unwrap_or_default();
        let standard = number(&path, fields.get(2).copied())?;
        let low = number(&path, fields.get(4).copied())?;
        lines.push(Line::theirs(name, "standard", cases, standard));
        lines.push(Line::theirs(name, "low-FP", cases, low));
    }
    Ok(lines)
}

/// What stands beside the KPIs: a seasonal robust z-score, measured with the same scorer when the
/// corpus was made.
pub(super) fn baseline() -> Vec<Line> {
    vec![Line::theirs("seasonal robust z", "F1", 15, 0.757)]
}
