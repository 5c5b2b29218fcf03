//! Pod templates, reduced to what tells two revisions apart.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

/// Set by `kubectl rollout restart`.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// A pod template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Its containers, init containers first, each in the template's order.
    pub containers: Vec<Container>,
    /// When `kubectl rollout restart` was last used on it, as written there.
    pub restarted_at: Option<String>,
    /// Digest of its other annotations: many charts put a hash of the configuration there.
    pub annotations: u64,
    /// Digest of all else: volumes, scheduling, security…
    pub rest: u64,
}

/// One container of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Quantities as written, by `limits.memory`, `requests.cpu`…
    pub resources: BTreeMap<String, String>,
    /// Digests of the environment's values by variable; never the values, which may be secret.
    pub environment: BTreeMap<String, u64>,
    /// Digest of command and arguments.
    pub command: u64,
}

impl From<core::PodTemplateSpec> for Template {
    fn from(template: core::PodTemplateSpec) -> Self {
        let mut annotations = template
            .metadata
            .and_then(|meta| meta.annotations)
            .unwrap_or_default();
        let restarted_at = annotations.remove(RESTARTED_AT);
        let mut spec = template.spec.unwrap_or_default();
        let init = spec.init_containers.take().into_iter().flatten();
        let containers = init.chain(std::mem::take(&mut spec.containers));
        Self {
            containers: containers.map(Container::from).collect(),
            restarted_at,
            annotations: digest(&annotations),
            rest: digest(&spec),
        }
    }
}

impl From<core::Container> for Container {
    fn from(container: core::Container) -> Self {
        Self {
            name: container.name,
            image: container.image.unwrap_or_default(),
            resources: resources(container.resources.unwrap_or_default()),
            environment: container
                .env
                .into_iter()
                .flatten()
                .map(|variable| (variable.name.clone(), digest(&variable)))
                .collect(),
            command: digest(&(container.command, container.args)),
        }
    }
}

fn resources(resources: core::ResourceRequirements) -> BTreeMap<String, String> {
    let part = |prefix: &'static str, quantities: Option<BTreeMap<String, _>>| {
        quantities
            .into_iter()
            .flatten()
            .map(move |(name, quantity): (String, Quantity)| {
                (format!("{prefix}.{name}"), quantity.0)
            })
    };
    part("limits", resources.limits)
        .chain(part("requests", resources.requests))
        .collect()
}

type Quantity = k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// A digest that is the same for the same value within one process, and good for nothing else.
fn digest(value: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(value)
        .unwrap_or_default()
        .hash(&mut hasher);
    hasher.finish()
}
