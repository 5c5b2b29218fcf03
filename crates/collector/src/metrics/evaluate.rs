//! Evaluating an expression: a plan, each cluster's part of it, and one answer.

mod each;

use fleetscope_model::{
    Caller, ClusterId, Collection, Evaluated, Evaluation, GapKind, Selection, Shape, Source, Union,
    Window,
};
use fleetscope_outbound::{Answer, Failure, Room};
use fleetscope_ports::{Passed, Result};
use futures::future::join_all;
use jiff::Timestamp;
use promql_parser::parser::value::ValueType;

use super::thin;
use crate::Collector;
use crate::federation::Asking;
use crate::prometheus::merge::{self, Given, Merge};
use crate::prometheus::plan::Plan;
use crate::prometheus::{METRICS, Readings, Steps, answer, asked, promql, within};
use crate::range::invalid;
use crate::site::Site;

pub(super) use each::evaluate_each;

/// Series of one cluster in one answer: what a browser can still draw, and a bound on memory beside
/// that of bytes.
const MOST_SERIES: usize = 50_000;

/// Points of a series where nobody says how many are wanted: the width of a usual graph.
const USUAL_POINTS: u32 = 1_000;

/// As many as servers give.
const MOST_POINTS: u32 = 11_000;

/// When, as a server is asked.
#[derive(Debug, Clone, Copy)]
enum When {
    At(Timestamp),
    Over(Steps),
}

/// When and whether that is long past.
#[derive(Debug, Clone, Copy)]
struct Moment {
    when: When,
    closed: bool,
}

/// What one cluster gave.
struct Part {
    given: Given,
    shape: Shape,
    /// Held until all parts are one answer.
    rooms: Vec<Room>,
}

pub(super) async fn evaluate(
    collector: &Collector,
    caller: &Caller,
    asked: &Evaluation,
) -> Result<Evaluated> {
    let (moment, matrix) = moment(collector, &asked.query, asked.window, asked.points)?;
    let plan = plan(collector, caller, asked).await?;
    let named = within::named(&asked.query);
    let asking = Asking::of(caller, &asked.clusters, Source::Prometheus, METRICS);
    let (plan, found) = {
        let shown = &plan;
        let found = collector
            .fan_out(asking.about(named.as_ref()), |site| async move {
                part(&site, shown, moment).await
            })
            .await?;
        (plan, found)
    };
    Ok(shown(&plan, found, (moment, matrix), asked.points))
}

/// The whole, with no more points a series than are wanted.
fn shown(
    plan: &Plan,
    found: Collection<Part>,
    (moment, matrix): (Moment, bool),
    points: Option<u32>,
) -> Evaluated {
    let mut whole = whole(plan, found, (moment, matrix));
    if let (Some(points), When::Over(steps)) = (points, moment.when) {
        thin_out(&mut whole, steps.step, points);
    }
    whole
}

fn thin_out(whole: &mut Evaluated, step_ms: i64, points: u32) {
    for series in &mut whole.series {
        let all = std::mem::take(&mut series.samples);
        let left = thin::thin(all, step_ms, points as usize);
        series.samples = left.samples;
        whole.missing.push(left.missing);
    }
}

fn whole(plan: &Plan, found: Collection<Part>, (moment, matrix): (Moment, bool)) -> Evaluated {
    let answered = found.items.len();
    let scalar = found.items.iter().any(|part| part.shape == Shape::Scalar);
    let parts = found.items.into_iter();
    let (given, rooms): (Vec<_>, Vec<_>) = parts.map(|part| (part.given, part.rooms)).unzip();
    let mut series = plan.merge.all(given);
    drop(rooms);
    let over = matches!(moment.when, When::Over(_));
    if let Some(order) = plan.order.filter(|_| !over) {
        merge::sort(&mut series, order);
    }
    Evaluated {
        shape: if over || matrix {
            Shape::Matrix
        } else if scalar && plan.merge == Merge::Same {
            Shape::Scalar
        } else {
            Shape::Vector
        },
        series,
        missing: Vec::new(),
        step_ms: match moment.when {
            When::Over(steps) => Some(steps.step),
            When::At(_) => None,
        },
        gaps: found.gaps,
        notes: plan
            .meaning
            .as_ref()
            .map(|meaning| format!("each cluster evaluated it by itself, as in: {meaning}"))
            .into_iter()
            .collect(),
        answered,
    }
}

/// Refuses what is no `PromQL`, and what has no value at that time.
fn moment(
    collector: &Collector,
    query: &str,
    window: Window,
    points: Option<u32>,
) -> Result<(Moment, bool)> {
    // What looks elsewhere than back from the instant may see what is still to come.
    let backward = !query.contains('@') && !query.contains("offset");
    let closed = |end| backward && collector.is_past(end);
    Ok(match window {
        Window::At(at) => {
            let kind = promql::check_at_instant(query)?;
            let (when, closed) = (When::At(at), closed(at));
            (Moment { when, closed }, kind == ValueType::Matrix)
        }
        Window::Over(range, step) => {
            promql::check(query)?;
            if let Some(points) = points {
                check_points(points)?;
            }
            let step = step.unwrap_or_else(|| Steps::chosen(range, points.unwrap_or(USUAL_POINTS)));
            let when = When::Over(Steps::new(range, step)?);
            let closed = closed(range.end);
            (Moment { when, closed }, false)
        }
    })
}

/// Refuses fewer points than leave room for what matters, and more than servers give.
fn check_points(points: u32) -> Result<()> {
    if (thin::FEWEST..=MOST_POINTS).contains(&points) {
        return Ok(());
    }
    Err(invalid(
        "invalid_points",
        format!(
            "{points} points a series: write a number from {} to {MOST_POINTS}",
            thin::FEWEST
        ),
    ))
}

/// How the expression is carried out. Over one cluster nothing needs several.
async fn plan(collector: &Collector, caller: &Caller, asked: &Evaluation) -> Result<Plan> {
    match asked.union {
        Union::Plain => Ok(Plan::plain(&asked.query)),
        Union::Each => Plan::each(&asked.query),
        Union::One => match Plan::one(&asked.query) {
            Ok(plan) => Ok(plan),
            Err(refused) => {
                let clusters = collector.clusters.select(caller, &asked.clusters).await?;
                if clusters.len() > 1 {
                    return Err(refused);
                }
                Plan::each(&asked.query)
            }
        },
    }
}

async fn part(site: &Site, plan: &Plan, moment: Moment) -> Collection<Part> {
    let cluster = site.name().to_owned();
    let texts = match plan.texts(site.name()) {
        Ok(texts) => texts,
        Err(failure) => return Collection::gap(site.gap(Source::Prometheus, failure)),
    };
    let reads = texts.iter().map(|text| readings(site, text, moment));
    let (mut parts, mut rooms) = (Vec::new(), Vec::new());
    let (mut gaps, mut shape) = (Vec::new(), Shape::default());
    for read in join_all(reads).await {
        match read {
            Ok(readings) => {
                shape = readings.shape;
                parts.push(readings.series);
                rooms.push(readings.room);
                let warning = readings.warning.into_iter();
                gaps.extend(warning.map(|w| site.gap(Source::Prometheus, w)));
            }
            Err(failure) => return Collection::gap(site.gap(Source::Prometheus, failure)),
        }
    }
    let given = Given { cluster, parts };
    Collection {
        items: vec![Part {
            given,
            shape,
            rooms,
        }],
        gaps,
    }
}

async fn readings(site: &Site, text: &str, moment: Moment) -> Result<Readings, Failure> {
    let mut readings = answer::decode(&ask(site, text, moment).await?)?;
    let count = readings.series.len();
    if count > MOST_SERIES {
        let detail = format!(
            "the query gives {count} series, {MOST_SERIES} are the most, and none is used: \
             aggregate, or select fewer"
        );
        return Err(Failure::new(GapKind::Truncated, detail));
    }
    readings.series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(readings)
}

async fn ask(site: &Site, text: &str, moment: Moment) -> Result<Answer, Failure> {
    let (prometheus, text) = asked(site, text)?;
    let prometheus = prometheus.closed(moment.closed);
    match moment.when {
        When::At(at) => prometheus.instant_answer(&text, at).await,
        When::Over(steps) => prometheus.range_answer(&text, steps).await,
    }
}

/// One cluster's answer as it came.
pub(super) async fn passed(
    collector: &Collector,
    caller: &Caller,
    cluster: ClusterId,
    (query, window): (&str, Window),
) -> Result<Collection<Passed>> {
    let (moment, _) = moment(collector, query, window, None)?;
    let named = within::named(query);
    let clusters = Selection::Only(vec![cluster]);
    let asking = Asking::of(caller, &clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking.about(named.as_ref()), |site| async move {
            match whole_or_refused(&site, query, moment).await {
                Ok(passed) => Collection {
                    items: vec![passed],
                    gaps: Vec::new(),
                },
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await
}

async fn whole_or_refused(site: &Site, query: &str, moment: Moment) -> Result<Passed, Failure> {
    let answer = ask(site, query, moment).await?;
    if let Some((kind, message)) = answer::own_refusal(&answer) {
        return Ok(Passed::Refused { kind, message });
    }
    answer::is_whole(&answer)?;
    Ok(Passed::Whole(answer.body))
}
