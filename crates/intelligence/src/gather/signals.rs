//! Reading the series of watches, and judging them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use fleetscope_engine::Signal;
use fleetscope_model::{
    ClusterId, ClusterSeries, Collection, Evidence, EvidenceId, EvidenceKind, Gap, GapKind,
    RangeQuery, Selection, Series, Source, TimeRange, Watch,
};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::evidence::Read;
use super::infer::infer;
use super::structure::Structure;
use super::subject::entity;
use super::{Scope, tidy_gaps};
use crate::{Error, Intelligence, Result};

/// More series of one watch than this are not judged: a label that should not be there makes them.
const MOST_SERIES: usize = 500;

/// A watch to be evaluated over a range. A watch whose subject has no labels is a free query: what
/// its series are about is inferred from their labels.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) watch: Watch,
    pub(crate) range: TimeRange,
    pub(crate) step: SignedDuration,
}

/// Series with their meaning, and the evidence by which each is cited.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) signals: Vec<Signal>,
    pub(crate) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(crate) gaps: Vec<Gap>,
}

impl Reading {
    fn absorb(&mut self, other: Self) {
        self.signals.extend(other.signals);
        self.evidence.extend(other.evidence);
        self.gaps.extend(other.gaps);
    }
}

impl Intelligence {
    /// The answers of all clusters of the scope, in the clusters' order.
    pub(crate) async fn read_all(
        &self,
        scope: &Scope,
        questions: &[Question],
        structure: &Structure,
    ) -> Result<Reading> {
        let each: Vec<_> = scope
            .clusters
            .keys()
            .map(|&cluster| {
                self.read_cluster(scope, cluster, questions, structure)
                    .boxed()
            })
            .collect();
        let mut all = Reading::default();
        let mut readings = stream::iter(each).buffered(self.options.clusters_at_once.max(1));
        while let Some(reading) = readings.try_next().await? {
            all.absorb(reading);
        }
        Ok(all)
    }

    /// The answers of one cluster, in the questions' order. A cluster that can't be read is asked
    /// no further: every later question would wait for the same time limit.
    pub(crate) async fn read_cluster(
        &self,
        scope: &Scope,
        cluster: ClusterId,
        questions: &[Question],
        structure: &Structure,
    ) -> Result<Reading> {
        let patience = Patience::default();
        let asked: Vec<_> = questions
            .iter()
            .map(|question| self.ask(scope, cluster, question, &patience).boxed())
            .collect();
        let answers: Vec<Collection<ClusterSeries>> = stream::iter(asked)
            .buffered(self.options.reads_per_cluster.max(1))
            .try_collect()
            .await?;
        let mut reading = Reading::default();
        for (question, answer) in questions.iter().zip(answers) {
            reading.gaps.extend(answer.gaps);
            let series = own_series(cluster, answer.items);
            let place = Place {
                cluster,
                name: scope.name_of(cluster),
                structure,
            };
            reading.absorb(place.signals(question, series));
        }
        reading.gaps = tidy_gaps(reading.gaps);
        Ok(reading)
    }

    async fn ask(
        &self,
        scope: &Scope,
        cluster: ClusterId,
        question: &Question,
        patience: &Patience,
    ) -> Result<Collection<ClusterSeries>> {
        if patience.is_lost() {
            return Ok(Collection::default());
        }
        let query = RangeQuery {
            clusters: Selection::Only(vec![cluster]),
            query: question.watch.query.clone(),
            range: question.range,
            step: question.step,
        };
        let answer = self.telemetry.range(&scope.caller, &query).await?;
        patience.note(&answer.gaps);
        Ok(answer)
    }
}

/// Where series were read, for finding out what they are about.
struct Place<'a> {
    cluster: ClusterId,
    name: &'a str,
    structure: &'a Structure,
}

impl Place<'_> {
    fn signals(&self, question: &Question, mut series: Vec<Series>) -> Reading {
        let mut reading = Reading::default();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        if series.len() > MOST_SERIES {
            reading.gaps.push(self.too_many(question, series.len()));
            series.truncate(MOST_SERIES);
        }
        for series in series {
            let Some(entity) = self.entity(&question.watch, &series) else {
                continue;
            };
            let evidence = Read {
                cluster: self.cluster,
                kind: EvidenceKind::Metric,
                query: &question.watch.query,
                window: question.range,
            }
            .series(&series);
            let watch = &question.watch;
            reading.signals.push(Signal {
                entity,
                name: watch.title.clone(),
                role: watch.role,
                resource: watch.resource,
                unit: watch.unit.clone(),
                direction: watch.direction,
                least_deviation: watch.least_deviation,
                symptom: watch.symptom,
                sensitivity: watch.sensitivity,
                series,
                evidence: evidence.id.clone(),
            });
            reading.evidence.insert(evidence.id.clone(), evidence);
        }
        reading
    }

    fn entity(&self, watch: &Watch, series: &Series) -> Option<fleetscope_model::Entity> {
        if watch.subject.name_labels.is_empty() {
            return Some(infer(
                self.cluster,
                self.name,
                &series.labels,
                self.structure,
            ));
        }
        entity(self.cluster, &watch.subject, &series.labels, self.structure)
    }

    fn too_many(&self, question: &Question, count: usize) -> Gap {
        Gap {
            cluster: self.cluster,
            cluster_name: self.name.to_owned(),
            source: Source::Prometheus,
            kind: GapKind::Truncated,
            detail: format!(
                "'{}' has {count} series, of which the first {MOST_SERIES} were judged: \
                 aggregate the query by fewer labels",
                question.watch.title
            ),
        }
    }
}

/// How many more answers a cluster that does not answer is asked for.
#[derive(Debug, Default)]
struct Patience {
    spent: AtomicU32,
}

impl Patience {
    /// A passing failure may hit one heavy query; three of them are the cluster.
    const ENOUGH: u32 = 3;

    fn is_lost(&self) -> bool {
        self.spent.load(Ordering::Relaxed) >= Self::ENOUGH
    }

    fn note(&self, gaps: &[Gap]) {
        let worst = gaps.iter().map(|gap| match gap.kind {
            GapKind::NotConfigured
            | GapKind::Unauthenticated
            | GapKind::Forbidden
            | GapKind::Unreachable => Self::ENOUGH,
            GapKind::Timeout | GapKind::Truncated | GapKind::BadAnswer | GapKind::Overloaded => 1,
            // The query is to blame, not the cluster.
            GapKind::Refused => 0,
        });
        self.spent
            .fetch_add(worst.max().unwrap_or(0), Ordering::Relaxed);
    }
}

/// The cluster's series, without samples that say nothing: a quantile of no requests is NaN.
fn own_series(cluster: ClusterId, items: Vec<ClusterSeries>) -> Vec<Series> {
    items
        .into_iter()
        .filter(|item| item.cluster == cluster)
        .map(|item| {
            let mut series = item.series;
            series.samples.retain(|sample| sample.value.is_finite());
            series
        })
        .filter(|series| !series.samples.is_empty())
        .collect()
}

/// The range with both ends moved back to whole steps, so that the same sample times come back
/// however often it is read.
pub(crate) fn aligned(range: TimeRange, step: SignedDuration) -> TimeRange {
    let floor = |at: Timestamp| {
        let step = step.as_secs().max(1);
        let seconds = at.as_second().div_euclid(step) * step;
        Timestamp::from_second(seconds).unwrap_or(at)
    };
    TimeRange {
        start: floor(range.start),
        end: floor(range.end),
    }
}

/// Runs a calculation off the threads that serve requests. If it breaks down, that is an error of
/// this piece of work and of nothing else.
pub(crate) async fn compute<T: Send + 'static>(
    calculation: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(calculation)
        .await
        .map_err(|error| Error::Engine(error.to_string()))
}
