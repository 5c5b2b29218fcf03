//! The rights on a cluster that Fleetscope needs, by what it is to be able to do there: the one
//! table behind generated roles and behind what validation finds missing.

use serde::{Deserialize, Serialize};

/// What Fleetscope can do on a cluster, as far as it takes rights of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// See workloads, nodes, events, changes and what the cluster is; always needed.
    Base,
    /// Ask what the readers of Fleetscope may see on the cluster itself.
    Rights,
    /// Read OpenShift's own monitoring.
    Metrics,
    /// Read OpenShift's own alerts.
    Alerts,
    /// Read a `LokiStack`.
    Logs,
    /// Read a `TempoStack`.
    Traces,
    /// See GPUs, and ask `nvidia-smi`.
    Gpu,
    /// See PTP clocks, and ask `pmc`.
    Ptp,
    /// See SR-IOV.
    Sriov,
    /// See DPDK workloads.
    Dpdk,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Base,
        Self::Rights,
        Self::Metrics,
        Self::Alerts,
        Self::Logs,
        Self::Traces,
        Self::Gpu,
        Self::Ptp,
        Self::Sriov,
        Self::Dpdk,
    ];

    /// The name on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Rights => "rights",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Gpu => "gpu",
            Self::Ptp => "ptp",
            Self::Sriov => "sriov",
            Self::Dpdk => "dpdk",
        }
    }
}

/// Rights on resources, as one rule of a role says them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// What for.
    pub ability: Ability,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// Plurals, with a subresource after a slash.
    pub resources: &'static [&'static str],
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// The one name that they are for; empty for all.
    pub name: &'static str,
    /// The one namespace that they are for; empty for all.
    pub namespace: &'static str,
}

const READ: &[&str] = &["get", "list"];
/// What is followed. Who may list may as well watch: it shows nothing more.
const FOLLOW: &[&str] = &["get", "list", "watch"];

const fn read(ability: Ability, group: &'static str, resources: &'static [&'static str]) -> Need {
    Need {
        ability,
        group,
        resources,
        verbs: READ,
        name: "",
        namespace: "",
    }
}

const fn follow(group: &'static str, resources: &'static [&'static str]) -> Need {
    Need {
        verbs: FOLLOW,
        ..read(Ability::Base, group, resources)
    }
}

/// A WebSocket exec needs `get` as well as `create`.
const fn exec(ability: Ability, namespace: &'static str) -> Need {
    Need {
        ability,
        group: "",
        resources: &["pods/exec"],
        verbs: &["get", "create"],
        name: "",
        namespace,
    }
}

/// Everything that is needed. Reads only, but for questions about rights and for the few commands
/// that are asked inside pods of operators.
pub const NEEDS: &[Need] = &[
    read(Ability::Base, "", &["namespaces"]),
    follow("", &["nodes", "pods", "services", "events"]),
    // Their metadata only; Kubernetes has no right to that alone.
    follow("", &["configmaps"]),
    // Where there is no Loki.
    Need {
        ability: Ability::Base,
        group: "",
        resources: &["pods/log"],
        verbs: &["get"],
        name: "",
        namespace: "",
    },
    follow(
        "apps",
        &[
            "deployments",
            "statefulsets",
            "daemonsets",
            "replicasets",
            "controllerrevisions",
        ],
    ),
    follow("config.openshift.io", &["clusterversions"]),
    follow("operators.coreos.com", &["clusterserviceversions"]),
    read(Ability::Base, "operators.coreos.com", &["subscriptions"]),
    // What brings commits, where there is any of it.
    follow("argoproj.io", &["applications"]),
    follow("kustomize.toolkit.fluxcd.io", &["kustomizations"]),
    follow("helm.toolkit.fluxcd.io", &["helmreleases"]),
    Need {
        ability: Ability::Rights,
        group: "authorization.k8s.io",
        resources: &["subjectaccessreviews"],
        verbs: &["create"],
        name: "",
        namespace: "",
    },
    Need {
        ability: Ability::Metrics,
        group: "monitoring.coreos.com",
        resources: &["prometheuses/api"],
        verbs: &["get", "create"],
        name: "k8s",
        namespace: "openshift-monitoring",
    },
    Need {
        ability: Ability::Alerts,
        group: "monitoring.coreos.com",
        resources: &["alertmanagers/api"],
        verbs: &["get"],
        name: "main",
        namespace: "openshift-monitoring",
    },
    read(Ability::Metrics, "route.openshift.io", &["routes"]),
    read(Ability::Logs, "loki.grafana.com", &["lokistacks"]),
    Need {
        ability: Ability::Logs,
        group: "loki.grafana.com",
        resources: &["application", "infrastructure"],
        verbs: &["get"],
        name: "logs",
        namespace: "",
    },
    read(Ability::Traces, "tempo.grafana.com", &["tempostacks"]),
    Need {
        ability: Ability::Traces,
        group: "tempo.grafana.com",
        resources: &["platform"],
        verbs: &["get"],
        name: "traces",
        namespace: "",
    },
    read(Ability::Gpu, "nvidia.com", &["clusterpolicies"]),
    exec(Ability::Gpu, "nvidia-gpu-operator"),
    read(
        Ability::Ptp,
        "ptp.openshift.io",
        &["nodeptpdevices", "ptpconfigs", "ptpoperatorconfigs"],
    ),
    exec(Ability::Ptp, "openshift-ptp"),
    read(
        Ability::Sriov,
        "sriovnetwork.openshift.io",
        &[
            "sriovnetworknodestates",
            "sriovnetworknodepolicies",
            "sriovnetworks",
        ],
    ),
    read(
        Ability::Dpdk,
        "k8s.cni.cncf.io",
        &["network-attachment-definitions"],
    ),
];

/// One right: a verb on a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Right {
    /// What it is needed for.
    pub ability: Ability,
    /// The verb.
    pub verb: String,
    /// The API group; empty for the core.
    pub group: String,
    /// The plural, with a subresource after a slash.
    pub resource: String,
    /// The one name that it is for; empty for all.
    pub name: String,
    /// The one namespace that it is for; empty for all.
    pub namespace: String,
}

impl Right {
    /// Every right of the table.
    pub fn needed() -> impl Iterator<Item = Self> {
        NEEDS.iter().flat_map(|need| {
            need.resources.iter().flat_map(move |resource| {
                need.verbs.iter().map(move |verb| Self {
                    ability: need.ability,
                    verb: (*verb).to_owned(),
                    group: need.group.to_owned(),
                    resource: (*resource).to_owned(),
                    name: need.name.to_owned(),
                    namespace: need.namespace.to_owned(),
                })
            })
        })
    }
}

impl Right {
    /// Whether a cluster that serves these API groups has what the right is on. Pods that belong to
    /// an operator, in its namespace, are there if the operator's own resources are.
    pub fn is_of(&self, serves: impl Fn(&str) -> bool) -> bool {
        match self.group.as_str() {
            "" if !self.namespace.is_empty() => {
                let mut own = NEEDS.iter().filter(|need| need.ability == self.ability);
                own.any(|need| !need.group.is_empty() && serves(need.group))
            }
            "" => true,
            group => serves(group),
        }
    }
}

impl std::fmt::Display for Right {
    /// `list nodes`, `get loki.grafana.com/application "logs"`, `create pods/exec in openshift-ptp`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let slash = if self.group.is_empty() { "" } else { "/" };
        write!(f, "{} {}{slash}{}", self.verb, self.group, self.resource)?;
        if !self.name.is_empty() {
            write!(f, " \"{}\"", self.name)?;
        }
        if !self.namespace.is_empty() {
            write!(f, " in {}", self.namespace)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_needed_that_changes_a_cluster() {
        for right in Right::needed() {
            let asks = right.group == "authorization.k8s.io" || right.resource == "pods/exec";
            let reads = ["get", "list", "watch"].contains(&right.verb.as_str());
            let api = right.resource == "prometheuses/api";
            assert!(reads || asks || api, "{right}");
            assert_ne!(right.resource, "secrets");
            assert!(!format!("{right}").contains('*'), "{right}");
        }
    }

    #[test]
    fn a_plain_cluster_is_missed_nothing_of_what_operators_bring() {
        let there = |groups: &'static [&str]| {
            let there =
                Right::needed().filter(|right| right.is_of(|group| groups.contains(&group)));
            there
                .map(|right| right.ability)
                .collect::<std::collections::BTreeSet<_>>()
        };
        let plain: &[&str] = &["apps", "authorization.k8s.io"];
        assert_eq!(there(plain), [Ability::Base, Ability::Rights].into());
        let of_gpu = Right::needed().filter(|right| {
            right.is_of(|group| group == "nvidia.com") && right.resource == "pods/exec"
        });
        assert!(
            of_gpu
                .into_iter()
                .all(|right| right.ability == Ability::Gpu)
        );
    }

    #[test]
    fn commands_are_asked_only_in_namespaces_of_operators() {
        for right in Right::needed().filter(|right| right.resource == "pods/exec") {
            assert!(!right.namespace.is_empty(), "{right}");
        }
    }
}
