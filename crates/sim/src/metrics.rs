//! The world as its Prometheus scrapes it: the names and labels of the real exporters.
//!
//! Each exporter has a file. A file keeps handles of its series, and counters their sums; all
//! values come from the [`World`]. Counters are kept as real numbers and shown rounded down, so
//! that small rates add up.

mod cadvisor;
mod catalogue;
mod dcgm;
mod histogram;
mod node_exporter;
mod pods;
mod postgres;
mod ptp;
mod spans;
mod sriov;
mod vllm;
mod workloads;

use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::topology::ClusterSpec;

/// All series of one cluster.
pub(crate) struct Metrics {
    nodes: Vec<node_exporter::NodeSeries>,
    pods: pods::PodTable,
    workloads: Vec<Option<workloads::WorkloadSeries>>,
    spans: spans::Spans,
    databases: Vec<postgres::DatabaseSeries>,
    gpus: Vec<dcgm::GpuSeries>,
    vllm: vllm::VllmTable,
    clocks: Vec<ptp::ClockSeries>,
    functions: Vec<sriov::FunctionSeries>,
    up: Vec<SeriesId>,
}

impl Metrics {
    pub(crate) fn new(world: &World, spec: &ClusterSpec, db: &mut Tsdb) -> Self {
        catalogue::describe(db);
        let indexes = 0..world.nodes.len();
        Self {
            nodes: indexes
                .map(|node| node_exporter::NodeSeries::new(db, spec, &world.nodes[node]))
                .collect(),
            pods: pods::PodTable::default(),
            workloads: (0..world.workloads.len())
                .map(|index| workloads::WorkloadSeries::new(db, world, index))
                .collect(),
            spans: spans::Spans::new(db, &world.graph),
            databases: (0..world.databases.len())
                .map(|index| postgres::DatabaseSeries::new(db, world, index))
                .collect(),
            gpus: (0..world.gpus.len()).map(dcgm::GpuSeries::new).collect(),
            vllm: vllm::VllmTable::default(),
            clocks: world
                .clocks
                .iter()
                .map(|clock| ptp::ClockSeries::new(db, world, clock))
                .collect(),
            functions: (0..world.functions.len())
                .map(sriov::FunctionSeries::new)
                .collect(),
            up: targets(world, db),
        }
    }

    /// One scrape of everything, at the time of the world's tick.
    pub(crate) fn write(&mut self, world: &World, db: &mut Tsdb) {
        let mut sink = Sink {
            at: world.tick.millis(),
            db,
        };
        for (series, node) in self.nodes.iter_mut().zip(&world.nodes) {
            series.write(&mut sink, node);
        }
        self.pods.write(&mut sink, world);
        for (index, series) in self.workloads.iter_mut().enumerate() {
            if let Some(series) = series {
                series.write(&mut sink, world, index);
            }
        }
        self.spans.write(&mut sink, &world.graph);
        for (series, database) in self.databases.iter_mut().zip(&world.databases) {
            series.write(&mut sink, &database.usage);
        }
        for series in &mut self.gpus {
            series.write(&mut sink, world);
        }
        self.vllm.write(&mut sink, world);
        for (series, clock) in self.clocks.iter_mut().zip(&world.clocks) {
            series.write(&mut sink, clock);
        }
        for series in &mut self.functions {
            series.write(&mut sink, world);
        }
        for &id in &self.up {
            sink.set(id, 1.0);
        }
    }
}

/// Where the samples of one scrape go.
pub(crate) struct Sink<'a> {
    pub(crate) db: &'a mut Tsdb,
    pub(crate) at: i64,
}

impl Sink<'_> {
    pub(crate) fn set(&mut self, id: SeriesId, value: f64) {
        self.db.append(id, self.at, value);
    }

    pub(crate) fn end(&mut self, id: SeriesId) {
        self.db.mark_stale(id, self.at);
    }
}

/// A value that only grows.
#[derive(Clone, Copy, Debug)]
struct Counter {
    id: SeriesId,
    sum: f64,
    whole: bool,
}

impl Counter {
    /// Counts things: shown as whole numbers.
    const fn of(id: SeriesId) -> Self {
        Self {
            id,
            sum: 0.0,
            whole: true,
        }
    }

    /// Counts seconds or another real quantity.
    const fn real(id: SeriesId) -> Self {
        Self {
            id,
            sum: 0.0,
            whole: false,
        }
    }

    /// A counter whose process is older than the history.
    const fn from(mut self, sum: f64) -> Self {
        self.sum = sum;
        self
    }

    fn add(&mut self, sink: &mut Sink<'_>, more: f64) {
        self.sum += more.max(0.0);
        sink.set(
            self.id,
            if self.whole {
                self.sum.floor()
            } else {
                self.sum
            },
        );
    }
}

/// The series of a name with these labels and those.
fn series(db: &mut Tsdb, name: &str, labels: &[(&str, &str)], more: &[(&str, &str)]) -> SeriesId {
    let mut all = Vec::with_capacity(labels.len() + more.len() + 1);
    all.push(("__name__", name));
    all.extend_from_slice(labels);
    all.extend_from_slice(more);
    db.series(&all)
}

fn targets(world: &World, db: &mut Tsdb) -> Vec<SeriesId> {
    let mut up =
        |job: &str, instance: &str| series(db, "up", &[("job", job)], &[("instance", instance)]);
    let mut ids = vec![
        up("kube-state-metrics", KUBE_STATE_METRICS),
        up("tempo-metrics-generator", "tempo-0"),
    ];
    for node in &world.nodes {
        ids.push(up("node-exporter", node.spec.name));
        ids.push(up("kubelet", &format!("{}:10250", node.address)));
        if node.spec.gpus > 0 {
            ids.push(up(
                "nvidia-dcgm-exporter",
                &format!("{}:9400", node.address),
            ));
        }
        if node.spec.ptp.is_some() {
            ids.push(up("ptp-monitor-service", &ptp::instance(node)));
            ids.push(up("sriov-network-metrics-exporter", node.spec.name));
        }
    }
    for database in &world.databases {
        ids.push(up(
            "postgres-exporter",
            &postgres::instance(world, database),
        ));
    }
    ids
}

/// The address of the exporter of object states.
const KUBE_STATE_METRICS: &str = "10.128.0.21:8443";
