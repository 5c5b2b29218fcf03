//! What a diff can break, read off its shape: no language is parsed, and no name is known.

mod held;
mod outside;

use self::held::{grows, locks, release_removed, spawns};
use self::outside::{
    cache_bypassed, calls_in_loop, dependency, moved_address, pause_removed, queries, unbatched,
};
use super::diff::{Diff, Line, Side, is_comment};
use super::settings::settings;
use super::topics::{Topic, topics};
use super::words::{split, stem};

/// Something that a diff may bring about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Risk {
    /// What it does: `calls something in a loop`.
    pub(crate) text: String,
    /// What would be seen if it went wrong.
    pub(crate) expects: &'static [Topic],
    /// How surely it would, 0 to 1.
    pub(crate) strength: f64,
}

use Topic::{
    Access, Cache, Certificate, Cpu, Crash, Disk, Failure, Format, Latency, Lock, Memory, Network,
    Query, Queue, Quota, Retry, Timeout, Traffic,
};

/// Everything that a diff risks, the surest first.
pub(crate) fn risks(text: &str) -> Vec<Risk> {
    let diff = Diff::of(text);
    let mut all = settings(&diff);
    let shapes = [
        calls_in_loop,
        bound_removed,
        grows,
        unbatched,
        guard_removed,
        release_removed,
        cache_bypassed,
        pause_removed,
        locks,
        queries,
        dependency,
        switched,
        moved_address,
        computes,
        spawns,
    ];
    all.extend(shapes.iter().filter_map(|shape| shape(&diff)));
    all.sort_by(|a, b| {
        b.strength
            .total_cmp(&a.strength)
            .then_with(|| a.text.cmp(&b.text))
    });
    all
}

/// Whether the diff changes nothing that runs: only moves, comments, and what log lines say.
pub(crate) fn is_inert(text: &str) -> bool {
    let diff = Diff::of(text);
    let mut code = diff.gone().chain(diff.added()).peekable();
    code.peek().is_none() || code.all(|line| is_log_call(line) || is_bracket(line))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every shape ends with it, and a shape may find nothing"
)]
fn risk(text: &str, expects: &'static [Topic], strength: f64) -> Option<Risk> {
    Some(Risk {
        text: text.to_owned(),
        expects,
        strength,
    })
}

fn has(line: &str, words: &[&str]) -> bool {
    split(line).any(|word| words.contains(&word.as_str()) || words.contains(&stem(&word).as_str()))
}

fn any<'a>(mut lines: impl Iterator<Item = &'a str>, words: &[&str]) -> bool {
    lines.any(|line| has(line, words))
}

fn is_bracket(line: &str) -> bool {
    !line.chars().any(char::is_alphanumeric)
}

fn is_log_call(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let calls = [
        "log.",
        "log_",
        "logger.",
        "logging.",
        "console.",
        "slog.",
        "tracing::",
        "printf",
    ];
    calls.iter().any(|call| line.starts_with(call)) || line.starts_with('"')
}

fn indent(text: &str) -> usize {
    text.chars()
        .take_while(|c| c.is_whitespace())
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

/// A bound that was there before and is not any more.
fn bound_removed(diff: &Diff<'_>) -> Option<Risk> {
    const BOUND: [&str; 9] = [
        "limit", "max", "cap", "top", "bounded", "paginat", "truncat", "maxlen", "maxsize",
    ];
    let bounds = |line: &&str| has(line, &BOUND) && !is_log_call(line);
    let gone = diff.gone().filter(bounds).count();
    let new = diff.added().filter(bounds).count();
    if gone > new {
        return risk(
            "takes a bound away",
            &[Latency, Query, Memory, Timeout, Cpu, Queue, Disk, Quota],
            1.0,
        );
    }
    None
}

/// A check is gone.
fn guard_removed(diff: &Diff<'_>) -> Option<Risk> {
    let guards = |line: &&str| {
        let line = line.trim_start();
        let checks = [
            "if ", "if(", "guard ", "assert", "unless ", "} catch", "catch ", "except", "try",
        ];
        checks.iter().any(|check| line.starts_with(check))
    };
    let (gone, new) = (
        diff.gone().filter(guards).count(),
        diff.added().filter(guards).count(),
    );
    if gone > new {
        return risk("takes a check away", &[Crash, Failure, Format], 0.3);
    }
    None
}

/// A switch was thrown.
fn switched(diff: &Diff<'_>) -> Option<Risk> {
    let is_on = |line: &str| {
        split(line)
            .filter_map(|word| match word.as_str() {
                "true" | "on" | "enabled" | "yes" => Some(true),
                "false" | "off" | "disabled" | "no" => Some(false),
                _ => None,
            })
            .last()
    };
    let thrown = |(before, after): &(&str, &str)| matches!((is_on(before), is_on(after)), (Some(a), Some(b)) if a != b);
    if diff.pairs().iter().any(thrown) {
        return risk("throws a switch", &[Failure, Latency, Crash, Access], 0.4);
    }
    None
}

/// Work for the processor that was not there before.
fn computes(diff: &Diff<'_>) -> Option<Risk> {
    const HEAVY: [&str; 10] = [
        "regex", "regexp", "bcrypt", "scrypt", "argon", "sha", "encrypt", "compress", "gzip",
        "deepcopy",
    ];
    let heavy = |line: &&str| has(line, &HEAVY) && line.contains('(');
    let (gone, new) = (
        diff.gone().filter(heavy).count(),
        diff.added().filter(heavy).count(),
    );
    if new > gone {
        return risk(
            "gives the processor more to do",
            &[Cpu, Latency, Timeout, Queue],
            0.7,
        );
    }
    None
}

/// Files that no running program reads: what they hold explains nothing.
pub(crate) fn never_runs(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let file = path.rsplit('/').next().unwrap_or(&path);
    let endings = [
        ".md",
        ".rst",
        ".txt.license",
        ".css",
        ".scss",
        ".svg",
        ".png",
        ".ico",
        ".adoc",
        "_test.go",
        ".test.ts",
        ".test.js",
        ".spec.ts",
        ".spec.js",
        "_spec.rb",
        "test.java",
        "tests.cs",
    ];
    let folders = [
        "docs/",
        "doc/",
        "documentation/",
        "test/",
        "tests/",
        "testdata/",
        "__tests__/",
        "fixtures/",
        ".github/",
        ".circleci/",
        ".gitlab/",
        ".vscode/",
        "staging/",
    ];
    let names = [
        "codeowners",
        "license",
        ".gitignore",
        ".golangci.yml",
        "readme",
        "changelog",
        ".editorconfig",
    ];
    endings.iter().any(|ending| file.ends_with(ending))
        || folders
            .iter()
            .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
        || names.contains(&file)
        || file.starts_with("test_")
}

/// What the changed lines of a diff are about.
pub(crate) fn touched(text: &str) -> std::collections::BTreeSet<Topic> {
    let diff = Diff::of(text);
    diff.gone()
        .chain(diff.added())
        .flat_map(topics)
        .filter(|topic| !topic.is_common())
        .collect()
}

#[cfg(test)]
mod tests;
