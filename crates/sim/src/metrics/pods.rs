//! What kube-state-metrics, and the recording rule of the Kubernetes mixin, say of pods.

use std::collections::BTreeMap;

use super::cadvisor::ContainerSeries;
use super::{KUBE_STATE_METRICS, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::pods::{Pod, PodId, State};
use crate::world::topology::Resources;

#[derive(Default)]
pub(super) struct PodTable {
    pods: BTreeMap<PodId, PodSeries>,
}

struct PodSeries {
    labels: Vec<(&'static str, String)>,
    container: &'static str,
    constants: Vec<(SeriesId, f64)>,
    restarts: SeriesId,
    phase: Option<(&'static str, SeriesId)>,
    last_terminated: Option<SeriesId>,
    waiting: Option<SeriesId>,
    usage: ContainerSeries,
}

impl PodTable {
    pub(super) fn write(&mut self, sink: &mut Sink<'_>, world: &World) {
        for pod in &world.removed {
            if let Some(gone) = self.pods.remove(&pod.id) {
                gone.end(sink);
            }
        }
        for pod in &world.pods {
            let series = self
                .pods
                .entry(pod.id)
                .or_insert_with(|| PodSeries::new(sink.db, world, pod));
            series.write(sink, pod);
        }
    }
}

impl PodSeries {
    fn new(db: &mut Tsdb, world: &World, pod: &Pod) -> Self {
        let workload = &world.workloads[pod.workload];
        let namespace = workload.spec.namespace;
        let container = workload.container();
        let labels = vec![
            ("job", "kube-state-metrics".to_owned()),
            ("instance", KUBE_STATE_METRICS.to_owned()),
            ("namespace", namespace.to_owned()),
            ("pod", pod.name.clone()),
            ("uid", pod.uid.clone()),
        ];
        let borrowed = borrow(&labels);
        let of_container = [("container", container)];
        let restarts = series(
            db,
            "kube_pod_container_status_restarts_total",
            &borrowed,
            &of_container,
        );
        let mut constants = vec![(workload_rule(db, world, pod), 1.0)];
        constants.extend(identity(db, world, pod, &borrowed));
        let node = world.nodes[pod.node].spec.name;
        constants.extend(resources(
            db,
            &workload.spec.resources,
            &borrowed,
            container,
            node,
        ));
        Self {
            container,
            constants,
            restarts,
            phase: None,
            last_terminated: None,
            waiting: None,
            usage: ContainerSeries::new(db, world, pod),
            labels,
        }
    }

    fn write(&mut self, sink: &mut Sink<'_>, pod: &Pod) {
        for &(id, value) in &self.constants {
            sink.set(id, value);
        }
        sink.set(self.restarts, f64::from(pod.restarts));
        self.write_phase(sink, pod);
        if let (None, Some((_, death))) = (self.last_terminated, pod.last_death) {
            let more = [("container", self.container), ("reason", death.reason())];
            let name = "kube_pod_container_status_last_terminated_reason";
            self.last_terminated = Some(series(sink.db, name, &borrow(&self.labels), &more));
        }
        // Told only once the next life has begun: it is the state before the present one.
        if let Some(id) = self.last_terminated.filter(|_| pod.restarts > 0) {
            sink.set(id, 1.0);
        }
        self.write_waiting(sink, pod);
        self.usage.write(sink, pod);
    }

    fn write_phase(&mut self, sink: &mut Sink<'_>, pod: &Pod) {
        let phase = if matches!(pod.state, State::Starting { .. }) {
            "Pending"
        } else {
            "Running"
        };
        if let Some((_, old)) = self.phase.filter(|(old, _)| *old != phase) {
            sink.end(old);
            self.phase = None;
        }
        let labels = borrow(&self.labels);
        let (_, id) = *self.phase.get_or_insert_with(|| {
            (
                phase,
                series(
                    sink.db,
                    "kube_pod_status_phase",
                    &labels,
                    &[("phase", phase)],
                ),
            )
        });
        sink.set(id, 1.0);
    }

    fn write_waiting(&mut self, sink: &mut Sink<'_>, pod: &Pod) {
        if pod.waits_in_back_off() {
            let more = [
                ("container", self.container),
                ("reason", "CrashLoopBackOff"),
            ];
            let labels = borrow(&self.labels);
            let id = *self.waiting.get_or_insert_with(|| {
                series(
                    sink.db,
                    "kube_pod_container_status_waiting_reason",
                    &labels,
                    &more,
                )
            });
            sink.set(id, 1.0);
        } else if let Some(id) = self.waiting.take() {
            sink.end(id);
        }
    }

    fn end(&self, sink: &mut Sink<'_>) {
        let more = [
            self.phase.map(|phase| phase.1),
            self.last_terminated,
            self.waiting,
        ];
        self.constants
            .iter()
            .for_each(|constant| sink.end(constant.0));
        more.into_iter().flatten().for_each(|id| sink.end(id));
        sink.end(self.restarts);
        self.usage.end(sink);
    }
}

fn borrow<'a>(labels: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    labels
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// `namespace_workload_pod:kube_pod_owner:relabel` of the Kubernetes mixin.
fn workload_rule(db: &mut Tsdb, world: &World, pod: &Pod) -> SeriesId {
    let workload = &world.workloads[pod.workload];
    let kind = workload.kind_name().to_ascii_lowercase();
    let labels = [
        ("namespace", workload.spec.namespace),
        ("pod", pod.name.as_str()),
        ("workload", workload.name()),
        ("workload_type", kind.as_str()),
    ];
    series(
        db,
        "namespace_workload_pod:kube_pod_owner:relabel",
        &labels,
        &[],
    )
}

fn identity(
    db: &mut Tsdb,
    world: &World,
    pod: &Pod,
    labels: &[(&str, &str)],
) -> Vec<(SeriesId, f64)> {
    let workload = &world.workloads[pod.workload];
    let node = &world.nodes[pod.node];
    let (owner_kind, owner) = workload.owner(pod.revision);
    let image = workload.image(pod.revision);
    let info = [
        ("node", node.spec.name),
        ("host_ip", node.address.as_str()),
        ("pod_ip", pod.address.as_str()),
        ("created_by_kind", owner_kind),
        ("created_by_name", owner.as_str()),
        ("host_network", "false"),
    ];
    let owned = [
        ("owner_kind", owner_kind),
        ("owner_name", owner.as_str()),
        ("owner_is_controller", "true"),
    ];
    let container = [
        ("container", workload.container()),
        ("image", image.as_str()),
        ("image_spec", image.as_str()),
    ];
    vec![
        (series(db, "kube_pod_info", labels, &info), 1.0),
        (series(db, "kube_pod_owner", labels, &owned), 1.0),
        (
            series(db, "kube_pod_container_info", labels, &container),
            1.0,
        ),
    ]
}

fn resources(
    db: &mut Tsdb,
    resources: &Resources,
    labels: &[(&str, &str)],
    container: &str,
    node: &str,
) -> Vec<(SeriesId, f64)> {
    const MIB: f64 = 1024.0 * 1024.0;
    let requests = "kube_pod_container_resource_requests";
    let limits = "kube_pod_container_resource_limits";
    [
        (requests, "cpu", "core", resources.cpu_request),
        (
            requests,
            "memory",
            "byte",
            resources.memory_request_mib * MIB,
        ),
        (limits, "cpu", "core", resources.cpu_limit),
        (limits, "memory", "byte", resources.memory_limit_mib * MIB),
    ]
    .into_iter()
    .filter(|item| item.3 > 0.0)
    .map(|(name, resource, unit, value)| {
        let more = [
            ("container", container),
            ("node", node),
            ("resource", resource),
            ("unit", unit),
        ];
        (series(db, name, labels, &more), value)
    })
    .collect()
}
