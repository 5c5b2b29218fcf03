//! Lines as they are written.

use std::sync::Arc;

use fleetscope_client::wire;
use fleetscope_model::{
    LineTest, LogExpression, LogFilter, TailLine, TailNotice, TailNoticeKind, TextComparison,
};

use super::{asked, mark, severity};
use crate::convert::name;
use crate::error::ApiError;

/// What is followed: LogQL, or labels and what lines hold.
pub fn followed(
    query: Option<String>,
    labels: &[String],
    (contains, excludes, matching): (Vec<String>, Vec<String>, Option<String>),
) -> Result<LogExpression, ApiError> {
    let test = |comparison| move |text| LineTest { comparison, text };
    let lines: Vec<LineTest> = contains
        .into_iter()
        .map(test(TextComparison::Equal))
        .chain(excludes.into_iter().map(test(TextComparison::Unequal)))
        .chain(matching.into_iter().map(test(TextComparison::Matches)))
        .collect();
    match asked::expression(query, labels)? {
        Some(LogExpression::Filter(filter)) => {
            Ok(LogExpression::Filter(LogFilter { lines, ..filter }))
        }
        Some(raw) if lines.is_empty() => Ok(raw),
        Some(_) => Err(ApiError::invalid(
            "query",
            "write LogQL in `query`, or the parts of a filter, not both",
        )),
        None => Err(ApiError::invalid(
            "query",
            "write which lines: LogQL in `query`, or labels as label=namespace%3Dshop",
        )),
    }
}

/// A line.
pub fn tail_line(line: TailLine) -> wire::TailLine {
    let mut labels = Arc::unwrap_or_clone(line.labels);
    labels.extend(line.metadata);
    let severity = severity(&labels, &line.line);
    mark(&mut labels, &line.cluster_name);
    wire::TailLine {
        at: line.at,
        labels,
        severity,
        line: line.line,
        late: line.late,
    }
}

/// Word of something.
pub fn tail_gap(notice: TailNotice) -> wire::TailGap {
    wire::TailGap {
        cluster: notice.cluster.uuid(),
        cluster_name: notice.cluster_name.to_string(),
        source: name(&notice.source),
        kind: match notice.kind {
            TailNoticeKind::Dropped => wire::TailGapKind::Dropped,
            TailNoticeKind::Hole => wire::TailGapKind::Hole,
            TailNoticeKind::Lost => wire::TailGapKind::Lost,
            TailNoticeKind::Resumed => wire::TailGapKind::Resumed,
            TailNoticeKind::Ended => wire::TailGapKind::Ended,
            TailNoticeKind::Substitute => wire::TailGapKind::Substitute,
        },
        from: notice.from,
        to: notice.to,
        lines: notice.lines,
        detail: notice.detail,
    }
}
