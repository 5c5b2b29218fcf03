//! Telemetry that follows from curves, with outages.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use fleetscope_model::{
    Alert, Caller, Change, ClusterId, ClusterSeries, Collection, Edge, ErrorKind, Gap, GapKind,
    KubernetesEvent, Labels, LogLine, LogQuery, MetricQuery, RangeQuery, Sample, Selection, Series,
    Source, TimeRange, Topology, TraceQuery, TraceSummary,
};
use fleetscope_ports::{Error, Result, Telemetry};
use jiff::Timestamp;

type Shape = Box<dyn Fn(Timestamp) -> f64 + Send>;

struct Curve {
    cluster: ClusterId,
    metric: String,
    labels: Labels,
    shape: Shape,
}

/// What the clusters would say.
#[derive(Default)]
pub(crate) struct FakeTelemetry {
    curves: Mutex<Vec<Curve>>,
    outages: Mutex<BTreeMap<ClusterId, GapKind>>,
    edges: Mutex<Vec<Edge>>,
    changes: Mutex<Vec<Change>>,
    lines: Mutex<Vec<LogLine>>,
    alerts: Mutex<Vec<Alert>>,
    traces: Mutex<Vec<TraceSummary>>,
    down: AtomicBool,
    hangs: AtomicBool,
    asked: AtomicU32,
}

impl FakeTelemetry {
    /// Adds a series to the answers of queries that name the metric.
    pub(crate) fn curve(
        &self,
        cluster: ClusterId,
        metric: &str,
        labels: &[(&str, &str)],
        shape: impl Fn(Timestamp) -> f64 + Send + 'static,
    ) {
        let labels = labels.iter();
        self.curves.lock().unwrap().push(Curve {
            cluster,
            metric: metric.to_owned(),
            labels: labels
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            shape: Box::new(shape),
        });
    }

    pub(crate) fn edge(&self, edge: Edge) {
        self.edges.lock().unwrap().push(edge);
    }

    pub(crate) fn change(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }

    pub(crate) fn line(&self, line: LogLine) {
        self.lines.lock().unwrap().push(line);
    }

    pub(crate) fn alert(&self, alert: Alert) {
        self.alerts.lock().unwrap().push(alert);
    }

    pub(crate) fn trace(&self, trace: TraceSummary) {
        self.traces.lock().unwrap().push(trace);
    }

    /// Lets every read of the cluster fail.
    pub(crate) fn outage(&self, cluster: ClusterId, kind: GapKind) {
        self.outages.lock().unwrap().insert(cluster, kind);
    }

    pub(crate) fn repair(&self, cluster: ClusterId) {
        self.outages.lock().unwrap().remove(&cluster);
    }

    /// Lets every call be refused as a whole, as when the collector does not answer.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Lets every range query wait for ever.
    pub(crate) fn set_hanging(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::SeqCst);
    }

    /// How many range queries were asked since the last time this was called.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn gap(&self, clusters: &Selection, source: Source) -> Result<Vec<Gap>> {
        if self.down.load(Ordering::SeqCst) {
            let kind = ErrorKind::Unavailable;
            return Err(Error::new(
                kind,
                "collector_down",
                "the collector does not answer",
            ));
        }
        let outages = self.outages.lock().unwrap();
        let out = outages.iter().filter(|(id, _)| selects(clusters, **id));
        Ok(out
            .map(|(&cluster, &kind)| Gap {
                cluster,
                cluster_name: cluster.to_string(),
                source,
                kind,
                detail: "as the test wants it".to_owned(),
            })
            .collect())
    }

    fn is_out(&self, cluster: ClusterId) -> bool {
        self.outages.lock().unwrap().contains_key(&cluster)
    }
}

fn selects(selection: &Selection, id: ClusterId) -> bool {
    match selection {
        Selection::All => true,
        Selection::Only(ids) => ids.contains(&id),
    }
}

#[async_trait]
impl Telemetry for FakeTelemetry {
    async fn instant(&self, _: &Caller, query: &MetricQuery) -> Result<Collection<ClusterSeries>> {
        Ok(Collection {
            items: Vec::new(),
            gaps: self.gap(&query.clusters, Source::Prometheus)?,
        })
    }

    async fn range(&self, _: &Caller, query: &RangeQuery) -> Result<Collection<ClusterSeries>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let gaps = self.gap(&query.clusters, Source::Prometheus)?;
        let curves = self.curves.lock().unwrap();
        let answering = curves.iter().filter(|curve| {
            selects(&query.clusters, curve.cluster)
                && query.query.contains(&curve.metric)
                && !self.is_out(curve.cluster)
        });
        let items = answering.map(|curve| ClusterSeries {
            cluster: curve.cluster,
            series: Series {
                labels: curve.labels.clone(),
                samples: samples(query, &curve.shape),
            },
        });
        Ok(Collection {
            items: items.collect(),
            gaps,
        })
    }

    async fn logs(&self, _: &Caller, query: &LogQuery) -> Result<Collection<LogLine>> {
        let gaps = self.gap(&query.clusters, Source::Loki)?;
        let lines = self.lines.lock().unwrap();
        let wanted = lines.iter().filter(|line| {
            let labelled = query
                .labels
                .iter()
                .all(|(name, value)| line.labels.get(name) == Some(value));
            selects(&query.clusters, line.cluster) && labelled && query.range.contains(line.at)
        });
        let mut items: Vec<LogLine> = wanted.cloned().collect();
        items.sort_by_key(|line| std::cmp::Reverse(line.at));
        items.truncate(query.limit as usize);
        Ok(Collection { items, gaps })
    }

    async fn traces(&self, _: &Caller, query: &TraceQuery) -> Result<Collection<TraceSummary>> {
        let gaps = self.gap(&query.clusters, Source::Tempo)?;
        let traces = self.traces.lock().unwrap();
        let wanted = traces.iter().filter(|trace| {
            selects(&query.clusters, trace.cluster) && query.range.contains(trace.started_at)
        });
        Ok(Collection {
            items: wanted.take(query.limit as usize).cloned().collect(),
            gaps,
        })
    }

    async fn changes(
        &self,
        _: &Caller,
        clusters: &Selection,
        range: TimeRange,
    ) -> Result<Collection<Change>> {
        let gaps = self.gap(clusters, Source::Kubernetes)?;
        let changes = self.changes.lock().unwrap();
        let wanted = changes
            .iter()
            .filter(|change| selects(clusters, change.entity.cluster) && range.contains(change.at));
        Ok(Collection {
            items: wanted.cloned().collect(),
            gaps,
        })
    }

    async fn events(
        &self,
        _: &Caller,
        clusters: &Selection,
        _: TimeRange,
    ) -> Result<Collection<KubernetesEvent>> {
        Ok(Collection {
            items: Vec::new(),
            gaps: self.gap(clusters, Source::Kubernetes)?,
        })
    }

    async fn firing(&self, _: &Caller, clusters: &Selection) -> Result<Collection<Alert>> {
        let alerts = self.alerts.lock().unwrap();
        let wanted = alerts
            .iter()
            .filter(|alert| selects(clusters, alert.cluster));
        Ok(Collection {
            items: wanted.cloned().collect(),
            gaps: self.gap(clusters, Source::Alertmanager)?,
        })
    }

    async fn topology(
        &self,
        _: &Caller,
        clusters: &Selection,
        _: TimeRange,
    ) -> Result<Collection<Topology>> {
        let gaps = self.gap(clusters, Source::Kubernetes)?;
        let edges = self.edges.lock().unwrap();
        let readable = edges
            .iter()
            .filter(|edge| selects(clusters, edge.from.cluster) && !self.is_out(edge.from.cluster));
        let edges: Vec<Edge> = readable.cloned().collect();
        let items = if edges.is_empty() {
            Vec::new()
        } else {
            vec![Topology { edges }]
        };
        Ok(Collection { items, gaps })
    }
}

fn samples(query: &RangeQuery, shape: &Shape) -> Vec<Sample> {
    let (mut at, mut samples) = (query.range.start, Vec::new());
    while at <= query.range.end {
        samples.push(Sample {
            at_ms: at.as_millisecond(),
            value: shape(at),
        });
        at = at.checked_add(query.step).unwrap();
    }
    samples
}

/// A value that hardly moves: a few thousandths up and down, the same for the same instant.
pub(crate) fn steady(level: f64, at: Timestamp) -> f64 {
    let mut mixed = (at.as_second() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^= mixed >> 32;
    let unit = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
    level * (1.0 + 0.01 * (unit - 0.5))
}

/// A steady value that jumps to another at an instant.
pub(crate) fn jump(
    before: f64,
    after: f64,
    at: Timestamp,
) -> impl Fn(Timestamp) -> f64 + Send + 'static {
    move |now| steady(if now >= at { after } else { before }, now)
}

/// A steady value that is another between two instants.
pub(crate) fn bump(
    usual: f64,
    meanwhile: f64,
    from: Timestamp,
    to: Timestamp,
) -> impl Fn(Timestamp) -> f64 + Send + 'static {
    move |now| {
        let level = if from <= now && now < to {
            meanwhile
        } else {
            usual
        };
        steady(level, now)
    }
}
