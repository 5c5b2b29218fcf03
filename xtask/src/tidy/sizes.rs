//! Sizes: files and functions that a reader can hold. The figures were measured on code bases that
//! are held up as models.

use std::fs;
use std::io;

use super::sources::{Crate, production_lines};

/// No file has more production lines.
const LONGEST_FILE: usize = 500;
/// Nine files in ten have at most this many.
const MOST_FILES: usize = 300;
/// Nine functions in ten have at most this many lines. (Clippy holds the hard limit of 80.)
const MOST_FUNCTIONS: usize = 35;

pub(crate) fn check(crates: &[Crate]) -> io::Result<Vec<String>> {
    let (mut faults, mut files, mut functions) = (Vec::new(), Vec::new(), Vec::new());
    for file in crates.iter().flat_map(|crate_| &crate_.files) {
        let text = fs::read_to_string(file)?;
        let lines = production_lines(&text);
        if lines.len() > LONGEST_FILE {
            faults.push(format!(
                "{}: {} production lines, more than {LONGEST_FILE}: split it by meaning",
                file.display(),
                lines.len()
            ));
        }
        files.push(lines.len());
        functions.extend(function_lengths(&lines));
    }
    for (what, lengths, limit) in [
        ("files", &mut files, MOST_FILES),
        ("functions", &mut functions, MOST_FUNCTIONS),
    ] {
        let (ninth, median) = (quantile(lengths, 9), quantile(lengths, 5));
        if ninth > limit {
            faults.push(format!(
                "nine {what} in ten have up to {ninth} lines, more than {limit} (median {median})"
            ));
        }
    }
    Ok(faults)
}

/// The length that `tenths` of ten don't exceed.
fn quantile(lengths: &mut [usize], tenths: usize) -> usize {
    lengths.sort_unstable();
    lengths
        .get((lengths.len() * tenths / 10).min(lengths.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0)
}

/// Lengths of functions, by the layout that rustfmt gives: the closing brace of a function stands
/// under the line it began on.
fn function_lengths(lines: &[&str]) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let words: Vec<_> = code.split_whitespace().take(5).collect();
        let begins = words
            .iter()
            .position(|word| *word == "fn")
            .is_some_and(|at| {
                words[..at].iter().all(|word| {
                    word.starts_with("pub") || ["const", "async", "extern"].contains(word)
                })
            });
        if !begins {
            continue;
        }
        if code.ends_with('}') || code.ends_with(';') {
            lengths.push(1);
            continue;
        }
        let closing = format!("{}}}", &line[..line.len() - code.len()]);
        if let Some(length) = lines[at..].iter().position(|line| *line == closing) {
            lengths.push(length + 1);
        }
    }
    lengths
}
