//! Which labels, streams and fields there are where a cluster has no Loki: those of its containers,
//! and of the lines that their nodes still hold.

use std::future::{Ready, ready};

use fleetscope_model::{
    DetectedField, GapKind, Labels, LogExpression, LogKind, LogQuestion, LogStream, LogsAbout,
};
use fleetscope_outbound::Failure;

use super::expression::Expression;
use super::query::Told;
use super::{detected, pods};
use crate::site::Site;

/// Lines that fields are looked for in: Loki's own default.
const LOOKED_AT: u32 = 1_000;

/// The labels of the streams that are selected.
async fn selected(site: &Site, expression: Option<Expression>) -> Result<Vec<Labels>, Failure> {
    let simple = expression.as_ref().map(pods::simple).transpose()?;
    let found = pods::known(site, &site.kubernetes()?, simple.as_ref()).await?;
    Ok(found.into_iter().map(|one| one.labels).collect())
}

pub(super) async fn labels(
    site: &Site,
    expression: Option<Expression>,
) -> Result<Vec<String>, Failure> {
    let streams = selected(site, expression).await?;
    Ok(streams.into_iter().flat_map(Labels::into_keys).collect())
}

pub(super) async fn values(
    site: &Site,
    name: &str,
    expression: Option<Expression>,
) -> Result<Vec<String>, Failure> {
    let streams = selected(site, expression).await?;
    let values = streams.into_iter().filter_map(|mut all| all.remove(name));
    Ok(values.collect())
}

pub(super) async fn streams(
    site: &Site,
    expression: Option<Expression>,
    limit: u32,
) -> Result<Vec<LogStream>, Failure> {
    let cluster = site.cluster();
    let mut streams = selected(site, expression).await?;
    streams.sort();
    streams.dedup();
    streams.truncate(limit as usize);
    let stream = |labels| LogStream { cluster, labels };
    Ok(streams.into_iter().map(stream).collect())
}

/// The fields of the newest lines.
pub(super) async fn fields(
    site: &Site,
    expression: Option<Expression>,
    about: &LogsAbout,
) -> Result<Vec<DetectedField>, Failure> {
    let expression = expression.unwrap_or_else(Expression::everything);
    let question = LogQuestion {
        scope: about.scope.clone(),
        expression: LogExpression::Raw(expression.text().to_owned()),
        kind: LogKind::Range { step: None },
        limit: LOOKED_AT,
        forward: false,
        from: None,
        budget: u64::MAX,
    };
    let told = pods::lines(site, &expression, &question).await?;
    let mut lines = Vec::new();
    for told in told.items {
        if let Told::Lines(some, _) = told {
            lines.extend(some);
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    lines.truncate(LOOKED_AT as usize);
    let texts = lines.iter().map(|line| line.line.as_str());
    let mut fields = detected::fields(site.cluster(), texts);
    fields.truncate(about.limit as usize);
    Ok(fields)
}

/// What an index alone can tell.
pub(super) fn nothing<T>(_: Site, _: Option<Expression>) -> Ready<Result<Vec<T>, Failure>> {
    ready(Err(Failure::new(
        GapKind::NotConfigured,
        "it has no Loki, and how much was written is only known of an index: register a Loki",
    )))
}
