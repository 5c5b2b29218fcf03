//! Queries: lines of many clusters in one order, or the series that each makes of its own.

mod each;

use fleetscope_model::{
    Aspect, Caller, ClusterSeries, Collection, ErrorKind, Gap, GapKind, LogAnswer, LogKind,
    LogLine, LogPlace, LogQuestion, LogResult, Series, Sight, Source, Substitute,
};
use fleetscope_outbound::{Answer, Failure};
use fleetscope_ports::{Error, Result};
use jiff::Timestamp;

use super::answer::{self, Found, Line};
use super::door::Door;
use super::expression::Expression;
use super::logql::Held;
use super::{budget, nanoseconds, pods, refusal, within};
use crate::Collector;
use crate::federation::Asking;
use crate::range;
use crate::site::Site;

pub(super) use each::query_each;

/// Lines of one answer: Loki's own default (`max_entries_limit_per_query`).
pub(super) const MAX_LINES: u32 = 5_000;

/// Series of one cluster: more is the sign of a missing aggregation.
const MAX_SERIES: usize = 5_000;

/// What one cluster said.
pub(super) enum Told {
    /// Lines, and the instant from which on there may be more of them, if there may.
    Lines(Vec<LogLine>, Option<Timestamp>),
    Series(LogResult, Vec<ClusterSeries>),
    /// The query is wrong, in these words.
    Wrong(Gap),
    /// It would have to read too much.
    TooMuch(Gap),
    /// The lines come from elsewhere.
    Instead(Substitute),
}

/// Refuses a backward range, a limit out of bounds, and a filter that is none; then asks the
/// clusters.
pub(crate) async fn query(
    collector: &Collector,
    caller: &Caller,
    question: &LogQuestion,
) -> Result<LogAnswer> {
    range::check(question.scope.range)?;
    range::check_limit(question.limit, MAX_LINES)?;
    let expression = Expression::new(&question.expression)?;
    let named = expression.named();
    let (expression, named) = (&expression, named.as_ref());
    let asking = Asking::of(
        caller,
        &question.scope.clusters,
        Source::Loki,
        &[Aspect::Logs],
    );
    let told = collector
        .fan_out(asking.about(named), |site| async move {
            match of_site(&site, expression, question).await {
                Ok(told) => told,
                Err(failure) => Collection::gap(site.gap(Source::Loki, failure)),
            }
        })
        .await?;
    join(told, question)
}

async fn of_site(
    site: &Site,
    expression: &Expression,
    question: &LogQuestion,
) -> Result<Collection<Told>, Failure> {
    let one = |told| Collection {
        items: vec![told],
        gaps: Vec::new(),
    };
    if pods::stand_in(site) && question.scope.tenant.is_none() {
        return pods::lines(site, expression, question).await;
    }
    let door = Door::open(site, question.scope.tenant)?;
    let held = match door.held(site, expression)? {
        Ok(held) => held,
        Err(said) => return Ok(one(Told::Wrong(wrong(site, said)))),
    };
    let range = question.scope.range;
    if let Some(failure) = budget::exceeded(&door, &held, range, question.budget).await? {
        return Ok(one(Told::TooMuch(site.gap(Source::Loki, failure))));
    }
    let answer = ask(&door, &held, question).await?;
    if let Some(said) = refusal::wrong(&answer, &held) {
        return Ok(one(Told::Wrong(wrong(site, said))));
    }
    Ok(match answer::found(&answer.success()?)? {
        Found::Lines(lines) => {
            let full = lines.len() >= asked_for(question) as usize;
            let times = lines.iter().map(|line| line.at);
            let last = if question.forward {
                times.max()
            } else {
                times.min()
            };
            let horizon = last.filter(|_| full);
            one(Told::Lines(shown(site, lines), horizon))
        }
        Found::Matrix(series) => series_of(site, LogResult::Matrix, series),
        Found::Vector(series) => series_of(site, LogResult::Vector, series),
    })
}

/// Lines that a cluster is asked for beyond those that are shown: the last instant of a full answer
/// may be cut, and is left to the next part. More lines than these in one nanosecond are no log.
const BEYOND: u32 = 64;

/// How many lines a cluster is asked for: those that were given before stand at the beginning.
fn asked_for(question: &LogQuestion) -> u32 {
    let given = question.from.map_or(0, |place| place.skip);
    let wanted = question.limit.saturating_add(given).saturating_add(BEYOND);
    wanted.min(MAX_LINES)
}

async fn ask(door: &Door, held: &Held, question: &LogQuestion) -> Result<Answer, Failure> {
    let mut range = question.scope.range;
    if let Some(place) = question.from {
        // The instant itself again: some of its lines may not have been given yet.
        if question.forward {
            range.start = place.at.max(range.start);
        } else {
            range.end = place.at.min(range.end);
        }
    }
    let (start, end) = nanoseconds(range);
    let limit = asked_for(question).to_string();
    let query = ("query", held.text.as_str());
    match question.kind {
        LogKind::Instant => {
            let time = question.scope.range.end.as_nanosecond().to_string();
            let parameters = [query, ("time", &time), ("limit", &limit)];
            door.ask("query", &parameters).await
        }
        LogKind::Range { step } => {
            let step = step.map(|step| step.as_secs_f64().to_string());
            let direction = if question.forward {
                "forward"
            } else {
                "backward"
            };
            let mut parameters = vec![
                query,
                ("start", start.as_str()),
                ("end", &end),
                ("limit", &limit),
                ("direction", direction),
            ];
            parameters.extend(step.as_deref().map(|step| ("step", step)));
            door.ask("query_range", &parameters).await
        }
    }
}

/// The lines that the caller may see. What parsers found says nothing of whose a line is: a query
/// can make it say anything.
pub(super) fn shown(site: &Site, mut lines: Vec<Line>) -> Vec<LogLine> {
    if let Sight::Namespaces(namespaces) = site.sight(Aspect::Logs) {
        lines.retain(|line| within::shows(namespaces, &line.labels));
    }
    let cluster = site.cluster();
    let line = |mut line: Line| {
        line.labels.extend(line.parsed);
        LogLine {
            cluster,
            at: line.at,
            labels: line.labels,
            line: line.text,
        }
    };
    lines.into_iter().map(line).collect()
}

fn series_of(site: &Site, result: LogResult, mut series: Vec<Series>) -> Collection<Told> {
    let cluster = site.cluster();
    let count = series.len();
    let mut gaps = Vec::new();
    if count > MAX_SERIES {
        let detail = format!(
            "the query gives {count} series, {MAX_SERIES} are the most, and none is used: \
             aggregate, for example with sum by (…) or topk, or select fewer"
        );
        gaps.push(site.gap(Source::Loki, Failure::new(GapKind::Truncated, detail)));
        series.clear();
    }
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    let series = series
        .into_iter()
        .map(|series| ClusterSeries { cluster, series });
    Collection {
        items: vec![Told::Series(result, series.collect())],
        gaps,
    }
}

fn wrong(site: &Site, said: String) -> Gap {
    site.gap(Source::Loki, Failure::new(GapKind::Refused, said))
}

/// One answer of what the clusters said. Where none of them could make anything of the query, it
/// is the query that is wrong, and the first of them says why.
fn join(told: Collection<Told>, question: &LogQuestion) -> Result<LogAnswer> {
    match gathered(told, question) {
        (_, Some(refused)) => Err(refused),
        (answer, None) => Ok(answer),
    }
}

/// One answer, in which a refusal is a gap; and why, where none of them could make anything of the
/// query.
fn gathered(told: Collection<Told>, question: &LogQuestion) -> (LogAnswer, Option<Error>) {
    let mut answer = LogAnswer {
        result: LogResult::Streams,
        lines: Vec::new(),
        series: Vec::new(),
        gaps: told.gaps,
        substitutes: Vec::new(),
        next: None,
    };
    let (mut wrong, mut too_much, mut read) = (Vec::new(), Vec::new(), false);
    let mut horizons = Vec::new();
    for told in told.items {
        match told {
            Told::Lines(lines, horizon) => {
                read = true;
                horizons.extend(horizon);
                answer.lines.extend(lines);
            }
            Told::Series(result, series) => {
                read = true;
                answer.result = result;
                answer.series.extend(series);
            }
            Told::Wrong(gap) => wrong.push(gap),
            Told::TooMuch(gap) => too_much.push(gap),
            Told::Instead(substitute) => answer.substitutes.push(substitute),
        }
    }
    let refused = match (wrong.first(), too_much.first()) {
        _ if read => None,
        (Some(gap), _) => Some(refusal::invalid_logql(&gap.detail)),
        (None, Some(gap)) => {
            let detail = format!("on {}, {}", gap.cluster_name, gap.detail);
            let kind = ErrorKind::Invalid;
            Some(Error::new(kind, "query_too_expensive", detail))
        }
        (None, None) => None,
    };
    answer.gaps.extend(wrong.into_iter().chain(too_much));
    answer.gaps.sort();
    order(&mut answer, question, &horizons);
    (answer, refused)
}

/// Puts the lines in order, leaves out those that were given before, and what is too many.
fn order(answer: &mut LogAnswer, question: &LogQuestion, horizons: &[Timestamp]) {
    let (lines, forward) = (&mut answer.lines, question.forward);
    // Lines of one instant stand in the order of the clusters, then of labels and text: always the
    // same, so that a place among them means something.
    lines.sort_by(|a, b| {
        let time = a.at.cmp(&b.at);
        let time = if forward { time } else { time.reverse() };
        time.then_with(|| a.cluster.cmp(&b.cluster))
            .then_with(|| a.labels.cmp(&b.labels))
            .then_with(|| a.line.cmp(&b.line))
    });
    if let Some(place) = question.from {
        let given = lines.iter().take_while(|line| line.at == place.at).count();
        lines.drain(..given.min(place.skip as usize));
    }
    // What lies beyond the end of a full answer is known of the other clusters only. An answer of
    // one instant alone is shown as it is: to ask again would bring the same.
    let nearest = if forward {
        horizons.iter().min()
    } else {
        horizons.iter().max()
    };
    if let Some(&horizon) = nearest {
        let before = |line: &LogLine| {
            if forward {
                line.at < horizon
            } else {
                line.at > horizon
            }
        };
        let known = lines.iter().take_while(|line| before(line)).count();
        if known > 0 {
            lines.truncate(known);
        }
    }
    let more = nearest.is_some() || lines.len() > question.limit as usize;
    lines.truncate(question.limit as usize);
    let Some(last) = lines.last().map(|line| line.at) else {
        return;
    };
    answer.next = more.then(|| place_after(lines, last, question.from));
}

fn place_after(lines: &[LogLine], at: Timestamp, from: Option<LogPlace>) -> LogPlace {
    let here = lines.iter().rev().take_while(|line| line.at == at).count();
    let before = from.filter(|place| place.at == at);
    let skip = before.map_or(0, |place| place.skip) + u32::try_from(here).unwrap_or(u32::MAX);
    // More lines in one instant than one answer holds: the rest of them can't be reached, and to
    // ask for them again and again would lead nowhere.
    if skip < MAX_LINES {
        return LogPlace { at, skip };
    }
    LogPlace {
        at,
        skip: MAX_LINES,
    }
}

#[cfg(test)]
mod tests;
