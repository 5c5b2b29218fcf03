//! Metrics that are read when they are asked for: the process, its tasks, its build.

use std::fmt;

use fleetscope_api::TaskBoard;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::process::Process;

/// Registers what every process shows: `fleetscope_build_info`, the `process_*` metrics of
/// Prometheus's client libraries, and `fleetscope_task_*` by task.
pub(crate) fn register(registry: &mut Registry, board: TaskBoard) {
    let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("fleetscope_build", "What runs here", build);
    registry.register_collector(Box::new(ProcessCollector));
    registry.register_collector(Box::new(TaskCollector(board)));
}

#[derive(Debug)]
struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(process) = Process::read() else {
            return Ok(());
        };
        let gauges = [
            (
                "process_resident_memory_bytes",
                "Memory that is in RAM",
                process.resident_bytes as f64,
            ),
            (
                "process_open_fds",
                "Open file descriptors",
                process.open_fds as f64,
            ),
            (
                "process_start_time_seconds",
                "When the process started, since the epoch",
                process.start_seconds,
            ),
        ];
        for (name, help, value) in gauges {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        let metric = encoder.encode_descriptor(
            "process_cpu_seconds",
            "Processor time used in user and kernel mode",
            None,
            MetricType::Counter,
        )?;
        ConstCounter::new(process.cpu_seconds).encode(metric)
    }
}

#[derive(Debug)]
struct TaskCollector(TaskBoard);

impl Collector for TaskCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let tasks = self.0.list();
        if tasks.is_empty() {
            return Ok(());
        }
        let mut runs = encoder.encode_descriptor(
            "fleetscope_task_runs",
            "Rounds of scheduled tasks",
            None,
            MetricType::Counter,
        )?;
        for task in &tasks {
            let labels = [("task", task.name.as_str())];
            ConstCounter::new(task.runs).encode(runs.encode_family(&labels)?)?;
        }
        let mut failures = encoder.encode_descriptor(
            "fleetscope_task_failures",
            "Rounds of scheduled tasks that failed",
            None,
            MetricType::Counter,
        )?;
        for task in &tasks {
            let labels = [("task", task.name.as_str())];
            ConstCounter::new(task.failures).encode(failures.encode_family(&labels)?)?;
        }
        let mut seconds = encoder.encode_descriptor(
            "fleetscope_task_last_seconds",
            "How long the last round of a task took",
            None,
            MetricType::Gauge,
        )?;
        for task in &tasks {
            let Some(last) = task.last_seconds else {
                continue;
            };
            let labels = [("task", task.name.as_str())];
            ConstGauge::new(last).encode(seconds.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
