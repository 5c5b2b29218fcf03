//! Pods: the status that people look at, made of phase, conditions and containers.

use jiff::Timestamp;
use serde_json::Value;

use super::{Column, Printer, age_of, each, name_of, number, text, text_or_none};
use crate::kubernetes::human;

pub(super) const PRINTER: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Ready", "Ready containers of all containers."),
        Column::text("Status", "The phase, or what keeps the pod from running."),
        Column::text(
            "Restarts",
            "How often containers were restarted, and when last.",
        ),
        Column::age(),
        Column::wide("IP", "Address of the pod."),
        Column::wide("Node", "Node that the pod is bound to."),
        Column::wide("Nominated Node", "Node that preemption makes room on."),
        Column::wide(
            "Readiness Gates",
            "Readiness gates that are passed, of all.",
        ),
    ],
    cells,
};

/// What the containers tell together.
struct Summary {
    reason: String,
    ready: usize,
    restarts: i64,
    last_restart: Option<String>,
}

fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let summary = summary(pod);
    let status = &pod["status"];
    let sidecars = each(&pod["spec"]["initContainers"])
        .filter(|container| container["restartPolicy"] == "Always")
        .count();
    let containers = each(&pod["spec"]["containers"]).count() + sidecars;
    let restarts = match &summary.last_restart {
        Some(time) if summary.restarts > 0 => {
            format!("{} ({} ago)", summary.restarts, human::age(Some(time), now))
        }
        _ => summary.restarts.to_string(),
    };
    vec![
        name_of(pod),
        format!("{}/{containers}", summary.ready).into(),
        summary.reason.into(),
        restarts.into(),
        age_of(pod, now),
        text_or_none(&status["podIP"]).into(),
        text_or_none(&pod["spec"]["nodeName"]).into(),
        text_or_none(&status["nominatedNodeName"]).into(),
        readiness_gates(pod).into(),
    ]
}

/// The rules of `printPod` in kube-apiserver, in its order.
fn summary(pod: &Value) -> Summary {
    let status = &pod["status"];
    let gated = each(&status["conditions"]).any(|condition| {
        condition["type"] == "PodScheduled" && condition["reason"] == "SchedulingGated"
    });
    let reason = match (gated, text(&status["reason"])) {
        (true, _) => "SchedulingGated",
        (false, "") => text(&status["phase"]),
        (false, reason) => reason,
    };
    let mut summary = Summary {
        reason: reason.to_owned(),
        ready: 0,
        restarts: 0,
        last_restart: None,
    };
    let initializing = summary.add_init_containers(pod);
    if !initializing || condition_holds(pod, "Initialized") {
        summary.add_containers(pod);
    }
    let terminal = matches!(text(&status["phase"]), "Succeeded" | "Failed");
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        if status["reason"] == "NodeLost" {
            "Unknown".clone_into(&mut summary.reason);
        } else if !terminal {
            "Terminating".clone_into(&mut summary.reason);
        }
    }
    summary
}

impl Summary {
    /// Init containers, up to the first that is not done. Says whether one is not.
    fn add_init_containers(&mut self, pod: &Value) -> bool {
        let declared = &pod["spec"]["initContainers"];
        let is_sidecar = |status: &Value| {
            each(declared).any(|container| {
                container["name"] == status["name"] && container["restartPolicy"] == "Always"
            })
        };
        let mut sidecar_restarts = (0, None);
        for (index, container) in each(&pod["status"]["initContainerStatuses"]).enumerate() {
            self.count_restarts(container);
            let sidecar = is_sidecar(container);
            if sidecar {
                sidecar_restarts.0 += number(&container["restartCount"]);
                sidecar_restarts.1 = later(sidecar_restarts.1, finished(container));
            }
            if container["state"]["terminated"]["exitCode"] == 0 {
                continue;
            }
            if sidecar && container["started"] == true {
                self.ready += usize::from(container["ready"] == true);
                continue;
            }
            let total = each(declared).count();
            self.reason = format!("Init:{}", init_reason(container, index, total));
            return true;
        }
        (self.restarts, self.last_restart) = sidecar_restarts;
        false
    }

    fn add_containers(&mut self, pod: &Value) {
        let mut has_running = false;
        for container in each(&pod["status"]["containerStatuses"]).rev() {
            self.count_restarts(container);
            let state = &container["state"];
            let waiting = text(&state["waiting"]["reason"]);
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if let Some(reason) = terminated(&state["terminated"]) {
                self.reason = reason;
            } else if container["ready"] == true && state["running"].is_object() {
                has_running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && has_running {
            let ready = condition_holds(pod, "Ready");
            let reason = if ready { "Running" } else { "NotReady" };
            reason.clone_into(&mut self.reason);
        }
    }

    fn count_restarts(&mut self, container: &Value) {
        self.restarts += number(&container["restartCount"]);
        self.last_restart = later(self.last_restart.take(), finished(container));
    }
}

/// Why an init container is not done; `index` of `total` where it just goes on.
fn init_reason(container: &Value, index: usize, total: usize) -> String {
    let state = &container["state"];
    if let Some(reason) = terminated(&state["terminated"]) {
        return reason;
    }
    match text(&state["waiting"]["reason"]) {
        "" | "PodInitializing" => format!("{index}/{total}"),
        reason => reason.to_owned(),
    }
}

/// Why a container ended; nothing where it has not.
fn terminated(state: &Value) -> Option<String> {
    if !state.is_object() {
        return None;
    }
    let reason = text(&state["reason"]);
    let signal = number(&state["signal"]);
    Some(if !reason.is_empty() {
        reason.to_owned()
    } else if signal != 0 {
        format!("Signal:{signal}")
    } else {
        format!("ExitCode:{}", number(&state["exitCode"]))
    })
}

/// When the container ended before its latest restart.
fn finished(container: &Value) -> Option<String> {
    let time = &container["lastState"]["terminated"]["finishedAt"];
    time.as_str().map(str::to_owned)
}

/// The later of two RFC 3339 times in UTC and whole seconds, which sort as text.
fn later(left: Option<String>, right: Option<String>) -> Option<String> {
    left.max(right)
}

fn condition_holds(pod: &Value, kind: &str) -> bool {
    each(&pod["status"]["conditions"])
        .any(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn readiness_gates(pod: &Value) -> String {
    let gates: Vec<&str> = each(&pod["spec"]["readinessGates"])
        .map(|gate| text(&gate["conditionType"]))
        .collect();
    if gates.is_empty() {
        return super::NONE.to_owned();
    }
    let passed = gates.iter().filter(|gate| condition_holds(pod, gate));
    format!("{}/{}", passed.count(), gates.len())
}
