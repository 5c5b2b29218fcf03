//! Events, in the words of the components that send them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::World;
use crate::world::happening::Removal;
use crate::world::innocent::Job;
use crate::world::nodes::Node;
use crate::world::pods::Pod;
use crate::world::topology::Kind;

/// An event that is not written yet.
pub(super) struct Event {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespace: Option<&'static str>,
    pub(super) name: String,
    /// Where it is known already: the object may be gone when the event is written.
    pub(super) uid: Option<String>,
    pub(super) level: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) component: &'static str,
    pub(super) host: Option<&'static str>,
}

const NORMAL: &str = "Normal";
const WARNING: &str = "Warning";

impl Event {
    fn of_pod(world: &World, pod: &Pod, reason: &'static str, message: String) -> Self {
        Self {
            api_version: "v1",
            kind: "Pod",
            namespace: Some(world.workloads[pod.workload].spec.namespace),
            name: pod.name.clone(),
            uid: Some(pod.uid.clone()),
            level: NORMAL,
            reason,
            message,
            component: "kubelet",
            host: Some(world.nodes[pod.node].spec.name),
        }
    }

    fn of_owner(world: &World, pod: &Pod, reason: &'static str, message: String) -> Self {
        let workload = &world.workloads[pod.workload];
        let (kind, name) = workload.owner(pod.revision);
        let component = match workload.spec.kind {
            Kind::Deployment => "replicaset-controller",
            Kind::StatefulSet => "statefulset-controller",
            Kind::DaemonSet => "daemonset-controller",
            Kind::Job => "job-controller",
        };
        Self {
            api_version: pod_owner_version(workload.spec.kind),
            kind,
            name,
            uid: None,
            component,
            host: None,
            ..Self::of_pod(world, pod, reason, message)
        }
    }

    fn of_deployment(world: &World, index: usize, reason: &'static str, message: String) -> Self {
        let spec = &world.workloads[index].spec;
        Self {
            api_version: "apps/v1",
            kind: "Deployment",
            namespace: Some(spec.namespace),
            name: spec.name.to_owned(),
            uid: None,
            level: NORMAL,
            reason,
            message,
            component: "deployment-controller",
            host: None,
        }
    }

    fn of_node(node: &Node, reason: &'static str, message: String) -> Self {
        Self {
            api_version: "v1",
            kind: "Node",
            namespace: None,
            name: node.spec.name.to_owned(),
            uid: None,
            level: NORMAL,
            reason,
            message,
            component: "kubelet",
            host: Some(node.spec.name),
        }
    }

    fn warning(mut self) -> Self {
        self.level = WARNING;
        self
    }

    fn from(mut self, component: &'static str) -> Self {
        self.component = component;
        self
    }

    pub(super) fn source(&self) -> Value {
        match self.host {
            Some(host) => json!({ "component": self.component, "host": host }),
            None => json!({ "component": self.component }),
        }
    }
}

/// The API that the controllers of pods belong to.
pub(super) fn pod_owner_version(kind: Kind) -> &'static str {
    if kind == Kind::Job {
        "batch/v1"
    } else {
        "apps/v1"
    }
}

pub(super) fn created(world: &World, pod: &Pod, replaces: bool) -> Vec<Event> {
    let workload = &world.workloads[pod.workload];
    let (namespace, node) = (workload.spec.namespace, world.nodes[pod.node].spec.name);
    let assigned = format!("Successfully assigned {namespace}/{} to {node}", pod.name);
    let image = workload.image(pod.revision);
    let mut events = Vec::new();
    if workload.spec.kind == Kind::Deployment && !replaces {
        let peers = world
            .pods
            .iter()
            .filter(|other| other.workload == pod.workload && other.revision == pod.revision)
            .filter(|other| other.id <= pod.id)
            .count();
        let replica_set = workload.replica_set(pod.revision);
        events.push(Event::of_deployment(
            world,
            pod.workload,
            "ScalingReplicaSet",
            format!(
                "Scaled up replica set {replica_set} from {} to {peers}",
                peers.saturating_sub(1)
            ),
        ));
    }
    events.push(Event::of_owner(
        world,
        pod,
        "SuccessfulCreate",
        format!("Created pod: {}", pod.name),
    ));
    let mut scheduled = Event::of_pod(world, pod, "Scheduled", assigned).from("default-scheduler");
    scheduled.host = None;
    events.push(scheduled);
    events.push(Event::of_pod(
        world,
        pod,
        "Pulling",
        format!("Pulling image \"{image}\""),
    ));
    events
}

pub(super) fn started(world: &World, pod: &Pod) -> Vec<Event> {
    let workload = &world.workloads[pod.workload];
    let image = workload.image(pod.revision);
    let container = workload.container();
    vec![
        Event::of_pod(
            world,
            pod,
            "Pulled",
            format!(
                "Successfully pulled image \"{image}\" in 3.412s (3.412s including waiting). Image size: 187346211 bytes."
            ),
        ),
        Event::of_pod(
            world,
            pod,
            "Created",
            format!("Created container: {container}"),
        ),
        Event::of_pod(
            world,
            pod,
            "Started",
            format!("Started container {container}"),
        ),
    ]
}

pub(super) fn restarted(world: &World, pod: &Pod) -> Vec<Event> {
    let workload = &world.workloads[pod.workload];
    let image = workload.image(pod.revision);
    let container = workload.container();
    vec![
        Event::of_pod(
            world,
            pod,
            "Pulled",
            format!("Container image \"{image}\" already present on machine"),
        ),
        Event::of_pod(
            world,
            pod,
            "Created",
            format!("Created container: {container}"),
        ),
        Event::of_pod(
            world,
            pod,
            "Started",
            format!("Started container {container}"),
        ),
    ]
}

pub(super) fn unhealthy(world: &World, pod: &Pod, reason: &str) -> Event {
    Event::of_pod(world, pod, "Unhealthy", reason.to_owned()).warning()
}

/// The kubelet says nothing of a container killed for its own limit; node-problem-detector, which
/// reads the kernel's log, does. The back-off is told from the second death on.
pub(super) fn out_of_memory(world: &World, pod: &Pod) -> Vec<Event> {
    let node = &world.nodes[pod.node];
    let workload = &world.workloads[pod.workload];
    let message = format!(
        "Memory cgroup out of memory: Killed process ({}) in pod {}/{}",
        workload.container(),
        workload.spec.namespace,
        pod.name
    );
    let mut events = vec![
        Event::of_node(node, "OOMKilling", message)
            .warning()
            .from("kernel-monitor"),
    ];
    events.extend(back_off(world, pod));
    events
}

pub(super) fn back_off(world: &World, pod: &Pod) -> Vec<Event> {
    if pod.deaths_in_a_row < 2 {
        return Vec::new();
    }
    let workload = &world.workloads[pod.workload];
    let message = format!(
        "Back-off restarting failed container {} in pod {}_{}",
        workload.container(),
        pod.name,
        workload.spec.namespace
    );
    vec![Event::of_pod(world, pod, "BackOff", message).warning()]
}

pub(super) fn deleted(world: &World, pod: &Pod, why: Removal) -> Vec<Event> {
    let workload = &world.workloads[pod.workload];
    let container = workload.container();
    let mut events = vec![Event::of_pod(
        world,
        pod,
        "Killing",
        format!("Stopping container {container}"),
    )];
    if why == Removal::Evicted {
        let message = "Evicted by the eviction API".to_owned();
        events.push(Event::of_pod(world, pod, "Evicted", message).from("node-controller"));
        return events;
    }
    if workload.spec.kind == Kind::Deployment {
        let left = world
            .pods
            .iter()
            .filter(|other| other.workload == pod.workload && other.revision == pod.revision)
            .count();
        let replica_set = workload.replica_set(pod.revision);
        events.push(Event::of_deployment(
            world,
            pod.workload,
            "ScalingReplicaSet",
            format!(
                "Scaled down replica set {replica_set} from {} to {left}",
                left + 1
            ),
        ));
    }
    events.push(Event::of_owner(
        world,
        pod,
        "SuccessfulDelete",
        format!("Deleted pod: {}", pod.name),
    ));
    events
}

pub(super) fn rescaled(world: &World, index: usize, from: u32, to: u32) -> Event {
    let spec = &world.workloads[index].spec;
    let reason = if to > from {
        "cpu resource utilization (percentage of request) above target"
    } else {
        "All metrics below target"
    };
    Event {
        api_version: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        namespace: Some(spec.namespace),
        name: spec.name.to_owned(),
        uid: None,
        level: NORMAL,
        reason: "SuccessfulRescale",
        message: format!("New size: {to}; reason: {reason}"),
        component: "horizontal-pod-autoscaler",
        host: None,
    }
}

pub(super) fn cordoned(node: &Node, cordoned: bool) -> Event {
    let (reason, what) = if cordoned {
        ("NodeNotSchedulable", "NodeNotSchedulable")
    } else {
        ("NodeSchedulable", "NodeSchedulable")
    };
    Event::of_node(
        node,
        reason,
        format!("Node {} status is now: {what}", node.spec.name),
    )
}

pub(super) fn job_started(job: &Job, at: Timestamp) -> Event {
    of_job(
        job,
        "SuccessfulCreate",
        format!("Created job {}", job.object_name(at)),
    )
}

pub(super) fn job_finished(job: &Job, name: &str) -> Event {
    of_job(
        job,
        "SawCompletedJob",
        format!("Saw completed job: {name}, condition: Complete"),
    )
}

fn of_job(job: &Job, reason: &'static str, message: String) -> Event {
    Event {
        api_version: "batch/v1",
        kind: "CronJob",
        namespace: Some(job.namespace),
        name: job.name.to_owned(),
        uid: None,
        level: NORMAL,
        reason,
        message,
        component: "cronjob-controller",
        host: None,
    }
}
