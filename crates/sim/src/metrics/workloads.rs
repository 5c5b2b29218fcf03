//! What kube-state-metrics says of deployments, their `ReplicaSets`, and stateful sets.

use super::{KUBE_STATE_METRICS, Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::topology::Kind;

pub(super) struct WorkloadSeries {
    wanted: SeriesId,
    available: SeriesId,
    unavailable: Option<SeriesId>,
    generation: SeriesId,
    /// The ReplicaSet of the present revision.
    owner: Option<(u32, SeriesId)>,
}

impl WorkloadSeries {
    /// `None` for jobs: they are known by their pods only.
    pub(super) fn new(db: &mut Tsdb, world: &World, index: usize) -> Option<Self> {
        let spec = &world.workloads[index].spec;
        let kind = world.workloads[index].kind_name().to_ascii_lowercase();
        let labels = [
            ("job", "kube-state-metrics"),
            ("instance", KUBE_STATE_METRICS),
            ("namespace", spec.namespace),
            (kind.as_str(), spec.name),
        ];
        let mut named = |name: &str| series(db, name, &labels, &[]);
        Some(match spec.kind {
            Kind::Deployment => Self {
                wanted: named("kube_deployment_spec_replicas"),
                available: named("kube_deployment_status_replicas_available"),
                unavailable: Some(named("kube_deployment_status_replicas_unavailable")),
                generation: named("kube_deployment_status_observed_generation"),
                owner: None,
            },
            Kind::StatefulSet => Self {
                wanted: named("kube_statefulset_replicas"),
                available: named("kube_statefulset_status_replicas_ready"),
                unavailable: None,
                generation: named("kube_statefulset_status_observed_generation"),
                owner: None,
            },
            Kind::DaemonSet => Self {
                wanted: named("kube_daemonset_status_desired_number_scheduled"),
                available: named("kube_daemonset_status_number_ready"),
                unavailable: Some(named("kube_daemonset_status_number_unavailable")),
                generation: named("kube_daemonset_status_observed_generation"),
                owner: None,
            },
            Kind::Job => return None,
        })
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, world: &World, index: usize) {
        let workload = &world.workloads[index];
        let pods = world.pods.iter().filter(|pod| pod.workload == index);
        let ready = pods.filter(|pod| pod.is_ready()).count() as f64;
        sink.set(self.wanted, f64::from(workload.desired));
        sink.set(self.available, ready);
        sink.set(self.generation, workload.generation as f64);
        if let Some(id) = self.unavailable {
            sink.set(id, (f64::from(workload.desired) - ready).max(0.0));
        }
        if workload.spec.kind != Kind::Deployment {
            return;
        }
        if self.owner.is_none_or(|owner| owner.0 != workload.revision) {
            if let Some((_, old)) = self.owner {
                sink.end(old);
            }
            let replica_set = workload.replica_set(workload.revision);
            let labels = [
                ("job", "kube-state-metrics"),
                ("instance", KUBE_STATE_METRICS),
                ("namespace", workload.spec.namespace),
                ("replicaset", replica_set.as_str()),
                ("owner_kind", "Deployment"),
                ("owner_name", workload.spec.name),
                ("owner_is_controller", "true"),
            ];
            let id = series(sink.db, "kube_replicaset_owner", &labels, &[]);
            self.owner = Some((workload.revision, id));
        }
        if let Some((_, id)) = self.owner {
            sink.set(id, 1.0);
        }
    }
}
