//! Questions about logs, as callers write them.

use fleetscope_client::wire;
use fleetscope_model::{
    LabelTest, LineTest, LogExpression, LogFilter, LogKind, LogParser, LogPlace, LogQuestion,
    LogScope, LogTenant, TextComparison,
};
use jiff::Timestamp;

use crate::convert::{selection, time};
use crate::cursor;
use crate::error::ApiError;
use crate::v1::analysis::anomaly::create::window;

/// Lines where the caller does not say.
const USUAL_LINES: u32 = 100;

/// What a cluster may have to read where the caller does not say: some minutes of work for a
/// small Loki.
pub(crate) const USUAL_BYTES: u64 = 10_000_000_000;

/// A query.
pub fn question(mut asked: wire::LogQuery, now: Timestamp) -> Result<LogQuestion, ApiError> {
    let kind = kind(&asked)?;
    let range = window(asked.start, asked.end, now)?;
    let from = asked.cursor.take().map(|text| place(&text)).transpose()?;
    Ok(LogQuestion {
        scope: LogScope {
            clusters: selection(asked.clusters.take())?,
            tenant: asked.tenant.map(tenant),
            range,
        },
        kind,
        limit: asked.limit.unwrap_or(USUAL_LINES),
        forward: asked.direction == wire::LogsDirection::Forward,
        from,
        budget: asked.max_bytes.unwrap_or(USUAL_BYTES),
        expression: written(asked)?,
    })
}

fn kind(asked: &wire::LogQuery) -> Result<LogKind, ApiError> {
    let step = asked.step.as_deref();
    let step = step.map(|text| time::duration("/step", text)).transpose()?;
    match (asked.instant, step) {
        (true, Some(_)) => Err(ApiError::invalid(
            "/step",
            "an instant has no step: leave one of the two out",
        )),
        (true, None) => Ok(LogKind::Instant),
        (false, step) => Ok(LogKind::Range { step }),
    }
}

fn written(asked: wire::LogQuery) -> Result<LogExpression, ApiError> {
    let filter = LogFilter {
        lines: lines(&asked),
        labels: asked.labels.into_iter().map(label).collect(),
        parser: asked.parser.map(|parser| match parser {
            wire::LogFieldParser::Json => LogParser::Json,
            wire::LogFieldParser::Logfmt => LogParser::Logfmt,
        }),
        fields: asked.fields.into_iter().map(label).collect(),
    };
    match asked.query {
        None => Ok(LogExpression::Filter(filter)),
        Some(query) if filter == LogFilter::default() => Ok(LogExpression::Raw(query)),
        Some(_) => Err(ApiError::invalid(
            "/query",
            "write LogQL in `query`, or the parts of a filter, not both",
        )),
    }
}

fn lines(asked: &wire::LogQuery) -> Vec<LineTest> {
    let test = |comparison, text: &String| LineTest {
        comparison,
        text: text.clone(),
    };
    let contains = asked.contains.iter();
    let excludes = asked.excludes.iter();
    contains
        .map(|text| test(TextComparison::Equal, text))
        .chain(excludes.map(|text| test(TextComparison::Unequal, text)))
        .chain(
            asked
                .matching
                .iter()
                .map(|t| test(TextComparison::Matches, t)),
        )
        .collect()
}

fn label(asked: wire::LabelMatch) -> LabelTest {
    LabelTest {
        name: asked.name,
        comparison: match asked.op {
            wire::MatchOp::Equal => TextComparison::Equal,
            wire::MatchOp::Unequal => TextComparison::Unequal,
            wire::MatchOp::Matches => TextComparison::Matches,
            wire::MatchOp::MatchesNot => TextComparison::MatchesNot,
        },
        value: asked.value,
    }
}

/// A tenant.
pub fn tenant(tenant: wire::LogTenant) -> LogTenant {
    match tenant {
        wire::LogTenant::Application => LogTenant::Application,
        wire::LogTenant::Infrastructure => LogTenant::Infrastructure,
        wire::LogTenant::Audit => LogTenant::Audit,
        wire::LogTenant::Network => LogTenant::Network,
    }
}

/// LogQL, or labels as `namespace=shop`; none where neither is given.
pub fn expression(
    query: Option<String>,
    labels: &[String],
) -> Result<Option<LogExpression>, ApiError> {
    match query {
        Some(_) if !labels.is_empty() => Err(ApiError::invalid(
            "label",
            "write LogQL in `query`, or labels, not both",
        )),
        Some(query) => Ok(Some(LogExpression::Raw(query))),
        None if labels.is_empty() => Ok(None),
        None => {
            let labels = labels.iter().map(|text| parsed(text));
            Ok(Some(LogExpression::Filter(LogFilter {
                labels: labels.collect::<Result<_, _>>()?,
                ..LogFilter::default()
            })))
        }
    }
}

/// A label's test as text: `app=~cart.*`.
fn parsed(text: &str) -> Result<LabelTest, ApiError> {
    let at = text.find(['=', '!']);
    let signs = [
        ("=~", TextComparison::Matches),
        ("!~", TextComparison::MatchesNot),
        ("!=", TextComparison::Unequal),
        ("=", TextComparison::Equal),
    ];
    let test = at.and_then(|at| {
        let (name, rest) = text.split_at(at);
        signs.iter().find_map(|(sign, comparison)| {
            Some(LabelTest {
                name: name.to_owned(),
                comparison: *comparison,
                value: rest.strip_prefix(sign)?.to_owned(),
            })
        })
    });
    test.ok_or_else(|| ApiError::invalid("label", "write a label as namespace=shop or app=~cart.*"))
}

/// A place among lines.
pub(super) fn place(text: &str) -> Result<LogPlace, ApiError> {
    let key = cursor::decode(text)?;
    parsed_place(&key).ok_or_else(|| {
        ApiError::invalid(
            "/cursor",
            "this is no cursor of ours: give the next_cursor of the part before, unchanged",
        )
    })
}

/// `1795338408373251875.3`: nanoseconds, and how many lines of that instant lie before.
pub(crate) fn parsed_place(text: &str) -> Option<LogPlace> {
    let (at, skip) = text.split_once('.')?;
    Some(LogPlace {
        at: Timestamp::from_nanosecond(at.parse().ok()?).ok()?,
        skip: skip.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_written_with_its_comparison() {
        for (text, name, comparison, value) in [
            ("namespace=shop", "namespace", TextComparison::Equal, "shop"),
            ("app=~c.*", "app", TextComparison::Matches, "c.*"),
            ("app!=a=b", "app", TextComparison::Unequal, "a=b"),
            ("app!~a", "app", TextComparison::MatchesNot, "a"),
        ] {
            let test = parsed(text).unwrap();
            assert_eq!(
                (test.name.as_str(), test.comparison, test.value.as_str()),
                (name, comparison, value)
            );
        }
        assert!(parsed("namespace").is_err());
        assert!(parsed("a!b").is_err());
    }

    #[test]
    fn a_place_is_read_back_and_nothing_else_is_one() {
        let place = parsed_place("1795338408373251875.3").unwrap();
        assert_eq!(place.at.as_nanosecond(), 1_795_338_408_373_251_875);
        assert_eq!(place.skip, 3);
        for wrong in [
            "",
            "1",
            "a.1",
            "1.-1",
            "99999999999999999999999999999999999.1",
        ] {
            assert_eq!(parsed_place(wrong), None, "{wrong}");
        }
    }
}
