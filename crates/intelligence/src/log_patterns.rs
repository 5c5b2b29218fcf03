//! What the logs of many clusters say again and again.

use std::sync::Arc;

use fleetscope_engine::patterns::{PatternLine, Patterns, patterns};
use fleetscope_model::{
    Caller, Gap, LogExpression, LogKind, LogLine, LogQuestion, LogResult, LogScope, LogSeverity,
};
use fleetscope_ports::Logs;
use jiff::SignedDuration;

use crate::{Error, Result};

/// Lines that are looked at: four parts of what clusters give at once. They are the newest.
const MOST_LINES: usize = 20_000;
const PART: u32 = 5_000;

/// Patterns that are told apart.
const MOST_PATTERNS: usize = 500;

/// Which lines, and how finely they are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternRequest {
    /// Where and when.
    pub scope: LogScope,
    /// Which lines.
    pub expression: LogExpression,
    /// The length of a window.
    pub window: SignedDuration,
    /// How many bytes of logs a cluster may have to read for it.
    pub budget: u64,
}

/// What was found, in which lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinedLogs {
    /// The patterns.
    pub found: Patterns,
    /// Lines that were looked at.
    pub lines: u64,
    /// Whether these are all lines of the range.
    pub complete: bool,
    /// What was not read, and why.
    pub gaps: Vec<Gap>,
}

/// Finds patterns. Cheap to clone.
#[derive(Clone)]
pub struct PatternMiner {
    logs: Arc<dyn Logs>,
}

impl std::fmt::Debug for PatternMiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PatternMiner").finish_non_exhaustive()
    }
}

impl PatternMiner {
    /// A miner of these logs.
    pub fn new(logs: Arc<dyn Logs>) -> Self {
        Self { logs }
    }

    /// The patterns of the newest lines that the caller may see. `Invalid` (`no_lines`) where the
    /// query is one for series.
    pub async fn mine(&self, caller: &Caller, request: &PatternRequest) -> Result<MinedLogs> {
        let mut question = LogQuestion {
            scope: request.scope.clone(),
            expression: request.expression.clone(),
            kind: LogKind::Range { step: None },
            limit: PART,
            forward: false,
            from: None,
            budget: request.budget,
        };
        let (mut lines, mut gaps): (Vec<PatternLine>, Vec<Gap>) = (Vec::new(), Vec::new());
        loop {
            let answer = self.logs.query(caller, &question).await?;
            if answer.result != LogResult::Streams {
                let message = "patterns are made of lines, and this query gives series: leave out \
                               what counts them";
                return Err(Error::invalid("no_lines", "query", message));
            }
            lines.extend(answer.lines.into_iter().map(line));
            gaps.extend(answer.gaps);
            question.from = answer.next;
            if question.from.is_none() || lines.len() >= MOST_LINES {
                break;
            }
        }
        // Each part says the same of a cluster that can't be read.
        gaps.sort();
        gaps.dedup();
        let (range, window) = (request.scope.range, request.window);
        let (count, complete) = (lines.len() as u64, question.from.is_none());
        let found = patterns(lines, range, window, MOST_PATTERNS);
        Ok(MinedLogs {
            found,
            lines: count,
            complete,
            gaps,
        })
    }
}

fn line(line: LogLine) -> PatternLine {
    PatternLine {
        at: line.at,
        cluster: line.cluster,
        severity: LogSeverity::of(&line.labels, &line.line),
        text: line.line,
    }
}
